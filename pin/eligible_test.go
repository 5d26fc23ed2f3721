package pin_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/signin"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

// proves A2: who may no longer have a PIN is told so with the right one, and no
// session opens; with a wrong one nothing is told.
func TestAccessAsksTheGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.add(dossier.PINActive)
	access := pin.NewAccess(pin.Config{
		Store: w.Store, Guard: signin.NewGuard(w.Store, w.Clock), Sessions: w.sessions, Hasher: w.hasher, Clock: w.Clock,
		Tries: throttle.New(w.Clock, 1000, time.Millisecond), Policy: pin.DefaultPolicy(),
		Eligible: func(p dossier.Person) error {
			if p.CodiceFiscale != h.Person.CodiceFiscale {
				t.Errorf("asked about %s", p.CodiceFiscale)
			}
			return dossier.Problem(dossier.CodePINNotEligible)
		},
	})
	for typed, code := range map[string]dossier.Code{somePIN: dossier.CodePINNotEligible, "AAAAAAAA": dossier.CodeCredentialsWrong} {
		s, _, err := access.SignIn(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: typed})
		house.WantCode(t, err, code)
		if s.Token != "" {
			t.Error("a session opened")
		}
	}
}
