package revocation

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/pin"
)

// staff may act on the PIN of another.
var staff = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

const (
	// maxNote is how many characters a note may have.
	maxNote = 1000
	// notes is how many an operator is shown.
	notes = 20
)

// Action is what an operator does to a PIN (D3).
type Action string

// The actions.
const (
	Revoke  Action = "revoke"
	Suspend Action = "suspend"
	Resume  Action = "resume"
	Unlock  Action = "unlock"
)

// event is what an action sends the issue; Unlock sends none.
func (a Action) event() (dossier.PINEvent, bool) {
	switch a {
	case Revoke:
		return dossier.PINEventRevoked, true
	case Suspend:
		return dossier.PINEventSuspended, true
	case Resume:
		return dossier.PINEventResumed, true
	case Unlock:
	}
	return "", false
}

// Actions lists every action, in the order an operator is offered them.
func Actions() []Action { return []Action{Suspend, Resume, Unlock, Revoke} }

// Reasons lists why, in the order an operator is offered them.
func Reasons() []string {
	return []string{"holder_asked", "lost", "stolen", "fraud.suspected", "cleared_up", "deceased", "other"}
}

// Found is what an operator sees of a holder's PIN.
type Found struct {
	Holder dossier.Holder
	// Lock is the lock by wrong tries; a zero LockedUntil, or one that is past: none.
	Lock dossier.Lock
	// Actions are those that the PIN allows as it stands.
	Actions []Action
	// Notes are what operators did and noted before, the newest first, named by
	// their usernames.
	Notes []dossier.PINNote
}

// Find returns who has a codice fiscale, and logs the look before it is granted.
// CodiceFiscaleBad; CodeNotFound: nobody on file, or of another office than the
// operator's; CodeOwnDossier: nobody acts on the own PIN.
func (s *Service) Find(ctx context.Context, actor dossier.Actor, codiceFiscale string) (Found, error) {
	if err := actor.Require(staff...); err != nil {
		return Found{}, err
	}
	cf, err := codicefiscale.Parse(codiceFiscale)
	if err != nil {
		return Found{}, &dossier.Error{Code: dossier.Code(dossier.CodiceFiscaleBad), Err: err}
	}
	h, err := s.cfg.Store.HolderByCF(ctx, cf.String())
	if err != nil {
		return Found{}, fmt.Errorf("find holder: %w", err)
	}
	return s.look(ctx, actor, h)
}

// View is Find for who has the holder's id.
func (s *Service) View(ctx context.Context, actor dossier.Actor, holderID string) (Found, error) {
	if err := actor.Require(staff...); err != nil {
		return Found{}, err
	}
	h, err := s.cfg.Store.Holder(ctx, holderID)
	if err != nil {
		return Found{}, fmt.Errorf("view holder: %w", err)
	}
	return s.look(ctx, actor, h)
}

// Cases returns the PINs of the actor's office that a stop link suspended after
// the conversion (C12), until somebody resumes or revokes them.
func (s *Service) Cases(ctx context.Context, actor dossier.Actor) ([]dossier.StopCase, error) {
	if err := actor.Require(staff...); err != nil {
		return nil, err
	}
	cases, err := s.cfg.Store.StopCases(ctx, actor.Office)
	if err != nil {
		return nil, fmt.Errorf("list stop cases: %w", err)
	}
	return cases, nil
}

func (s *Service) look(ctx context.Context, actor dossier.Actor, h dossier.Holder) (Found, error) {
	if err := s.mayAct(actor, h); err != nil {
		return Found{}, err
	}
	if err := s.cfg.Store.RecordHolderView(ctx, actor, h.ID); err != nil {
		return Found{}, fmt.Errorf("view holder: %w", err)
	}
	lock, err := s.cfg.Store.Lock(ctx, h.Person.CodiceFiscale)
	if err != nil {
		return Found{}, fmt.Errorf("view holder: %w", err)
	}
	noted, err := s.noted(ctx, h.ID)
	return Found{Holder: h, Lock: lock, Actions: actions(h, lock), Notes: noted}, err
}

// noted is what operators noted about a holder's PINs, with their names.
func (s *Service) noted(ctx context.Context, holderID string) ([]dossier.PINNote, error) {
	list, err := s.cfg.Store.PINNotes(ctx, holderID, notes)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	ids := make([]string, len(list))
	for i, n := range list {
		ids[i] = n.Operator
	}
	names, err := s.cfg.Store.Usernames(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("name who noted: %w", err)
	}
	for i := range list {
		list[i].Operator = names[list[i].Operator]
	}
	return list, nil
}

// mayAct keeps operators to their office, and away from the own PIN.
func (s *Service) mayAct(actor dossier.Actor, h dossier.Holder) error {
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	if actor.Office != "" && actor.Office != h.Office {
		return dossier.Problem(dossier.CodeNotFound)
	}
	return nil
}

func actions(h dossier.Holder, lock dossier.Lock) []Action {
	var list []Action
	for _, a := range Actions() {
		event, moves := a.event()
		if moves {
			if _, err := h.PIN.State.Next(event); err == nil {
				list = append(list, a)
			}
		} else if lock.Wrong > 0 {
			list = append(list, a)
		}
	}
	return list
}

// Act is what an operator does, and why.
type Act struct {
	HolderID string
	// Version is the that the operator saw; of no account to Unlock.
	Version int64
	Action  Action
	// Reason is one of Reasons. The note is for colleagues: it is kept sealed, and
	// the holder is told neither.
	Reason, Note string
}

// Carry carries an action out; the holder is told. CodeRequestInvalid: no such
// action or reason, or too long a note; CodeConflict: the PIN does not allow it, or
// changed since the operator looked; CodeOwnDossier and CodeNotFound as for Find.
func (s *Service) Carry(ctx context.Context, actor dossier.Actor, act Act) error {
	if err := actor.Require(staff...); err != nil {
		return err
	}
	act.Note = strings.TrimSpace(act.Note)
	if !slices.Contains(Actions(), act.Action) || !slices.Contains(Reasons(), act.Reason) || utf8.RuneCountInString(act.Note) > maxNote {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	h, err := s.cfg.Store.Holder(ctx, act.HolderID)
	if err != nil {
		return fmt.Errorf("act on PIN: %w", err)
	}
	if err := s.mayAct(actor, h); err != nil {
		return err
	}
	id := ident.New(s.cfg.Clock.Now())
	ch := dossier.Change{Actor: actor, Effects: []dossier.Effect{dossier.NotePIN{
		ID: id, HolderID: h.ID, PINIssueID: h.PIN.ID, Action: string(act.Action), Reason: act.Reason, Note: act.Note,
	}}}
	if event, moves := act.Action.event(); moves {
		if h.PIN.ID == "" || act.Version < 1 {
			return dossier.Problem(dossier.CodeConflict)
		}
		ch.PIN = &dossier.PINMove{ID: h.PIN.ID, Event: event, Version: act.Version, Reason: act.Reason}
	} else {
		cf := h.Person.CodiceFiscale
		ch.Effects = append(ch.Effects,
			dossier.ClearLocks{HolderID: h.ID, Subjects: append(pin.Budgets(cf), cf), Reason: act.Reason},
			dossier.Tell{HolderID: h.ID, Kind: dossier.MessagePINUnlocked, Occasion: id})
	}
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("act on PIN: %w", err)
	}
	return nil
}
