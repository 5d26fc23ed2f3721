package delegation

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// LongestGuardian is for how long a guardian may be recorded at a time.
const LongestGuardian = 10 * 366 * 24 * time.Hour

// maxDeed is how many characters the reference of a deed may have.
const maxDeed = 200

// staff may record the guardian of another.
var staff = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

// Guardian is what an operator records of a guardian.
type Guardian struct {
	Grant
	// Deed refers to the court's order that the operator saw; kept sealed.
	Deed string
}

// RecordGuardian makes a guardian act for a holder who cannot delegate: an operator
// saw the court's order, so nobody accepts. Both sides are told. It fails with
// CodeRequestInvalid without a deed, CodeNotFound and CodeOwnDossier as
// revocation.Find does, CodeDelegationTaken, CodeDelegationDates, and
// CodeDelegationDelegate for who is not on file or has another surname.
func (s *Service) RecordGuardian(ctx context.Context, actor dossier.Actor, wardID string, g Guardian) error {
	ward, err := s.ward(ctx, actor, wardID)
	if err != nil {
		return err
	}
	g.Deed = strings.TrimSpace(g.Deed)
	if g.Deed == "" || utf8.RuneCountInString(g.Deed) > maxDeed {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	from, until, err := s.days(g.Grant, LongestGuardian)
	if err != nil {
		return err
	}
	guardian, err := s.delegate(ctx, ward, g.Grant)
	if err != nil {
		return err
	}
	if s.isActor(actor, guardian) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	d := dossier.Delegation{
		ID: ident.New(s.cfg.Clock.Now()), DelegatorID: ward.ID, DelegateID: guardian.ID,
		Kind: dossier.DelegationGuardian, From: from, Until: until,
	}
	return s.noted(ctx, actor, ward, dossier.RecordGuardian{Delegation: d}, "recorded", g.Deed)
}

// EndGuardian ends what RecordGuardian began; reason is why, for colleagues. Both
// sides are told. Errors are those of RecordGuardian, and CodeConflict for one that
// ended already.
func (s *Service) EndGuardian(ctx context.Context, actor dossier.Actor, wardID, id, reason string) error {
	ward, err := s.ward(ctx, actor, wardID)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxDeed {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	d, err := s.cfg.Store.Delegation(ctx, ward.ID, id)
	if err != nil {
		return err
	}
	if d.Kind != dossier.DelegationGuardian || d.DelegatorID != ward.ID {
		return dossier.Problem(dossier.CodeNotFound)
	}
	return s.noted(ctx, actor, ward, dossier.MoveDelegation{ID: id, Event: dossier.DelegationEventEnded}, "ended", reason)
}

// noted applies an effect together with what its operator wrote.
func (s *Service) noted(ctx context.Context, actor dossier.Actor, ward dossier.Holder, e dossier.Effect, reason, note string) error {
	_, err := s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{e, dossier.NotePIN{
		ID: ident.New(s.cfg.Clock.Now()), HolderID: ward.ID, PINIssueID: ward.PIN.ID, Action: "guardian", Reason: reason, Note: note,
	}}})
	if err != nil {
		return fmt.Errorf("guardian %s: %w", reason, err)
	}
	return nil
}

// Guardians returns a holder's guardians, those that ended included, the newest first.
func (s *Service) Guardians(ctx context.Context, actor dossier.Actor, wardID string) ([]View, error) {
	ward, err := s.ward(ctx, actor, wardID)
	if err != nil {
		return nil, err
	}
	all, err := s.views(ctx, ward.ID)
	var list []View
	for _, v := range all {
		if v.Kind == dossier.DelegationGuardian && !v.Delegate {
			list = append(list, v)
		}
	}
	return list, err
}

// ward is a holder whom the operator may record a guardian for: one of the own
// office, and not the operator.
func (s *Service) ward(ctx context.Context, actor dossier.Actor, id string) (dossier.Holder, error) {
	if err := actor.Require(staff...); err != nil {
		return dossier.Holder{}, err
	}
	h, err := s.cfg.Store.Holder(ctx, id)
	if err != nil {
		return h, fmt.Errorf("read ward: %w", err)
	}
	if s.isActor(actor, h) {
		return h, dossier.Problem(dossier.CodeOwnDossier)
	}
	if actor.Office != "" && actor.Office != h.Office {
		return h, dossier.Problem(dossier.CodeNotFound)
	}
	return h, nil
}

func (s *Service) isActor(actor dossier.Actor, h dossier.Holder) bool {
	return bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(h.Person.CodiceFiscale))
}
