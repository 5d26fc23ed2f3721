package pin

import (
	"context"
	"fmt"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/throttle"
)

// Store is what access needs of the database.
type Store interface {
	PINByCF(ctx context.Context, codiceFiscale string) (dossier.PINSecret, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
}

// Access lets holders in. It is safe for concurrent use.
type Access struct {
	store    Store
	guard    *signin.Guard
	sessions *session.Keeper
	hasher   *passhash.Hasher
	tries    *throttle.Throttle
}

// NewAccess returns the way in. tries bounds how often one source may try,
// whatever the code (DESIGN, section 5).
func NewAccess(store Store, guard *signin.Guard, sessions *session.Keeper, hasher *passhash.Hasher, tries *throttle.Throttle) *Access {
	return &Access{store: store, guard: guard, sessions: sessions, hasher: hasher, tries: tries}
}

// SignIn checks a PIN and opens a session. It returns CodeCredentialsWrong, the
// same for an unknown codice fiscale as for a wrong PIN, or CodeLocked with the
// seconds left, or CodeRateLimited. One hash is computed whether or not the code is known; during a
// lock none is, for anybody (B3).
func (a *Access) SignIn(ctx context.Context, codiceFiscale, pin, source string) (session.Session, Account, error) {
	if err := a.tries.Take(source); err != nil {
		return session.Session{}, Account{}, err
	}
	cf, err := codicefiscale.Parse(codiceFiscale)
	if err != nil {
		return session.Session{}, Account{}, &dossier.Error{Code: dossier.CodeCredentialsWrong, Err: err}
	}
	var secret dossier.PINSecret
	err = a.guard.Try(ctx, cf.String(), func(ctx context.Context) (bool, error) {
		if secret, err = a.store.PINByCF(ctx, cf.String()); err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
			return false, err
		}
		right, err := a.hasher.Verify(ctx, secret.Hash, Normalize(pin))
		return right && secret.Issue.State == dossier.PINActive, err
	})
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in: %w", err)
	}
	return a.start(ctx, secret)
}

func (a *Access) start(ctx context.Context, secret dossier.PINSecret) (session.Session, Account, error) {
	actor := dossier.Actor{Role: dossier.RoleCitizen, ID: secret.Issue.HolderID}
	s, err := a.sessions.Start(ctx, actor, secret.Issue.ID)
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in: %w", err)
	}
	account, err := a.Account(ctx, actor)
	account.MustChange = secret.MustChange
	return s, account, err
}

// Account returns the holder's own account.
func (a *Access) Account(ctx context.Context, actor dossier.Actor) (Account, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return Account{}, err
	}
	h, err := a.store.Holder(ctx, actor.ID)
	if err != nil {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	return Account{HolderID: h.ID, Person: h.Person, Kind: h.PIN.Kind}, nil
}

// Normalize brings a typed PIN into the form it is hashed in: upper case,
// without the spaces and dashes people put between groups.
func Normalize(pin string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(pin)))
}
