package operator

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
)

// Record is an account with what checking it needs.
type Record struct {
	Account
	Hash string
	// TOTP is the shared secret of the second factor in base32 (RFC 6238).
	TOTP     string
	KeyedCF  []byte
	Disabled bool
}

// Actor returns the account as an actor.
func (r Record) Actor() dossier.Actor {
	return dossier.Actor{Role: r.Role, ID: r.ID, Office: r.Office, KeyedCF: r.KeyedCF}
}

// Store is what the accounts need of the database.
type Store interface {
	InsertOperator(ctx context.Context, r Record) error
	OperatorByName(ctx context.Context, username string) (Record, error)
	Operator(ctx context.Context, id string) (Record, error)
	UseTOTPStep(ctx context.Context, operatorID string, step int64) (bool, error)
	// RefreshPassword puts a hash of the same password in place of another; it does
	// nothing when that is gone.
	RefreshPassword(ctx context.Context, operatorID, was, hash string) error
	KeyCF(codiceFiscale string) []byte
}

// Config holds what the accounts work with.
type Config struct {
	Store    Store
	Guard    *signin.Guard
	Sessions *session.Keeper
	Hasher   *passhash.Hasher
	Clock    clock.Clock
	// OneFactor lets operators in without a second factor: in a demonstration
	// only (DESIGN, section 5).
	OneFactor bool
}

// Accounts lets operators in and enrols new ones. It is safe for concurrent use.
type Accounts struct{ cfg Config }

// NewAccounts returns the accounts.
func NewAccounts(cfg Config) *Accounts { return &Accounts{cfg: cfg} }

// step is the length of a TOTP time step (RFC 6238 section 4.1).
const step = 30 * time.Second

// SignIn checks password and second factor and opens a session. It returns
// CodeCredentialsWrong, CodeLocked with the seconds left, or CodeSecondFactor
// when the password is right and no code was given.
func (a *Accounts) SignIn(ctx context.Context, username, password, code string) (session.Session, Account, error) {
	var rec Record
	needsCode := false
	err := a.cfg.Guard.Try(ctx, "operator:"+username, func(ctx context.Context) (bool, error) {
		var err error
		if rec, err = a.cfg.Store.OperatorByName(ctx, username); err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
			return false, err
		}
		right, err := a.cfg.Hasher.Verify(ctx, rec.Hash, password)
		if err != nil || !right || rec.Disabled {
			return false, err
		}
		if needsCode = code == "" && !a.cfg.OneFactor; needsCode {
			return true, nil // the password was right: this is no wrong try
		}
		return a.secondFactor(ctx, rec, code)
	})
	if err == nil && needsCode {
		err = dossier.Problem(dossier.CodeSecondFactor)
	}
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in operator: %w", err)
	}
	if err := a.refresh(ctx, rec, password); err != nil {
		return session.Session{}, Account{}, fmt.Errorf("sign in operator: %w", err)
	}
	s, err := a.cfg.Sessions.Start(ctx, rec.Actor(), "")
	return s, rec.Account, err
}

// refresh makes the hash of a right password anew when the cost was raised since.
func (a *Accounts) refresh(ctx context.Context, rec Record, password string) error {
	hash, err := a.cfg.Hasher.Refresh(ctx, rec.Hash, password)
	if err != nil || hash == "" {
		return err
	}
	return a.cfg.Store.RefreshPassword(ctx, rec.ID, rec.Hash, hash)
}

// secondFactor accepts the code of this time step or the one before or after,
// each only once.
func (a *Accounts) secondFactor(ctx context.Context, rec Record, code string) (bool, error) {
	if a.cfg.OneFactor {
		return true, nil
	}
	now := a.cfg.Clock.Now()
	for _, drift := range []time.Duration{0, -step, step} {
		at := now.Add(drift)
		ok, err := totp.ValidateCustom(code, rec.TOTP, at, totp.ValidateOpts{
			Period: uint(step / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err != nil && !errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return false, fmt.Errorf("check second factor: %w", err)
		}
		if ok {
			return a.cfg.Store.UseTOTPStep(ctx, rec.ID, at.Unix()/int64(step/time.Second))
		}
	}
	return false, nil
}

// Account returns the operator's own account.
func (a *Accounts) Account(ctx context.Context, actor dossier.Actor) (Account, error) {
	if err := actor.Require(Roles()...); err != nil {
		return Account{}, err
	}
	rec, err := a.cfg.Store.Operator(ctx, actor.ID)
	if err != nil {
		return Account{}, fmt.Errorf("read operator: %w", err)
	}
	return rec.Account, nil
}

// Roles lists the roles an account may have.
func Roles() []dossier.Role {
	return []dossier.Role{
		dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin, dossier.RoleGateway,
	}
}

// New is an account to be added.
type New struct {
	Username      string
	Password      string // at least 12 characters
	Role          dossier.Role
	Office        string // empty: all
	CodiceFiscale string
}

// Enrolment is what a new operator needs once: it is shown and not kept.
type Enrolment struct {
	Account Account
	// URL is the otpauth:// address an authenticator takes.
	URL string
}

var usernames = regexp.MustCompile(`^[a-z][a-z0-9._-]{2,31}$`)

// What may be wrong with an account to be added.
var (
	ErrUsername = errors.New("user name: 3 to 32 of a-z, 0-9, dot, dash, underscore, a letter first")
	ErrPassword = errors.New("password: at least 12 characters")
	ErrRole     = errors.New("role: operator, supervisor, auditor, admin or gateway")
)

// Add enrols an account with a second factor.
func (a *Accounts) Add(ctx context.Context, n New) (Enrolment, error) {
	cf, err := a.check(n)
	if err != nil {
		return Enrolment{}, err
	}
	hash, err := a.cfg.Hasher.Hash(ctx, n.Password)
	if err != nil {
		return Enrolment{}, fmt.Errorf("add operator: %w", err)
	}
	var secret [20]byte
	_, _ = rand.Read(secret[:]) // never fails
	rec := Record{
		Account: Account{ID: ident.New(a.cfg.Clock.Now()), Username: n.Username, Role: n.Role, Office: n.Office},
		Hash:    hash, TOTP: base32.StdEncoding.EncodeToString(secret[:]), KeyedCF: a.cfg.Store.KeyCF(cf.String()),
	}
	if err := a.cfg.Store.InsertOperator(ctx, rec); err != nil {
		return Enrolment{}, fmt.Errorf("add operator: %w", err)
	}
	u := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/dispositivo:" + n.Username,
		RawQuery: url.Values{"secret": {rec.TOTP}, "issuer": {"dispositivo"}}.Encode(),
	}
	return Enrolment{Account: rec.Account, URL: u.String()}, nil
}

func (a *Accounts) check(n New) (codicefiscale.Code, error) {
	switch {
	case !usernames.MatchString(n.Username):
		return "", ErrUsername
	case len([]rune(n.Password)) < 12:
		return "", ErrPassword
	case !slices.Contains(Roles(), n.Role):
		return "", ErrRole
	}
	cf, err := codicefiscale.Parse(n.CodiceFiscale)
	if err != nil {
		return "", fmt.Errorf("codice fiscale: %w", err)
	}
	return cf, nil
}
