package recovery

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

const (
	// waits is how long a loss may wait for its message to be worded.
	waits = 24 * time.Hour
	// wrongTries is how often the code of one link may be typed wrongly.
	wrongTries = 5
	// settled is for how long a contact must have counted to recover a PIN
	// dispositivo (D1).
	settled = 7 * 24 * time.Hour
	// races bounds how often a recovery looks again after something else happened
	// to the PIN at the same moment.
	races = 5
)

// Store is what recoveries need of the database.
type Store interface {
	pin.LossStore
	// TryLoss counts a try before it is compared; CodeNotFound: there is none left.
	TryLoss(ctx context.Context, kind dossier.LossKind, handle string, limit int) (dossier.Loss, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	KeyLoss(part, value string) []byte
}

// Config holds the settings of a Service and what it works with.
type Config struct {
	Store Store
	Clock clock.Clock
	// Tries bounds asking and answering, by source and by codice fiscale.
	Tries *throttle.Throttle
	// Eligible says who may have a PIN (A2); nil: everybody.
	Eligible func(dossier.Person) error
	// Portal is the address that links begin with, without a slash at its end.
	Portal string
}

// Service recovers PINs. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// worker is who compares what was said with what is on file.
var worker = dossier.System("recovery")

// Ask is the first step, as typed.
type Ask struct {
	CodiceFiscale string
	Mobile        string
	// Address is an e-mail or PEC address.
	Address string
	// Source is the network it comes from.
	Source string
}

// Ask writes down that a PIN was lost. nil is the same answer, and costs the same,
// whether or not there is such a PIN and the contacts are its holder's. Errors
// blame what nobody needs to be known for: CodiceFiscaleBad, CodeContactInvalid
// with the kind, CodeRateLimited.
func (s *Service) Ask(ctx context.Context, a Ask) error {
	if err := s.cfg.Tries.Take("source " + a.Source); err != nil {
		return err
	}
	cf, err := codicefiscale.Parse(a.CodiceFiscale)
	if err != nil {
		return &dossier.Error{Code: dossier.Code(dossier.CodiceFiscaleBad), Err: err}
	}
	mobile, ok := pin.NormalContact(dossier.ContactMobile, a.Mobile)
	if !ok {
		return invalid(dossier.ContactMobile)
	}
	address, ok := pin.NormalContact(dossier.ContactEmail, a.Address)
	if !ok {
		return invalid(dossier.ContactEmail)
	}
	if err := s.cfg.Tries.Take("code " + cf.String()); err != nil {
		return err
	}
	now := s.cfg.Clock.Now()
	l := dossier.Loss{
		ID: ident.New(now), Kind: dossier.LossRecovery, KeyedCF: s.cfg.Store.KeyCF(cf.String()),
		KeyedMobile: s.key(mobile), KeyedAddress: s.key(address), Until: now.Add(waits),
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: worker, Effects: []dossier.Effect{
		dossier.OpenLoss{Loss: l}, dossier.Enqueue{Kind: dossier.TaskRecover, Subject: l.ID},
	}})
	if err != nil {
		return fmt.Errorf("ask for recovery: %w", err)
	}
	return nil
}

func invalid(kind dossier.ContactKind) error {
	return &dossier.Error{Code: dossier.CodeContactInvalid, Args: map[string]string{"kind": string(kind)}}
}

// key is by what a contact is compared; addresses are the same in either case.
func (s *Service) key(contact string) []byte {
	return s.cfg.Store.KeyLoss("contact", strings.ToLower(contact))
}

// Settle carries out what Ask left to a worker: who named both contacts is sent
// link and code, or told that this PIN cannot be recovered.
func (s *Service) Settle(ctx context.Context, taskID, lossID string) error {
	return pin.SettleLoss(ctx, s.cfg.Store, taskID, lossID, s.settle)
}

// settle is what a loss leads to, by what is on file just now.
func (s *Service) settle(taskID string, l dossier.Loss, h dossier.Holder) dossier.Change {
	now := s.cfg.Clock.Now()
	ch := dossier.Change{Actor: worker, Closes: taskID}
	named, ok := s.named(l, h)
	if !ok {
		ch.Effects = []dossier.Effect{dossier.SettleLoss{ID: l.ID, Until: now.Add(pin.LossFor)}}
		return ch
	}
	if !s.recoverable(h, named) {
		ch.Effects = []dossier.Effect{
			dossier.SettleLoss{ID: l.ID, Until: now.Add(pin.LossFor)},
			dossier.Tell{HolderID: h.ID, Kind: dossier.MessageRecoveryRefused, Occasion: l.ID, To: &named.address},
		}
		return ch
	}
	ch.Effects = []dossier.Effect{
		dossier.SettleLoss{ID: l.ID, HolderID: h.ID, PINIssueID: h.PIN.ID, Until: now.Add(waits)},
		dossier.Tell{
			HolderID: h.ID, Kind: dossier.MessageRecoveryCode, Occasion: l.ID, To: &named.address,
			Values: map[string]string{"portal": s.cfg.Portal},
		},
	}
	return ch
}

// contacts are the two that were named, as they are on file.
type contacts struct{ mobile, address dossier.Contact }

// named finds both contacts on file.
func (s *Service) named(l dossier.Loss, h dossier.Holder) (contacts, bool) {
	var found contacts
	file := h.Person.Contacts
	for _, kind := range []dossier.ContactKind{dossier.ContactMobile, dossier.ContactEmail, dossier.ContactPEC, dossier.ContactCitizenPEC} {
		value, ok := pin.NormalContact(kind, file.Get(kind))
		if !ok {
			continue
		}
		key, one := s.key(value), dossier.Contact{Kind: kind, Value: file.Get(kind)}
		switch {
		case kind == dossier.ContactMobile && same(key, l.KeyedMobile):
			found.mobile = one
		case kind != dossier.ContactMobile && found.address.Kind == "" && same(key, l.KeyedAddress):
			found.address = one
		}
	}
	return found, found.mobile.Kind != "" && found.address.Kind != ""
}

func same(a, b []byte) bool { return len(a) > 0 && subtle.ConstantTimeCompare(a, b) == 1 }

// recoverable reports whether a PIN can be recovered by two contacts: it is in
// use, or lapsed in use, its holder may have one (A2), both contacts were proved,
// and what empowers to act is not handed to contacts that are new.
func (s *Service) recoverable(h dossier.Holder, named contacts) bool {
	if !h.PIN.InUse() && h.PIN.State != dossier.PINLapsed {
		return false
	}
	if s.cfg.Eligible != nil && s.cfg.Eligible(h.Person) != nil {
		return false
	}
	for _, kind := range []dossier.ContactKind{named.mobile.Kind, named.address.Kind} {
		since, counts := h.Person.Contacts.CountsSince(kind)
		if !counts || h.PIN.Kind == dossier.Dispositivo && s.cfg.Clock.Now().Sub(since) < settled {
			return false
		}
	}
	return true
}
