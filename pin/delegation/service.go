package delegation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/throttle"
)

// Longest is for how long a delegation may be granted.
const Longest = 3 * 366 * 24 * time.Hour

// listed bounds a holder's list.
const listed = 500

// Store is what delegations need of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	Delegation(ctx context.Context, holderID, id string) (dossier.Delegation, error)
	DelegationsOf(ctx context.Context, holderID string, limit int) ([]dossier.Delegation, error)
}

// Config holds what a Service works with.
type Config struct {
	Store Store
	Clock clock.Clock
	// Tries bounds how often a holder may name a delegate: names are on file or not.
	Tries *throttle.Throttle
	// Rome is whose days a delegation is counted in.
	Rome *time.Location
}

// Service grants and ends delegations. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// Grant is what a delegator fills in.
type Grant struct {
	// CodiceFiscale and Surname name the delegate; both must fit.
	CodiceFiscale, Surname string
	// From and Until are the first and the last day, ISO 8601; From "" is today.
	From, Until string
}

// dispositivo returns the holder, who must be in person and have a PIN that acts:
// who granted with less would let a delegate do what the holder may not.
func (s *Service) dispositivo(ctx context.Context, actor dossier.Actor) (dossier.Holder, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Holder{}, err
	}
	if actor.Mandate != (dossier.Mandate{}) {
		return dossier.Holder{}, dossier.Problem(dossier.CodeForbidden)
	}
	h, err := s.cfg.Store.Holder(ctx, actor.ID)
	if err != nil {
		return dossier.Holder{}, fmt.Errorf("read holder: %w", err)
	}
	if actor.Opens(h.PIN) != dossier.Dispositivo {
		return dossier.Holder{}, dossier.Problem(dossier.CodeDelegationKind)
	}
	return h, nil
}

// Grant offers a delegation, which counts when the delegate accepts it, and
// returns its id. It fails with CodeDelegationKind, CodeDelegationDates,
// CodeRateLimited, CodeDelegationTaken, and CodeDelegationDelegate alike for who
// is not on file, has another surname, or is the holder.
func (s *Service) Grant(ctx context.Context, actor dossier.Actor, g Grant) (string, error) {
	h, err := s.dispositivo(ctx, actor)
	if err != nil {
		return "", err
	}
	from, until, err := s.days(g, Longest)
	if err != nil {
		return "", err
	}
	if err := s.cfg.Tries.Take(actor.ID); err != nil {
		return "", err
	}
	delegate, err := s.delegate(ctx, h, g)
	if err != nil {
		return "", err
	}
	now := s.cfg.Clock.Now()
	d := dossier.Delegation{
		ID: ident.New(now), DelegatorID: h.ID, DelegateID: delegate.ID, Kind: kindOf(delegate), From: from, Until: until,
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{dossier.GrantDelegation{Delegation: d}}})
	if err != nil {
		return "", fmt.Errorf("grant delegation: %w", err)
	}
	return d.ID, nil
}

// delegate finds who is named.
func (s *Service) delegate(ctx context.Context, h dossier.Holder, g Grant) (dossier.Holder, error) {
	code, err := codicefiscale.Parse(g.CodiceFiscale)
	if err != nil {
		return dossier.Holder{}, &dossier.Error{Code: dossier.CodeDelegationDelegate, Err: err}
	}
	d, err := s.cfg.Store.HolderByCF(ctx, code.String())
	if err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
		return dossier.Holder{}, fmt.Errorf("look up delegate: %w", err)
	}
	if err != nil || d.ID == h.ID || !strings.EqualFold(strings.TrimSpace(g.Surname), d.Person.Surname) {
		return dossier.Holder{}, dossier.Problem(dossier.CodeDelegationDelegate)
	}
	return d, nil
}

// kindOf is in what quality a holder acts for others.
func kindOf(h dossier.Holder) dossier.DelegationKind {
	switch h.Type {
	case dossier.HolderPatronato, dossier.HolderConsultant:
		return dossier.DelegationInstitution
	case dossier.HolderCitizen, dossier.HolderProfessional, dossier.HolderCompany, dossier.HolderArtisan, dossier.HolderPhysician,
		dossier.HolderHealth, dossier.HolderPublicEmployee:
		return dossier.DelegationPersonal
	}
	return dossier.DelegationPersonal
}

// days reads the first and the last day into moments, at most longest apart from now.
func (s *Service) days(g Grant, longest time.Duration) (from, until time.Time, err error) {
	now := s.cfg.Clock.Now()
	wrong := dossier.Problem(dossier.CodeDelegationDates)
	from = now
	today := now.In(s.cfg.Rome).Format(time.DateOnly)
	if g.From != "" && g.From != today {
		if from, err = time.ParseInLocation(time.DateOnly, g.From, s.cfg.Rome); err != nil || from.Before(now) {
			return from, until, wrong
		}
	}
	last, err := time.ParseInLocation(time.DateOnly, g.Until, s.cfg.Rome)
	if err != nil {
		return from, until, wrong
	}
	until = last.AddDate(0, 0, 1)
	if !until.After(from) || !until.After(now) || until.Sub(now) > longest {
		return from, until, wrong
	}
	return from, until, nil
}

// move sends one of the actor's own delegations an event, if the actor is the side
// that may.
func (s *Service) move(ctx context.Context, actor dossier.Actor, id string, event dossier.DelegationEvent, delegateOnly bool) error {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return err
	}
	d, err := s.cfg.Store.Delegation(ctx, actor.ID, id)
	if err != nil {
		return err
	}
	if delegateOnly && d.DelegateID != actor.ID {
		return dossier.Problem(dossier.CodeForbidden)
	}
	actor.Mandate = dossier.Mandate{} // in one's own name
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{dossier.MoveDelegation{ID: id, Event: event}}})
	if err != nil {
		return fmt.Errorf("move delegation: %w", err)
	}
	return nil
}

// Accept makes an offer count. It fails with CodeDelegationKind when the delegate
// has no PIN dispositivo, CodeDelegationFull, or CodeConflict for one that is no
// offer any more.
func (s *Service) Accept(ctx context.Context, actor dossier.Actor, id string) error {
	if _, err := s.dispositivo(ctx, actor); err != nil {
		return err
	}
	return s.move(ctx, actor, id, dossier.DelegationEventAccepted, true)
}

// Decline refuses an offer.
func (s *Service) Decline(ctx context.Context, actor dossier.Actor, id string) error {
	return s.move(ctx, actor, id, dossier.DelegationEventDeclined, true)
}

// End ends a delegation at once, for either side and with any PIN: what is under
// way for it is refused from now on. CodeForbidden: a guardian's, which the office
// alone ends.
func (s *Service) End(ctx context.Context, actor dossier.Actor, id string) error {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return err
	}
	d, err := s.cfg.Store.Delegation(ctx, actor.ID, id)
	if err != nil {
		return err
	}
	if d.Kind == dossier.DelegationGuardian {
		return dossier.Problem(dossier.CodeForbidden)
	}
	return s.move(ctx, actor, id, dossier.DelegationEventEnded, false)
}

// Mandate returns what lets a delegate act for the delegator, when the delegation
// is in force and the delegate's PIN acts. The store asks again at every change.
func (s *Service) Mandate(ctx context.Context, actor dossier.Actor, id string) (dossier.Mandate, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Mandate{}, err
	}
	d, err := s.cfg.Store.Delegation(ctx, actor.ID, id)
	if err != nil {
		return dossier.Mandate{}, err
	}
	if d.DelegateID != actor.ID || !d.InForce(s.cfg.Clock.Now()) {
		return dossier.Mandate{}, dossier.Problem(dossier.CodeDelegationOver)
	}
	h, err := s.cfg.Store.Holder(ctx, actor.ID)
	if err != nil {
		return dossier.Mandate{}, fmt.Errorf("read delegate: %w", err)
	}
	if actor.Opens(h.PIN) != dossier.Dispositivo {
		return dossier.Mandate{}, dossier.Problem(dossier.CodeDelegationKind)
	}
	return dossier.Mandate{DelegationID: d.ID, HolderID: d.DelegatorID}, nil
}

// View is a delegation as one side of it sees it.
type View struct {
	dossier.Delegation
	// Other is the other side's name and surname; Delegate says that it is one's own to act.
	Other    string
	Delegate bool
	InForce  bool
	// LastDay is the last moment at which it holds.
	LastDay time.Time
}

// List returns the actor's delegations, given and taken, the newest first.
func (s *Service) List(ctx context.Context, actor dossier.Actor) ([]View, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return nil, err
	}
	return s.views(ctx, actor.ID)
}

func (s *Service) views(ctx context.Context, holderID string) ([]View, error) {
	all, err := s.cfg.Store.DelegationsOf(ctx, holderID, listed)
	if err != nil {
		return nil, fmt.Errorf("list delegations: %w", err)
	}
	now := s.cfg.Clock.Now()
	views := make([]View, len(all))
	for i, d := range all {
		v := View{Delegation: d, Delegate: d.DelegateID == holderID, InForce: d.InForce(now), LastDay: d.Until.Add(-time.Second)}
		other := d.DelegateID
		if v.Delegate {
			other = d.DelegatorID
		}
		h, err := s.cfg.Store.Holder(ctx, other)
		if err != nil {
			return nil, fmt.Errorf("read the other side: %w", err)
		}
		v.Other = h.Person.Name + " " + h.Person.Surname
		views[i] = v
	}
	return views, nil
}
