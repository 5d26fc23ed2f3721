package pin_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/testkit/house"
)

// proves B9: the person who comes by SPID, CIE or CNS is the one with the PIN, holds
// what PIN dispositivo opens whatever the PIN is or does, keeps it when the session
// is resumed, and shows no PIN that could be changed.
func TestSignInElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.AddHolder("RSSMRA85T10A562S")
	ctx, code := t.Context(), codicefiscale.Code("RSSMRA85T10A562S")
	for _, way := range []dossier.Way{dossier.WaySPID, dossier.WayCIE, dossier.WayCNS} {
		s, err := w.access.SignInElsewhere(ctx, way, code, map[string]string{"subject": "s"})
		if err != nil || s.Actor.ID != h.ID {
			t.Fatalf("%s: %+v, %v", way, s, err)
		}
		if way == dossier.WayCIE {
			w.MovePIN(h.PIN.ID, dossier.PINEventRevoked) // it ends no session of another identity
		}
		resumed, err := w.sessions.Resume(ctx, s.Token)
		if err != nil || resumed.Actor.Way != way || resumed.Actor.Role != dossier.RoleCitizen {
			t.Errorf("%s resumed: %+v, %v", way, resumed, err)
		}
		account, err := w.access.Account(ctx, resumed.Actor)
		if err != nil || account.Kind != dossier.Dispositivo || account.Person.CodiceFiscale != code.String() {
			t.Errorf("%s opens %q, %v", way, account.Kind, err)
		}
		_, err = w.access.ProposeChange(ctx, resumed)
		house.WantCode(t, err, dossier.CodeForbidden)
	}
	_, err := w.access.SignInElsewhere(ctx, dossier.WaySPID, "VRDLGI80A01H501X", nil)
	house.WantCode(t, err, dossier.CodeIdentityUnknown)
	_, err = w.access.SignInElsewhere(ctx, dossier.WayPIN, code, nil)
	house.WantCode(t, err, dossier.CodeIdentityRefused)
}
