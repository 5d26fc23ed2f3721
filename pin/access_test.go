package pin_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

// Two valid codes of nobody.
const (
	someCF  = "RSSMRA72L09H501S"
	otherCF = "RSSMRA77L18H501W"
)

func newAccess(t *testing.T, h house.House) *pin.Access {
	t.Helper()
	hasher := passhash.New(h.Keys.Pepper())
	hash, err := hasher.Hash(t.Context(), "K7MPD4XW")
	if err != nil {
		t.Fatal(err)
	}
	now := h.Clock.Now()
	err = h.InsertHolder(t.Context(), store.NewHolder{PINHash: hash, Holder: dossier.Holder{
		ID: ident.New(now), Person: dossier.Person{CodiceFiscale: someCF, Surname: "Prova"},
		PIN: dossier.PINIssue{ID: ident.New(now), Kind: dossier.Ordinario},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return pin.NewAccess(h.Store, signin.NewGuard(h.Store, h.Clock), session.NewKeeper(h.Store, h.Clock, session.DefaultIdle),
		hasher, throttle.New(h.Clock, 30, time.Second))
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccess(t, h)
	s, account, err := a.SignIn(t.Context(), " rssmra72l09h501s ", "k7mp-d4xw", "net")
	if err != nil || account.Kind != dossier.Ordinario || s.Token == "" || s.Actor.Role != dossier.RoleCitizen {
		t.Fatalf("sign in: %+v, %v", account, err)
	}
	if got, err := a.Account(t.Context(), s.Actor); err != nil || got.Person.Surname != "Prova" {
		t.Errorf("account %+v, %v", got, err)
	}
	_, err = a.Account(t.Context(), house.Reviewer("op"))
	house.WantCode(t, err, dossier.CodeForbidden)
}

// proves B3: the answer never tells whether a codice fiscale exists, and
// unknown codes lock just like known ones, across restarts.
func TestUnknownAndKnownAnswerAlike(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccess(t, h)
	for try := range 11 {
		_, _, known := a.SignIn(t.Context(), someCF, "WRONG", "a")
		_, _, unknown := a.SignIn(t.Context(), otherCF, "WRONG", "b")
		if dossier.CodeOf(known) != dossier.CodeOf(unknown) {
			t.Errorf("try %d: %v and %v", try, known, unknown)
		}
	}
	restarted := pin.NewAccess(h.Store, signin.NewGuard(h.Store, h.Clock), session.NewKeeper(h.Store, h.Clock, session.DefaultIdle),
		passhash.New(h.Keys.Pepper()), throttle.New(h.Clock, 30, time.Second))
	_, _, err := restarted.SignIn(t.Context(), someCF, "K7MPD4XW", "a")
	house.WantCode(t, err, dossier.CodeLocked)
	h.Clock.Advance(3 * time.Minute)
	if _, _, err := restarted.SignIn(t.Context(), someCF, "K7MPD4XW", "a"); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestOneSourceCannotTryEveryCode(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccess(t, h)
	for range 30 {
		_, _, err := a.SignIn(t.Context(), "not a code", "x", "net")
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
	}
	_, _, err := a.SignIn(t.Context(), someCF, "K7MPD4XW", "net")
	house.WantCode(t, err, dossier.CodeRateLimited)
	if _, _, err := a.SignIn(t.Context(), someCF, "K7MPD4XW", "elsewhere"); err != nil {
		t.Error(err)
	}
}

func TestSuspendedPINOpensNothing(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	a := newAccess(t, h)
	secret, err := h.PINByCF(t.Context(), someCF)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SetPINState(t.Context(), house.Worker(), secret.Issue.ID, dossier.PINSuspended); err != nil {
		t.Fatal(err)
	}
	_, _, err = a.SignIn(t.Context(), someCF, "K7MPD4XW", "net")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
}
