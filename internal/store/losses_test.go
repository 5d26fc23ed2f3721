package store_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves D1, D2: a loss is answered by what it was opened for alone, and once it is
// answered, or its time is over, nothing opens it again: no try, no code that is
// worded late, no second answer.
func TestLossIsOver(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		apply := func(effects ...dossier.Effect) error {
			_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Effects: effects})
			return err
		}
		open := func(id string) {
			t.Helper()
			until := e.Clock.Now().Add(time.Hour)
			err := apply(
				dossier.OpenLoss{Loss: dossier.Loss{ID: id, Kind: dossier.LossRecovery, KeyedCF: e.KeyCF("x"), Until: until}},
				dossier.SettleLoss{ID: id, HolderID: h.ID, PINIssueID: h.PIN.ID, Until: until},
				dossier.MintLoss{ID: id, Handle: "handle of " + id, Code: "c", Until: until},
			)
			if err != nil {
				t.Fatal(err)
			}
		}
		try := func(id string, kind dossier.LossKind) error {
			_, err := e.TryLoss(t.Context(), kind, "handle of "+id, 3)
			return err
		}
		wantOver := func(id string) {
			t.Helper()
			house.WantCode(t, try(id, dossier.LossRecovery), dossier.CodeNotFound)
			house.WantCode(t, apply(dossier.CloseLoss{ID: id}), dossier.CodeConflict)
			_, err := e.Loss(t.Context(), id)
			house.WantCode(t, err, dossier.CodeNotFound)
		}
		open("a")
		house.WantCode(t, try("a", dossier.LossRevocation), dossier.CodeNotFound)
		house.WantCode(t, try("b", dossier.LossRecovery), dossier.CodeNotFound)
		house.WantCode(t, try("a", dossier.LossRecovery), "")
		house.WantCode(t, apply(dossier.CloseLoss{ID: "a"}), "")
		wantOver("a")
		house.WantCode(t, apply(dossier.MintLoss{ID: "a", Handle: "another", Code: "c", Until: e.Clock.Now().Add(time.Hour)}), dossier.CodeConflict)
		wantOver("a")

		open("b")
		for range 3 {
			house.WantCode(t, try("b", dossier.LossRecovery), "")
		}
		house.WantCode(t, try("b", dossier.LossRecovery), dossier.CodeNotFound)

		open("c")
		e.Clock.Advance(time.Hour)
		wantOver("c")
	})
}
