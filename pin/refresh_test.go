package pin_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/internal/testkit/house"
)

// proves A7: a hash carries its cost, and is made anew when the right PIN comes and
// the cost was raised since; nothing else of the PIN changes, and a wrong one
// changes nothing.
func TestHashIsRefreshedOnUse(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		now := w.Clock.Now()
		old := w.OldHash(somePIN)
		person := dossier.Holder{ID: ident.New(now), Person: dossier.Person{CodiceFiscale: someCF, Surname: "Prova", Lang: "it"}}
		issue := dossier.PINIssue{ID: ident.New(now), HolderID: person.ID, Kind: dossier.Ordinario, State: dossier.PINActive, Channel: dossier.PINOnline}
		w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.AddHolder{Holder: person}, dossier.OpenPIN{Issue: issue, Hash: old}}})
		before, err := w.PINSecrets(t.Context(), someCF)
		if err != nil || before.Hash != old {
			t.Fatalf("%+v, %v", before, err)
		}

		_, _, err = w.signIn(someCF, "AAAAAAAA", "")
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
		if s, err := w.PINSecrets(t.Context(), someCF); err != nil || s.Hash != old {
			t.Errorf("after a wrong PIN: %v", err)
		}
		for range 2 {
			if _, _, err := w.signIn(someCF, "k7mp d4xw", ""); err != nil {
				t.Fatal(err)
			}
		}
		after, err := w.PINSecrets(t.Context(), someCF)
		if err != nil || after.Hash == old {
			t.Errorf("the hash is still the old one, %v", err)
		}
		if after.Issue != before.Issue {
			t.Errorf("the issue changed: %+v", after.Issue)
		}
		// One that was changed meanwhile stays.
		if err := w.RefreshSecret(t.Context(), issue.ID, old, "x"); err != nil {
			t.Fatal(err)
		}
		if s, err := w.PINSecrets(t.Context(), someCF); err != nil || s.Hash != after.Hash {
			t.Errorf("a newer hash was overwritten, %v", err)
		}
	})
}
