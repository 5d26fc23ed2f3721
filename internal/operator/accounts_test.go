package operator_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dispositivo/dossier"
	"dispositivo/internal/operator"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/testkit/house"
)

const password = "correct horse battery"

func newAccounts(h house.House, oneFactor bool) *operator.Accounts {
	return operator.NewAccounts(operator.Config{
		Store: h.Store, Guard: signin.NewGuard(h.Store, h.Clock), Clock: h.Clock, OneFactor: oneFactor,
		Sessions: session.NewKeeper(h.Store, h.Clock, session.DefaultIdle), Hasher: passhash.New(h.Keys.Pepper()),
	})
}

func enrol(t *testing.T, a *operator.Accounts) (secret string) {
	t.Helper()
	e, err := a.Add(t.Context(), operator.New{Username: "anna", Password: password, Role: dossier.RoleOperator, CodiceFiscale: "RSSMRA72L09H501S"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "otpauth" {
		t.Fatalf("enrolment %q, %v", e.URL, err)
	}
	return u.Query().Get("secret")
}

// The hash of a password is made anew when the right one comes and the cost was raised
// since; a wrong one, and a password without its second factor, change nothing.
func TestPasswordIsRefreshedOnUse(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		old := h.OldHash(password)
		rec := operator.Record{Account: operator.Account{ID: "o1", Username: "anna", Role: dossier.RoleOperator}, Hash: old, TOTP: "JBSWY3DPEHPK3PXP", KeyedCF: []byte("x")}
		if err := h.InsertOperator(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		hash := func() string {
			rec, err := h.OperatorByName(t.Context(), "anna")
			if err != nil {
				t.Fatal(err)
			}
			return rec.Hash
		}
		_, _, err := newAccounts(h, true).SignIn(t.Context(), "anna", "wrong password", "")
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
		_, _, err = newAccounts(h, false).SignIn(t.Context(), "anna", password, "")
		house.WantCode(t, err, dossier.CodeSecondFactor)
		if hash() != old {
			t.Error("the hash changed before anybody signed in")
		}
		for range 2 {
			if _, _, err := newAccounts(h, true).SignIn(t.Context(), "anna", password, ""); err != nil {
				t.Fatal(err)
			}
		}
		now := hash()
		if now == old {
			t.Error("the hash is still the old one")
		}
		if err := h.RefreshPassword(t.Context(), "o1", old, "x"); err != nil || hash() != now {
			t.Errorf("a newer hash was overwritten, %v", err)
		}
	})
}

// proves DESIGN section 5: the second factor is asked for after the password,
// drifts by one step, and each code counts once.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccounts(h, false)
	secret := enrol(t, a)
	codeAt := func(d time.Duration) string {
		code, err := totp.GenerateCode(secret, h.Clock.Now().Add(d))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	_, _, err := a.SignIn(t.Context(), "anna", "wrong password", "")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
	_, _, err = a.SignIn(t.Context(), "anna", password, "")
	house.WantCode(t, err, dossier.CodeSecondFactor)
	_, _, err = a.SignIn(t.Context(), "anna", password, codeAt(-2*time.Minute))
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
	s, account, err := a.SignIn(t.Context(), "anna", password, codeAt(-30*time.Second))
	if err != nil || account.Role != dossier.RoleOperator || len(s.Actor.KeyedCF) == 0 {
		t.Fatalf("sign in: %+v, %v", account, err)
	}
	_, _, err = a.SignIn(t.Context(), "anna", password, codeAt(-30*time.Second))
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
	if _, _, err := a.SignIn(t.Context(), "anna", password, codeAt(0)); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestOperatorsLockToo(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccounts(h, true)
	enrol(t, a)
	for _, name := range []string{"anna", "nobody"} {
		for range 9 {
			_, _, err := a.SignIn(t.Context(), name, "wrong password", "")
			house.WantCode(t, err, dossier.CodeCredentialsWrong)
		}
		_, _, err := a.SignIn(t.Context(), name, "wrong password", "")
		house.WantCode(t, err, dossier.CodeLocked)
	}
	_, _, err := a.SignIn(t.Context(), "anna", password, "")
	house.WantCode(t, err, dossier.CodeLocked)
}

func TestWhoCannotBeEnrolled(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccounts(h, false)
	good := operator.New{Username: "anna", Password: password, Role: dossier.RoleOperator, CodiceFiscale: "RSSMRA72L09H501S"}
	for _, tt := range []struct {
		change func(*operator.New)
		want   error
	}{
		{func(n *operator.New) { n.Username = "A" }, operator.ErrUsername},
		{func(n *operator.New) { n.Password = "short" }, operator.ErrPassword},
		{func(n *operator.New) { n.Role = dossier.RoleCitizen }, operator.ErrRole},
		{func(n *operator.New) { n.Role = dossier.RoleSystem }, operator.ErrRole},
	} {
		n := good
		tt.change(&n)
		if _, err := a.Add(t.Context(), n); !errors.Is(err, tt.want) {
			t.Errorf("got %v, want %v", err, tt.want)
		}
	}
	bad := good
	bad.CodiceFiscale = "RSSMRA72L09H501T"
	if _, err := a.Add(t.Context(), bad); err == nil {
		t.Error("a wrong codice fiscale was enrolled")
	}
	if _, err := a.Add(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	_, err := a.Add(t.Context(), good)
	house.WantCode(t, err, dossier.CodeConflict)
}
