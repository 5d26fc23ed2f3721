package request

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
)

// staff may call back, and record what people ask for by telephone or at the counter.
var staff = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

// listLimit bounds a page of the work list.
const listLimit = 200

// Outcome is what became of a call (A3).
type Outcome string

// The outcomes.
const (
	Confirmed Outcome = "confirmed"
	Corrected Outcome = "corrected" // the data were edited, then confirmed
	Unreached Outcome = "unreached" // counted; the contact centre calls again
	Refused   Outcome = "refused"
)

// Reasons lists why a request may be refused, in the order an operator is offered them.
func Reasons() []string {
	return []string{"person.mismatch", "not_eligible", "never_reached", "not_asked", "fraud.suspected", "other"}
}

// Call is what an operator records of a call.
type Call struct {
	Outcome Outcome
	// Reason is why it was refused, one of Reasons; "" otherwise.
	Reason string
	// Version is the issue's that the operator saw.
	Version int64
	// Data is what holds now; it counts for Corrected alone.
	Data Ask
}

// List returns who is to be called, the longest due first; no personal data.
func (s *Service) List(ctx context.Context, actor dossier.Actor) ([]dossier.PINRequest, error) {
	if err := actor.Require(staff...); err != nil {
		return nil, err
	}
	list, err := s.cfg.Store.PINRequests(ctx, listLimit)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return list, nil
}

// View returns a request and who is on file, and logs the look before it is
// granted. CodeOwnDossier: nobody handles the own request.
func (s *Service) View(ctx context.Context, actor dossier.Actor, id string) (dossier.PINRequest, dossier.Holder, error) {
	r, h, err := s.open(ctx, actor, id)
	if err != nil {
		return dossier.PINRequest{}, dossier.Holder{}, err
	}
	if err := s.cfg.Store.RecordRequestView(ctx, actor, r); err != nil {
		return dossier.PINRequest{}, dossier.Holder{}, fmt.Errorf("view request: %w", err)
	}
	return r, h, nil
}

func (s *Service) open(ctx context.Context, actor dossier.Actor, id string) (dossier.PINRequest, dossier.Holder, error) {
	if err := actor.Require(staff...); err != nil {
		return dossier.PINRequest{}, dossier.Holder{}, err
	}
	r, err := s.cfg.Store.PINRequest(ctx, id)
	if err != nil {
		return dossier.PINRequest{}, dossier.Holder{}, fmt.Errorf("open request: %w", err)
	}
	h, err := s.cfg.Store.Holder(ctx, r.HolderID)
	if err != nil {
		return dossier.PINRequest{}, dossier.Holder{}, fmt.Errorf("open request: %w", err)
	}
	return r, h, s.notOwn(actor, h.Person.CodiceFiscale)
}

// notOwn returns CodeOwnDossier when the operator is the person in question.
func (s *Service) notOwn(actor dossier.Actor, codiceFiscale string) error {
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(codiceFiscale)) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	return nil
}

// Record notes the outcome of a call. A confirmation puts what was asked with on
// file and releases the letter with the second half. CodeConflict says that the
// issue changed since the operator looked; errors of Corrected data are Ask's.
func (s *Service) Record(ctx context.Context, actor dossier.Actor, id string, c Call) error {
	r, h, err := s.open(ctx, actor, id)
	if err != nil {
		return err
	}
	ch := dossier.Change{Actor: actor, PIN: &dossier.PINMove{ID: r.Issue.ID, Version: c.Version}}
	switch {
	case c.Version < 1 || c.Outcome == Refused != slices.Contains(Reasons(), c.Reason):
		return dossier.Problem(dossier.CodeRequestInvalid)
	case c.Outcome == Confirmed:
		c.Data = Ask{Person: r.Asked.Person, Type: r.Asked.Type}
		err = s.confirm(&ch, r, h, c.Data)
	case c.Outcome == Corrected:
		if err = s.corrected(&c.Data, h); err == nil {
			err = s.confirm(&ch, r, h, c.Data)
		}
	case c.Outcome == Unreached:
		ch.PIN.Event, ch.Effects = dossier.PINEventUnreached, []dossier.Effect{dossier.CountAttempt{RequestID: r.ID}}
	case c.Outcome == Refused:
		ch.PIN.Event, ch.PIN.Reason = dossier.PINEventRefused, c.Reason
		ch.Effects = []dossier.Effect{dossier.CloseRequest{RequestID: r.ID}}
	default:
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	if err != nil {
		return err
	}
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("record call: %w", err)
	}
	return nil
}

// corrected checks edited data. The codice fiscale is whom the request is about:
// with another one it would be another request.
func (s *Service) corrected(a *Ask, h dossier.Holder) error {
	a.Person.CodiceFiscale = h.Person.CodiceFiscale
	if err := a.normalize(s.cfg.Clock.Now(), true); err != nil {
		return err
	}
	return s.contradictions(*a)
}

// confirm plans what a confirmation does. The letter needs no row: the next
// batch takes every issue in PINLetterReleased.
func (s *Service) confirm(ch *dossier.Change, r dossier.PINRequest, h dossier.Holder, a Ask) error {
	if err := s.cfg.Eligibility.Check(a.Person); err != nil {
		return err
	}
	ch.PIN.Event = dossier.PINEventConfirmed
	ch.Effects = append(s.putOnFile(h, a), dossier.CloseRequest{RequestID: r.ID})
	person := s.merged(h.Person, a.Person)
	sent := r.Asked.HalfTo
	if sent.Value != "" && person.Contacts.Get(sent.Kind) == sent.Value {
		return nil
	}
	// The first half waited for the call, or went where the person is not.
	to := halfContact(person.Contacts, false)
	ch.Effects = append(ch.Effects, dossier.Tell{
		HolderID: h.ID, Kind: dossier.MessageFirstHalf, Occasion: r.ID + " confirmed", To: &to,
	})
	return nil
}
