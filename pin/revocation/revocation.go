package revocation

import (
	"context"
	"crypto/subtle"
	"fmt"
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
	// wrongTries is how often the code of one revocation may be typed wrongly.
	wrongTries = 5
	// races bounds how often a revocation looks again after something else happened
	// to the PIN at the same moment.
	races = 5
)

// Store is what revocations need of the database.
type Store interface {
	pin.LossStore
	// TryLoss counts a try before it is compared; CodeNotFound: there is none left.
	TryLoss(ctx context.Context, kind dossier.LossKind, handle string, limit int) (dossier.Loss, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	KeyLoss(part, value string) []byte
	// Lock is the count of wrong tries of a codice fiscale (B3).
	Lock(ctx context.Context, subject string) (dossier.Lock, error)
	// StopCases are PINs of an office, or of all, that a stop link suspended (C12).
	StopCases(ctx context.Context, office string) ([]dossier.StopCase, error)
	RecordHolderView(ctx context.Context, who dossier.Actor, holderID string) error
	PINNotes(ctx context.Context, holderID string, limit int) ([]dossier.PINNote, error)
	Usernames(ctx context.Context, ids []string) (map[string]string, error)
}

// Config holds the settings of a Service and what it works with.
type Config struct {
	Store Store
	Clock clock.Clock
	// Tries bounds asking and answering, by source and by codice fiscale.
	Tries *throttle.Throttle
	// Eligible says who may have a PIN (A2); nil: everybody.
	Eligible func(dossier.Person) error
}

// Service revokes PINs. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// worker is who compares what was said with what is on file.
var worker = dossier.System("revocation")

// Limited reports whether a new request would be refused today to who lives in
// Italy or has an Italian document (A2): what the page warns of before anything is
// known about who reads it.
func (s *Service) Limited() bool {
	return s.cfg.Eligible != nil && s.cfg.Eligible(dossier.Person{}) != nil
}

// Ask is the first step, as typed.
type Ask struct {
	CodiceFiscale string
	Card          pin.Card
	// Source is the network it comes from.
	Source string
}

// Ask writes down that a PIN is to be revoked and returns the handle that the
// second step names it by. The answer is alike, and costs the same, whether or not
// there is such a PIN; the code goes to the e-mail or PEC on file, if there is one.
// Errors blame what nobody needs to be known for: CodiceFiscaleBad,
// CodeActivationProof with the field of the card, CodeRateLimited.
func (s *Service) Ask(ctx context.Context, a Ask) (handle string, err error) {
	if err := s.cfg.Tries.Take("source " + a.Source); err != nil {
		return "", err
	}
	cf, err := codicefiscale.Parse(a.CodiceFiscale)
	if err != nil {
		return "", &dossier.Error{Code: dossier.Code(dossier.CodiceFiscaleBad), Err: err}
	}
	now := s.cfg.Clock.Now()
	if field := a.Card.Blame(now); field != "" {
		return "", &dossier.Error{Code: dossier.CodeActivationProof, Args: map[string]string{"field": field}}
	}
	if err := s.cfg.Tries.Take("code " + cf.String()); err != nil {
		return "", err
	}
	handle = pin.Handle()
	l := dossier.Loss{ID: ident.New(now), Kind: dossier.LossRevocation, KeyedCF: s.cfg.Store.KeyCF(cf.String()), Until: now.Add(waits)}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: worker, Effects: []dossier.Effect{
		dossier.OpenLoss{Loss: l, Handle: handle}, dossier.Enqueue{Kind: dossier.TaskRevoke, Subject: l.ID},
	}})
	if err != nil {
		return "", fmt.Errorf("ask for revocation: %w", err)
	}
	return handle, nil
}

// Settle carries out what Ask left to a worker.
func (s *Service) Settle(ctx context.Context, taskID, lossID string) error {
	return pin.SettleLoss(ctx, s.cfg.Store, taskID, lossID, s.settle)
}

// settle is what a loss leads to, by what is on file just now: a code by e-mail or
// PEC; who has neither is told, by SMS if there is one, where to turn.
func (s *Service) settle(taskID string, l dossier.Loss, h dossier.Holder) dossier.Change {
	now := s.cfg.Clock.Now()
	ch := dossier.Change{Actor: worker, Closes: taskID}
	to := pin.FirstHalfContact(h.Person.Contacts) // a mailbox before a telephone
	if h.PIN.ID == "" || to.Kind == "" || to.Kind == dossier.ContactMobile {
		ch.Effects = []dossier.Effect{dossier.SettleLoss{ID: l.ID, Until: now.Add(pin.LossFor)}}
		if h.PIN.ID != "" && to.Kind == dossier.ContactMobile {
			ch.Effects = append(ch.Effects, dossier.Tell{HolderID: h.ID, Kind: dossier.MessageRevocationElsewhere, Occasion: l.ID, To: &to})
		}
		return ch
	}
	ch.Effects = []dossier.Effect{
		dossier.SettleLoss{ID: l.ID, HolderID: h.ID, PINIssueID: h.PIN.ID, Until: now.Add(waits)},
		dossier.Tell{HolderID: h.ID, Kind: dossier.MessageRevocationCode, Occasion: l.ID, To: &to},
	}
	return ch
}

// Answer is the second step, as typed.
type Answer struct {
	// Handle is what Ask returned.
	Handle string
	Code   string
	// Source is the network it comes from.
	Source string
}

// Confirm revokes the PIN: it opens nothing from now on, its sessions end, its open
// dossiers are superseded, and the holder is told. refused says that a new request
// would not be granted (A2).
//
// CodeChallengeWrong says that handle or code is wrong, was used, is over, or was
// wrong too often: it never says which, nor whether there was a PIN.
func (s *Service) Confirm(ctx context.Context, a Answer) (refused bool, err error) {
	if err := s.cfg.Tries.Take("source " + a.Source); err != nil {
		return false, err
	}
	l, err := s.cfg.Store.TryLoss(ctx, dossier.LossRevocation, pin.Normalize(a.Handle), wrongTries)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return false, &dossier.Error{Code: dossier.CodeChallengeWrong, Err: err}
	}
	if err != nil {
		return false, fmt.Errorf("confirm revocation: %w", err)
	}
	keyed := s.cfg.Store.KeyLoss("code", pin.Normalize(a.Code))
	if subtle.ConstantTimeCompare(l.KeyedCode, keyed) != 1 || l.HolderID == "" {
		return false, dossier.Problem(dossier.CodeChallengeWrong)
	}
	for range races {
		refused, err := s.revoke(ctx, l)
		if err == nil || dossier.CodeOf(err) != dossier.CodeConflict {
			return refused, err
		}
	}
	return false, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}
}

func (s *Service) revoke(ctx context.Context, l dossier.Loss) (refused bool, err error) {
	h, err := s.cfg.Store.Holder(ctx, l.HolderID)
	if err != nil {
		return false, fmt.Errorf("confirm revocation: %w", err)
	}
	if h.PIN.ID != l.PINIssueID {
		return false, dossier.Problem(dossier.CodeChallengeWrong) // it is gone already
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{
		Actor:   dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID},
		PIN:     &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventRevoked, Version: h.PIN.Version, Reason: "by_holder"},
		Effects: []dossier.Effect{dossier.CloseLoss{ID: l.ID}},
	})
	if err != nil {
		return false, fmt.Errorf("confirm revocation: %w", err)
	}
	return s.cfg.Eligible != nil && s.cfg.Eligible(h.Person) != nil, nil
}
