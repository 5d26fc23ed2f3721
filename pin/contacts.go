package pin

import (
	"context"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/throttle"
)

// ContactStore is what Contacts needs of the database.
type ContactStore interface {
	AnswerStore
	Holder(ctx context.Context, id string) (dossier.Holder, error)
}

// Contacts lets holders see and change how the agency reaches them (B11). It is
// safe for concurrent use.
type Contacts struct {
	store ContactStore
	clock clock.Clock
	tries *throttle.Throttle
}

// NewContacts returns the service; tries bounds how many codes a holder may ask for.
func NewContacts(store ContactStore, clk clock.Clock, tries *throttle.Throttle) *Contacts {
	return &Contacts{store: store, clock: clk, tries: tries}
}

// List returns the holder's contacts.
func (s *Contacts) List(ctx context.Context, actor dossier.Actor) (dossier.Contacts, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Contacts{}, err
	}
	h, err := s.store.Holder(ctx, actor.ID)
	if err != nil {
		return dossier.Contacts{}, fmt.Errorf("read contacts: %w", err)
	}
	return h.Person.Contacts, nil
}

// Ask begins a change. A contact that a code can be sent to counts only when
// the code was typed back (Confirm): true is returned then. Others count at once.
// CodeContactInvalid says that it is no address or number of its kind.
func (s *Contacts) Ask(ctx context.Context, actor dossier.Actor, kind dossier.ContactKind, value string) (waits bool, err error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return false, err
	}
	value, ok := NormalContact(kind, value)
	if !ok {
		return false, &dossier.Error{Code: dossier.CodeContactInvalid}
	}
	if err := s.tries.Take("holder " + actor.ID); err != nil {
		return false, err
	}
	if !kind.CanConfirm() {
		return false, s.set(ctx, actor, kind, value, false)
	}
	now := s.clock.Now()
	c := dossier.Challenge{ID: ident.New(now), HolderID: actor.ID, Purpose: dossier.PurposeContact, Kind: kind, Value: value, Until: now.Add(challengeWaits)}
	_, err = s.store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{
		dossier.OpenChallenge{Challenge: c},
		dossier.Tell{
			HolderID: actor.ID, Kind: dossier.MessageContactCode, Occasion: c.ID, To: &dossier.Contact{Kind: kind, Value: value},
		},
	}})
	if err != nil {
		return false, fmt.Errorf("ask for new contact: %w", err)
	}
	return true, nil
}

// Confirm makes the new contact count, when the code sent to it is right; the
// old ones are told. CodeChallengeWrong when it is not, or none is waited for.
func (s *Contacts) Confirm(ctx context.Context, actor dossier.Actor, code string) error {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return err
	}
	err := Answer(ctx, s.store, actor.ID, dossier.PurposeContact, code, func(c dossier.Challenge) (dossier.Change, error) {
		return s.change(ctx, actor, c.Kind, c.Value, true)
	})
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return dossier.Problem(dossier.CodeChallengeWrong)
	}
	if err != nil {
		return fmt.Errorf("confirm contact: %w", err)
	}
	return nil
}

// Remove takes a contact off the file; the old ones are told. CodeContactInvalid
// says that there is no such kind.
func (s *Contacts) Remove(ctx context.Context, actor dossier.Actor, kind dossier.ContactKind) error {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return err
	}
	if !slices.Contains(dossier.ContactKinds(), kind) {
		return dossier.Problem(dossier.CodeContactInvalid)
	}
	return s.set(ctx, actor, kind, "", false)
}

func (s *Contacts) set(ctx context.Context, actor dossier.Actor, kind dossier.ContactKind, value string, confirmed bool) error {
	ch, err := s.change(ctx, actor, kind, value, confirmed)
	if err != nil {
		return err
	}
	if _, err := s.store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("set contact: %w", err)
	}
	return nil
}

// change sets a contact and tells every contact that was there before.
func (s *Contacts) change(ctx context.Context, actor dossier.Actor, kind dossier.ContactKind, value string, confirmed bool) (dossier.Change, error) {
	h, err := s.store.Holder(ctx, actor.ID)
	if err != nil {
		return dossier.Change{}, fmt.Errorf("change contact: %w", err)
	}
	before, now := h.Person.Contacts, s.clock.Now()
	h.Person.Contacts = before.With(kind, value, now, confirmed)
	return dossier.Change{Actor: actor, Effects: SetContacts(h, before, now)}, nil
}

// SetContacts puts a holder's contacts on file as they are since now, and tells
// those that were there before, but for one that was just set to itself (B11).
func SetContacts(h dossier.Holder, before dossier.Contacts, now time.Time) []dossier.Effect {
	effects := []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: h.Person, Version: h.Version}}
	occasion := ident.New(now)
	for _, old := range dossier.ContactKinds() {
		to := before.Get(old)
		itself := h.Person.Contacts.Get(old) == to && h.Person.Contacts.Marks[old] != before.Marks[old]
		if to == "" || !old.CanConfirm() || itself {
			continue
		}
		effects = append(effects, dossier.Tell{
			HolderID: h.ID, Kind: dossier.MessageContactChanged, Occasion: occasion + " " + string(old),
			To: &dossier.Contact{Kind: old, Value: to},
		})
	}
	return effects
}

// e164 is a telephone number with its country (ITU-T E.164): at most 15 digits.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// NormalContact brings a contact, as typed, into the form in which it is kept, and reports
// whether it is one of its kind.
func NormalContact(kind dossier.ContactKind, value string) (string, bool) {
	value = strings.TrimSpace(value)
	switch kind {
	case dossier.ContactEmail, dossier.ContactPEC, dossier.ContactCitizenPEC:
		a, err := mail.ParseAddress(value)
		return value, err == nil && a.Address == value && len(value) <= 254 && strings.Contains(value, ".")
	case dossier.ContactMobile, dossier.ContactPhone, dossier.ContactOfficePhone, dossier.ContactFax:
		value = strings.NewReplacer(" ", "", "-", "", ".", "", "/", "", "(", "", ")", "").Replace(value)
		if strings.HasPrefix(value, "00") {
			value = "+" + value[2:]
		}
		return value, e164.MatchString(value)
	}
	return "", false
}
