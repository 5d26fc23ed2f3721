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
	h, err := s.cfg.Store.Holder(ctx, d.HolderID)
	if err != nil {
		return fmt.Errorf("stop conversion: %w", err)
	}
	if err := s.mayStop(actor, d, h); err != nil {
		return err
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

// UnderWay returns a holder's conversion that is under way, without what came for it,
// to who may stop it: the holder calls, and has no dossier's number at hand.
//
// Errors: CodeNotFound when there is none, or it is another office's; CodeOwnDossier
// for the operator's own.
func (s *Service) UnderWay(ctx context.Context, actor dossier.Actor, holderID string) (dossier.Dossier, error) {
	if err := actor.Require(dossier.RoleOperator, dossier.RoleSupervisor); err != nil {
		return dossier.Dossier{}, err
	}
	h, err := s.cfg.Store.Holder(ctx, holderID)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("find conversion: %w", err)
	}
	d, err := s.cfg.Store.OpenDossierOf(ctx, h.PIN.ID)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("find conversion: %w", err)
	}
	if err := s.mayStop(actor, d, h); err != nil {
		return dossier.Dossier{}, err
	}
	return d, nil
}

// mayStop denies another office's dossiers, which do not exist for the actor, and the
// own.
func (s *Service) mayStop(actor dossier.Actor, d dossier.Dossier, h dossier.Holder) error {
	if actor.Office != "" && actor.Office != d.Office {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	return nil
}
