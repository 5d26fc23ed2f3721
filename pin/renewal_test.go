package pin_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
)

// proves A8 and D4: a PIN that lapsed after its activation says so to who knows
// it, and is renewed against the complete old one.
func TestRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINMustChange)
	w.halves(holder)
	w.MovePIN(holder.PIN.ID, dossier.PINEventWindowPassed)
	_, _, err := w.signIn(someCF, "ACDEFHJKMNPRTVWX", "")
	house.WantCode(t, err, dossier.CodePINExpired)
	renew := func(typed string) (session.Session, error) {
		s, _, err := w.access.Renew(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: typed, Source: "net"})
		return s, err
	}
	for _, part := range []string{"ACDEFHJK", "MNPRTVWX", "ACDEFHJKAAAAAAAA", "AAAAAAAAMNPRTVWX"} {
		_, err = renew(part)
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
	}
	elsewhere, err := renew("ACDEFHJKMNPRTVWX")
	if err != nil {
		t.Fatal(err)
	}
	s, err := renew("ACDEFHJKMNPRTVWX")
	if err != nil || s.Actor.Role != dossier.RoleMustChange {
		t.Fatalf("renewal: %+v, %v", s.Actor, err)
	}
	shown, err := w.access.ProposeChange(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.access.Change(t.Context(), s, shown.PIN); err != nil {
		t.Fatal(err)
	}
	if got, err := w.sessions.Resume(t.Context(), s.Token); err != nil || got.Actor.Role != dossier.RoleCitizen {
		t.Errorf("the session does not go on: %+v, %v", got.Actor, err)
	}
	_, err = w.sessions.Resume(t.Context(), elsewhere.Token)
	house.WantCode(t, err, dossier.CodeUnauthorized)
	if _, _, err := w.signIn(someCF, shown.PIN, ""); err != nil {
		t.Error(err)
	}
	_, err = renew("ACDEFHJKMNPRTVWX")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
}

// proves A8, D4: what was never activated is made anew, not renewed, whoever has both
// halves of it.
func TestUnclaimedIsNotRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINAwaitingActivation)
	w.halves(holder)
	w.MovePIN(holder.PIN.ID, dossier.PINEventWindowPassed)
	_, _, err := w.access.Renew(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: "ACDEFHJKMNPRTVWX", Source: "net"})
	house.WantCode(t, err, dossier.CodePINExpired)
	if p, err := w.PINIssue(t.Context(), holder.PIN.ID); err != nil || p.State != dossier.PINUnclaimed {
		t.Errorf("%+v, %v", p, err)
	}
}
