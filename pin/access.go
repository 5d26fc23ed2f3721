package pin

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/throttle"
)

// halfBudget is how many wrong tries in a row a half bears before it opens
// nothing any more and must be made anew (A7): beside the lock, a bound that no
// waiting refills.
const halfBudget = 100

// deviceFor is how long a device stays known without being used.
const deviceFor = 365 * day

// Store is what access needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	// PINSecrets returns CodeNotFound when the code has no PIN that could open.
	PINSecrets(ctx context.Context, codiceFiscale string) (dossier.PINSecrets, error)
	PINIssue(ctx context.Context, id string) (dossier.PINIssue, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	KnownDevice(ctx context.Context, codiceFiscale, device string) (bool, error)
	RememberDevice(ctx context.Context, codiceFiscale, device string, until time.Time) error
	ProposedSecret(ctx context.Context, pinIssueID string) (hash string, err error)
	// RefreshSecret puts a hash of the same PIN in place of another; it does nothing
	// when the PIN was changed meanwhile.
	RefreshSecret(ctx context.Context, pinIssueID, was, hash string) error
}

// Config holds the settings of an Access and what it works with.
type Config struct {
	Store    Store
	Guard    *signin.Guard
	Sessions *session.Keeper
	Hasher   *passhash.Hasher
	Clock    clock.Clock
	// Tries bounds how often one source may try, whatever the code (DESIGN,
	// section 5).
	Tries  *throttle.Throttle
	Policy Policy
	// Eligible says who may have a PIN (A2); nil: everybody.
	Eligible func(dossier.Person) error
}

// Access lets holders in. It is safe for concurrent use.
type Access struct{ cfg Config }

// NewAccess returns the way in.
func NewAccess(cfg Config) *Access { return &Access{cfg: cfg} }

// Try is one attempt to sign in.
type Try struct {
	CodiceFiscale string
	PIN           string // as typed
	// Source is the network it comes from.
	Source string
	// Device is the secret of a device that may have been here before; "" for
	// none. A known one has a budget of wrong tries of its own (B3).
	Device string
}

// SignIn checks a PIN and opens a session. It returns CodeCredentialsWrong, the
// same for an unknown codice fiscale as for a wrong PIN, CodeLocked with the
// seconds left, or CodeRateLimited. Only who gave the right PIN learns that it
// is expired (CodePINExpired), suspended (CodePINSuspended), still to be
// activated (CodePINNotActivated) or no longer for people like him (CodePINNotEligible).
//
// How many hashes are computed depends on the length of what was typed alone:
// two for both halves, one for everything else; during a lock none (B3). Only the
// right PIN costs another one, when its hash is made anew.
func (a *Access) SignIn(ctx context.Context, t Try) (session.Session, Account, error) {
	secrets, err := a.prove(ctx, t, nil)
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in: %w", err)
	}
	if err := a.usable(secrets.Issue, len(Normalize(t.PIN)) == 2*Length); err != nil {
		return session.Session{}, Account{}, err
	}
	h, err := a.cfg.Store.Holder(ctx, secrets.Issue.HolderID)
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in: %w", err)
	}
	if err := a.forceChange(ctx, h.Type, &secrets.Issue); err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in: %w", err)
	}
	return a.start(ctx, h, secrets.Issue)
}

// Renew lets the holder of a PIN that lapsed after its activation in, to change
// it against the complete old one (A8, D4). Errors are as for SignIn.
func (a *Access) Renew(ctx context.Context, t Try) (session.Session, Account, error) {
	secrets, err := a.prove(ctx, t, nil)
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("renew: %w", err)
	}
	if p := secrets.Issue; p.State != dossier.PINLapsed {
		if err := a.usable(p, len(Normalize(t.PIN)) == 2*Length); err != nil {
			return session.Session{}, Account{}, err
		}
	}
	h, err := a.cfg.Store.Holder(ctx, secrets.Issue.HolderID)
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("renew: %w", err)
	}
	return a.start(ctx, h, secrets.Issue)
}

// prove finds out whether the PIN is right, under the lock rule. also is asked,
// once the PIN is right, whether the rest is; nil: there is nothing else.
func (a *Access) prove(ctx context.Context, t Try, also func(context.Context, dossier.PINSecrets) (bool, error)) (dossier.PINSecrets, error) {
	if err := a.cfg.Tries.Take(t.Source); err != nil {
		return dossier.PINSecrets{}, err
	}
	passhash.WillHash(ctx)
	parsed, err := codicefiscale.Parse(t.CodiceFiscale)
	if err != nil {
		return dossier.PINSecrets{}, &dossier.Error{Code: dossier.CodeCredentialsWrong, Err: err}
	}
	cf := parsed.String()
	subject, err := a.subject(ctx, cf, t.Device)
	if err != nil {
		return dossier.PINSecrets{}, err
	}
	var secrets dossier.PINSecrets
	err = a.cfg.Guard.Try(ctx, subject, func(ctx context.Context) (right bool, err error) {
		secrets, err = a.cfg.Store.PINSecrets(ctx, cf)
		if err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
			return false, err
		}
		right, err = a.compare(ctx, cf, secrets, Normalize(t.PIN))
		if err != nil || !right || also == nil {
			return right, err
		}
		return also(ctx, secrets)
	})
	if err != nil {
		return dossier.PINSecrets{}, err
	}
	if err := a.refresh(ctx, secrets, Normalize(t.PIN)); err != nil {
		return dossier.PINSecrets{}, err
	}
	if t.Device == "" {
		return secrets, nil
	}
	return secrets, a.cfg.Store.RememberDevice(ctx, cf, t.Device, a.cfg.Clock.Now().Add(deviceFor))
}

// refresh makes the hash of a right PIN in use anew when the cost was raised since:
// nobody else has what it is made of. Halves are gone before it would pay.
func (a *Access) refresh(ctx context.Context, s dossier.PINSecrets, typed string) error {
	if s.Hash == "" {
		return nil
	}
	hash, err := a.cfg.Hasher.Refresh(ctx, s.Hash, typed)
	if err != nil || hash == "" {
		return err
	}
	return a.cfg.Store.RefreshSecret(ctx, s.Issue.ID, s.Hash, hash)
}

// subject is whose wrong tries are counted: those of a known device apart, so
// that nobody locks a holder out from elsewhere (B3).
func (a *Access) subject(ctx context.Context, cf, device string) (string, error) {
	known, err := a.cfg.Store.KnownDevice(ctx, cf, device)
	if err != nil || !known {
		return cf, err
	}
	return cf + " on " + device, nil
}

// compare computes the hashes that the length asks for, whoever it is.
func (a *Access) compare(ctx context.Context, cf string, s dossier.PINSecrets, typed string) (bool, error) {
	if len(typed) == 2*Length {
		first, err := a.half(ctx, cf, s.First, 1, typed[:Length])
		if err != nil {
			return false, err
		}
		second, err := a.half(ctx, cf, s.Second, 2, typed[Length:])
		return first && second, err
	}
	if s.Hash != "" {
		// Whoever has a half, or nothing, writes a budget down: so does who has a
		// PIN, or the time it takes would tell them apart. Nothing comes of it.
		if _, err := a.cfg.Guard.Spend(ctx, pinBudgetOf(cf), halfBudget); err != nil {
			return false, err
		}
		return a.cfg.Hasher.Verify(ctx, s.Hash, typed)
	}
	right, err := a.half(ctx, cf, s.First, 1, typed)
	// Once activated, the first half alone is no PIN (B2).
	return right && s.Issue.ActivatedAt.IsZero(), err
}

// half checks one half against its own budget, existing or not. A right half
// gets its budget back.
func (a *Access) half(ctx context.Context, cf string, h dossier.Half, n int, typed string) (bool, error) {
	budget := halfBudgetOf(cf, n)
	left, err := a.cfg.Guard.Spend(ctx, budget, halfBudget)
	if err != nil {
		return false, err
	}
	right, err := a.cfg.Hasher.Verify(ctx, h.Hash, typed)
	if err != nil || !right || !left {
		return false, err
	}
	return true, a.cfg.Guard.Restore(ctx, budget)
}

func halfBudgetOf(cf string, n int) string { return fmt.Sprintf("half %d of %s", n, cf) }

func pinBudgetOf(cf string) string { return "PIN of " + cf }

// Budgets are the subjects under which wrong tries at halves are counted for a
// codice fiscale: new halves, and an operator, begin them anew. The lock's own
// subject is the codice fiscale itself.
func Budgets(cf string) []string {
	return []string{halfBudgetOf(cf, 1), halfBudgetOf(cf, 2), pinBudgetOf(cf)}
}

// usable says what a right PIN does not open, and why. whole: both halves were
// given.
func (a *Access) usable(p dossier.PINIssue, whole bool) error {
	now := a.cfg.Clock.Now()
	switch {
	case p.State == dossier.PINSuspended:
		return dossier.Problem(dossier.CodePINSuspended)
	case p.State == dossier.PINLapsed, p.State == dossier.PINUnclaimed, !p.WindowUntil.IsZero() && !now.Before(p.WindowUntil):
		return dossier.Problem(dossier.CodePINExpired)
	case p.Opens() == dossier.RoleSimplified && whole:
		return dossier.Problem(dossier.CodePINNotActivated)
	}
	return nil
}

// forceChange lets a PIN that is too old open nothing but its change (B4).
func (a *Access) forceChange(ctx context.Context, t dossier.HolderType, p *dossier.PINIssue) error {
	if p.State != dossier.PINActive || !a.cfg.Policy.changeDue(t, p.SecretAt, a.cfg.Clock.Now()) {
		return nil
	}
	_, err := a.cfg.Store.Apply(ctx, dossier.Change{
		Actor: worker, PIN: &dossier.PINMove{ID: p.ID, Event: dossier.PINEventChangeDue, Version: p.Version},
	})
	if err != nil {
		return err
	}
	*p, err = a.cfg.Store.PINIssue(ctx, p.ID)
	return err
}

// worker is who acts when a time is over.
var worker = dossier.System("pin")

// start opens the session of the PIN's holder, and refuses who may no longer use a
// PIN: only who gave the right one learns it.
func (a *Access) start(ctx context.Context, h dossier.Holder, p dossier.PINIssue) (session.Session, Account, error) {
	actor := dossier.Actor{Role: p.Opens(), ID: p.HolderID}
	if actor.Role == "" {
		return session.Session{}, Account{}, dossier.Problem(dossier.CodeCredentialsWrong)
	}
	if a.cfg.Eligible != nil {
		if err := a.cfg.Eligible(h.Person); err != nil {
			return session.Session{}, Account{}, err
		}
	}
	s, err := a.cfg.Sessions.Start(ctx, actor, p.ID)
	if dossier.CodeOf(err) == dossier.CodeConflict { // revoked or recovered while it was proved
		return session.Session{}, Account{}, &dossier.Error{Code: dossier.CodeCredentialsWrong, Err: err}
	}
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in: %w", err)
	}
	return s, accountOf(h, actor), nil
}

// Account returns the holder's own account.
func (a *Access) Account(ctx context.Context, actor dossier.Actor) (Account, error) {
	if !actor.IsHolder() {
		return Account{}, dossier.Problem(dossier.CodeForbidden)
	}
	h, err := a.cfg.Store.Holder(ctx, actor.ID)
	if err != nil {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	return accountOf(h, actor), nil
}

func accountOf(h dossier.Holder, actor dossier.Actor) Account {
	account := Account{HolderID: h.ID, Person: h.Person, Kind: h.PIN.Kind, MustChange: actor.Role == dossier.RoleMustChange}
	switch {
	case actor.Way.Elsewhere():
		account.Kind = dossier.Dispositivo // equal to it (B9)
	case actor.Role == dossier.RoleSimplified:
		account.Kind = dossier.Semplificato
	}
	return account
}
