package activation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/session"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

// lasts is how long an activation may take.
const lasts = time.Hour

// codeWaits is how long a code may wait for its message to be worded.
const codeWaits = time.Hour

// Store is what activation needs of the database.
type Store interface {
	pin.AnswerStore
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	PINSecrets(ctx context.Context, codiceFiscale string) (dossier.PINSecrets, error)
	// Activation returns CodeNotFound when none goes on in the session.
	Activation(ctx context.Context, sessionKey []byte) (dossier.Activation, error)
}

// Config holds the settings of a Service and what it works with.
type Config struct {
	Store  Store
	Access *pin.Access
	Clock  clock.Clock
	// Tries bounds how many codes an activation may ask for.
	Tries *throttle.Throttle
	// ByMessage sends the second half instead of asking for the one that came by
	// post, to who has a contact that was confirmed before.
	ByMessage bool
}

// Service activates PINs. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// Begin opens the session that an activation goes on in. Try.PIN is the first
// half. CodeActivationProof says what is not written as it should be, whoever
// asks; for the rest errors are those of pin.Access.ProveFirstHalf.
func (s *Service) Begin(ctx context.Context, t pin.Try, p Proof) (session.Session, error) {
	now := s.cfg.Clock.Now()
	if err := p.check(now); err != nil {
		return session.Session{}, err
	}
	started, account, err := s.cfg.Access.ProveFirstHalf(ctx, t, p.fits)
	if err != nil {
		return session.Session{}, fmt.Errorf("begin activation: %w", err)
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: started.Actor, Effects: []dossier.Effect{
		dossier.SetActivation{Activation: dossier.Activation{
			PINIssueID: started.PINIssueID, HolderID: account.HolderID, SessionKey: started.Key(), StartedAt: now, Until: now.Add(lasts),
		}},
	}})
	if err != nil {
		return session.Session{}, fmt.Errorf("begin activation: %w", err)
	}
	return started, nil
}

// Status is how far an activation is.
type Status struct {
	Person dossier.Person
	// Given are the contacts given so far; none before.
	Given []dossier.GivenContact
	// SendsTo is the kind of contact that the second half will be sent to; "": it
	// came by post and is to be typed in.
	SendsTo dossier.ContactKind
}

// Status returns what the holder sees; CodeActivationOver when none goes on.
func (s *Service) Status(ctx context.Context, ses session.Session) (Status, error) {
	a, h, err := s.current(ctx, ses)
	if err != nil {
		return Status{}, err
	}
	to, err := s.sendsTo(ctx, a, h)
	return Status{Person: h.Person, Given: a.Given, SendsTo: to.Kind}, err
}

func (s *Service) current(ctx context.Context, ses session.Session) (dossier.Activation, dossier.Holder, error) {
	if err := ses.Actor.Require(dossier.RoleSimplified); err != nil {
		return dossier.Activation{}, dossier.Holder{}, err
	}
	a, err := s.cfg.Store.Activation(ctx, ses.Key())
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return a, dossier.Holder{}, dossier.Problem(dossier.CodeActivationOver)
	}
	if err != nil {
		return a, dossier.Holder{}, fmt.Errorf("read activation: %w", err)
	}
	h, err := s.cfg.Store.Holder(ctx, a.HolderID)
	if err != nil {
		return a, h, fmt.Errorf("read activation: %w", err)
	}
	return a, h, nil
}

// sendsTo is the contact that the second half is sent to: on file and confirmed
// before the activation began, and not reached by the class of channel that the
// first half came by (A7). Zero: it is not sent.
func (s *Service) sendsTo(ctx context.Context, a dossier.Activation, h dossier.Holder) (dossier.Contact, error) {
	if !s.cfg.ByMessage {
		return dossier.Contact{}, nil
	}
	secrets, err := s.cfg.Store.PINSecrets(ctx, h.Person.CodiceFiscale)
	if err != nil {
		return dossier.Contact{}, fmt.Errorf("read halves: %w", err)
	}
	contacts := h.Person.Contacts
	for _, kind := range dossier.ContactKinds() {
		before := contacts.Confirmed(kind) && contacts.Marks[kind].ConfirmedAt.Before(a.StartedAt)
		if kind.CanConfirm() && before && pin.ClassOf(kind) != secrets.First.Class {
			return dossier.Contact{Kind: kind, Value: contacts.Get(kind)}, nil
		}
	}
	return dossier.Contact{}, nil
}

// Give takes the contacts: the mobile number and at least one more. One that is
// not on file, or was never proved there, is sent a code if one can be sent to it;
// it counts when the code was typed back (Finish). CodeActivationContacts says that one is missing,
// CodeContactInvalid, with its kind, that one is not written as it should be.
func (s *Service) Give(ctx context.Context, ses session.Session, given map[dossier.ContactKind]string) error {
	a, h, err := s.current(ctx, ses)
	if err != nil {
		return err
	}
	if err := s.cfg.Tries.Take("activation " + a.HolderID); err != nil {
		return err
	}
	before := a.Given
	if a.Given, err = contactsOf(given, h.Person.Contacts); err != nil {
		return err
	}
	ch := dossier.Change{Actor: ses.Actor}
	now := s.cfg.Clock.Now()
	for i := range a.Given {
		g := &a.Given[i]
		g.Confirmed = slices.Contains(before, dossier.GivenContact{Kind: g.Kind, Value: g.Value, Confirmed: true})
		if g.Waits() {
			ch.Effects = append(ch.Effects, sendCode(a.HolderID, *g, now)...)
		}
	}
	ch.Effects = append(ch.Effects, dossier.SetActivation{Activation: a})
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("give contacts: %w", err)
	}
	return nil
}

// contactsOf brings what was typed into the form in which it is kept.
func contactsOf(typed map[dossier.ContactKind]string, onFile dossier.Contacts) ([]dossier.GivenContact, error) {
	var list []dossier.GivenContact
	for _, kind := range dossier.ContactKinds() {
		if typed[kind] == "" {
			continue
		}
		value, ok := pin.NormalContact(kind, typed[kind])
		if !ok {
			return nil, &dossier.Error{Code: dossier.CodeContactInvalid, Args: map[string]string{"kind": string(kind)}}
		}
		list = append(list, dossier.GivenContact{Kind: kind, Value: value, OnFile: stays(onFile, kind, value)})
	}
	// The mobile number comes first in the list of kinds.
	if len(list) < 2 || list[0].Kind != dossier.ContactMobile {
		return nil, dossier.Problem(dossier.CodeActivationContacts)
	}
	return list, nil
}

// stays reports whether a contact is on file as what it has to be: what came with
// the request, and nobody proved, is sent a code as a new one is (B11, D1).
func stays(onFile dossier.Contacts, kind dossier.ContactKind, value string) bool {
	return onFile.Get(kind) == value && (onFile.Confirmed(kind) || !kind.CanConfirm())
}

func sendCode(holderID string, g dossier.GivenContact, now time.Time) []dossier.Effect {
	c := dossier.Challenge{
		ID: ident.New(now), HolderID: holderID, Purpose: dossier.PurposeActivation(g.Kind), Kind: g.Kind, Value: g.Value, Until: now.Add(codeWaits),
	}
	return []dossier.Effect{
		dossier.OpenChallenge{Challenge: c},
		dossier.Tell{
			HolderID: holderID, Kind: dossier.MessageContactCode, Occasion: c.ID, To: &dossier.Contact{Kind: g.Kind, Value: g.Value},
		},
	}
}
