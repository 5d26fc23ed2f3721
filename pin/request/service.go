package request

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/passhash"
	"dispositivo/internal/throttle"
)

// Store is what requests need of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	// HolderByCF returns CodeNotFound for a code that is not on file.
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	PINRequests(ctx context.Context, limit int) ([]dossier.PINRequest, error)
	PINRequest(ctx context.Context, id string) (dossier.PINRequest, error)
	RecordRequestView(ctx context.Context, who dossier.Actor, r dossier.PINRequest) error
	KeyCF(codiceFiscale string) []byte
}

// Config holds the settings of a Service and what it works with.
type Config struct {
	Store       Store
	Clock       clock.Clock
	Hasher      *passhash.Hasher
	Places      *codicefiscale.Places
	Eligibility Eligibility
	// Window is how long a first half read aloud is good for (A8).
	Window time.Duration
	// Agency, Portal and Phone are printed on sealed envelopes.
	Agency, Portal, Phone string
	// Office is the competent office of who has none yet.
	Office string
	// Guardians lets somebody else than the holder take a PIN at the counter: a
	// kind of the years 2020 and 2021, off by default (A5).
	Guardians bool
	// Tries bounds requests by source, Told how often a holder is told that a PIN
	// was asked for in his name.
	Tries, Told *throttle.Throttle
}

// Service takes requests for PINs. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// worker is who acts for somebody who is not signed in.
var worker = dossier.System("request")

// races bounds how often a request looks again after somebody else's for the
// same codice fiscale was faster.
const races = 5

// Begin checks the first page of a request (A1): codice fiscale and residence.
// CodiceFiscaleBad or CodePINNotEligible say what is wrong; whether the code is on
// file plays no part.
func (s *Service) Begin(p dossier.Person) error {
	if _, err := codicefiscale.Parse(p.CodiceFiscale); err != nil {
		return &dossier.Error{Code: dossier.Code(dossier.CodiceFiscaleBad), Err: err}
	}
	return s.cfg.Eligibility.Check(p)
}

// Ask takes an online request. nil is the same answer whether or not the codice
// fiscale is on file; a holder who has a PIN is told, and nothing else happens.
//
// It returns CodeRateLimited, CodiceFiscaleBad, CodePINData with the wrong fields,
// CodePINNotEligible, or CodePINContradiction with what contradicts the code and
// is still to be confirmed.
func (s *Service) Ask(ctx context.Context, a Ask) error {
	if err := s.cfg.Tries.Take("source " + a.Source); err != nil {
		return err
	}
	if err := s.check(&a, true); err != nil {
		return err
	}
	for range races {
		ch, err := s.answer(ctx, a)
		if err != nil {
			return fmt.Errorf("ask for PIN: %w", err)
		}
		_, err = s.cfg.Store.Apply(ctx, ch)
		if err == nil {
			return nil
		}
		if dossier.CodeOf(err) != dossier.CodeConflict {
			return fmt.Errorf("ask for PIN: %w", err)
		}
	}
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}
}

// check is what every channel asks of the data.
func (s *Service) check(a *Ask, online bool) error {
	if err := a.normalize(s.cfg.Clock.Now(), online); err != nil {
		return err
	}
	if online && !knownBand(a.Band) {
		return &dossier.Error{Code: dossier.CodePINData, Args: map[string]string{"fields": "time_band"}}
	}
	if err := s.cfg.Eligibility.Check(a.Person); err != nil {
		return err
	}
	return s.contradictions(*a)
}

func knownBand(b dossier.TimeBand) bool {
	for _, known := range dossier.TimeBands() {
		if b == known {
			return true
		}
	}
	return false
}

// answer is what a request leads to, by what is on file just now.
func (s *Service) answer(ctx context.Context, a Ask) (dossier.Change, error) {
	h, err := s.cfg.Store.HolderByCF(ctx, a.Person.CodiceFiscale)
	switch {
	case dossier.CodeOf(err) == dossier.CodeNotFound:
		return s.newcomer(a), nil
	case err != nil:
		return dossier.Change{}, err
	case h.PIN.ID == "":
		return s.known(a, h), nil
	case h.PIN.State == dossier.PINUnclaimed && h.PIN.ConfirmedAt.IsZero():
		return s.again(a, h), nil
	}
	ch := dossier.Change{Actor: worker, Effects: []dossier.Effect{dossier.NoteAsked{HolderID: h.ID}}}
	if s.cfg.Told.Take("holder "+h.ID) == nil { // else told often enough
		ch.Effects = append(ch.Effects, dossier.Tell{HolderID: h.ID, Kind: dossier.MessageAskedAgain, Occasion: s.id()})
	}
	return ch, nil
}

// newcomer brings in somebody who is not on file: the first half goes to the
// contact given with the request.
func (s *Service) newcomer(a Ask) dossier.Change {
	h := dossier.Holder{ID: s.id(), Type: a.Type, Office: s.cfg.Office, Person: a.Person}
	issue := s.issue(h.ID)
	return dossier.Change{Actor: worker, Effects: append([]dossier.Effect{
		dossier.AddHolder{Holder: h}, dossier.OpenPIN{Issue: issue},
	}, s.queue(a, issue, halfContact(a.Person.Contacts, false))...)}
}

// known opens an issue for somebody on file without one. What is on file stays,
// and the first half goes to a contact of the holder's that is proved, or waits
// for the call: a stranger may be asking.
func (s *Service) known(a Ask, h dossier.Holder) dossier.Change {
	issue := s.issue(h.ID)
	return dossier.Change{Actor: worker, Effects: append([]dossier.Effect{
		dossier.OpenPIN{Issue: issue},
	}, s.queue(a, issue, halfContact(h.Person.Contacts, true))...)}
}

// again takes up an issue that lapsed before anybody was reached.
func (s *Service) again(a Ask, h dossier.Holder) dossier.Change {
	return dossier.Change{
		Actor: worker, PIN: &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventAskedAgain, Version: h.PIN.Version},
		Effects: append([]dossier.Effect{
			dossier.VoidHalf{PINIssueID: h.PIN.ID, N: 1},
		}, s.queue(a, h.PIN, halfContact(h.Person.Contacts, true))...),
	}
}

func (s *Service) issue(holderID string) dossier.PINIssue {
	return dossier.PINIssue{
		ID: s.id(), HolderID: holderID, Kind: dossier.Ordinario, State: dossier.PINRequested, Channel: dossier.PINOnline,
	}
}

// queue puts a request on the contact centre's list, and the first half on its
// way if it has one.
func (s *Service) queue(a Ask, issue dossier.PINIssue, to dossier.Contact) []dossier.Effect {
	r := dossier.PINRequest{
		ID: s.id(), HolderID: issue.HolderID, Issue: issue, Band: a.Band, DueAt: s.cfg.Clock.Now().Add(dossier.CallWithin),
		Asked: dossier.AskedData{Person: a.Person, Type: a.Type, HalfTo: to},
	}
	effects := []dossier.Effect{dossier.OpenRequest{Request: r}}
	if to.Value == "" {
		return effects
	}
	return append(effects, dossier.Tell{HolderID: issue.HolderID, Kind: dossier.MessageFirstHalf, Occasion: r.ID, To: &to})
}

func (s *Service) id() string { return ident.New(s.cfg.Clock.Now()) }
