package conversion

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
)

// StopReason is why an operator stops a conversion; it goes into the log.
type StopReason string

// The reasons.
const (
	StopHolderAsks  StopReason = "holder_asks"     // the holder, by telephone or at the counter
	StopContactAsks StopReason = "contact_asks"    // somebody whom a contact on file told of it
	StopFraud       StopReason = "fraud_suspected" // an operator found it out
)

// StopReasons lists every one.
func StopReasons() []StopReason { return []StopReason{StopHolderAsks, StopContactAsks, StopFraud} }

// StopFor withdraws a conversion under way for whoever cannot use the link (C12): its
// holder is told, and only the desk opens another.
//
// Errors: CodeNotFound for a dossier that is none or another office's, CodeOwnDossier
// for the operator's own, CodeRequestInvalid for no reason, CodeConversionClosed when
// it ended before.
func (s *Service) StopFor(ctx context.Context, actor dossier.Actor, id string, reason StopReason) error {
	if err := actor.Require(dossier.RoleOperator, dossier.RoleSupervisor); err != nil {
		return err
	}
	d, err := s.cfg.Store.Dossier(ctx, id)
	if err != nil {
		return fmt.Errorf("stop conversion: %w", err)
	}
	if actor.Office != "" && actor.Office != d.Office {
		return dossier.Problem(dossier.CodeNotFound)
	}
	h, err := s.cfg.Store.Holder(ctx, d.HolderID)
	if err != nil {
		return fmt.Errorf("stop conversion: %w", err)
	}
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	if !slices.Contains(StopReasons(), reason) {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	if d.State.Final() {
		return dossier.Problem(dossier.CodeConversionClosed)
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{
		Actor: actor, Dossier: &dossier.Move{ID: d.ID, Event: dossier.EventWithdrawn, Reason: string(reason)},
	})
	if err != nil {
		return fmt.Errorf("stop conversion: %w", err)
	}
	return nil
}
