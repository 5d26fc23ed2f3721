package store_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/session"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/journal"
)

// proves B6: after a holder is erased nothing opens or finds the person, and the
// log, whose personal fields are sealed under the key that is gone, is still
// proved whole against a checkpoint of before.
func TestErasureKeepsTheProof(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		h, other := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVDAA80A41H502Y")
		id := e.Reviewing(h)
		keeper := session.NewKeeper(e.Store, e.Clock, session.DefaultIdle)
		s, others := bySPID(t, keeper, h), bySPID(t, keeper, other)
		sealAll(t, e)
		before, err := e.Checkpoint(ctx)
		if err != nil {
			t.Fatal(err)
		}
		erase := dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseHolder{HolderID: h.ID}}}
		_, err = e.Apply(ctx, erase)
		house.WantCode(t, err, dossier.CodeConflict) // a PIN and a dossier are open
		e.Must(dossier.Change{Actor: house.Citizen(h), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
		if got, err := e.Personal(ctx, logged(t, e, h.ID)); err != nil || got["subject"] != "AIDP123" {
			t.Errorf("personal field before: %v, %v", got, err)
		}
		erase.PIN = &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventRevoked}
		e.Must(erase)

		for what, err := range map[string]error{
			"holder": second(e.Holder(ctx, h.ID)), "codice fiscale": second(e.HolderByCF(ctx, "PRVDAA80A41H501X")),
			"again": second(e.Apply(ctx, erase)), "personal field": second(e.Personal(ctx, logged(t, e, h.ID))),
		} {
			if code := dossier.CodeOf(err); code != dossier.CodeNotFound && code != dossier.CodeConflict {
				t.Errorf("%s after the erasure: %v", what, err)
			}
		}
		house.WantCode(t, second(keeper.Resume(ctx, s.Token)), dossier.CodeUnauthorized)
		if _, err := keeper.Resume(ctx, others.Token); err != nil {
			t.Errorf("another holder: %v", err)
		}
		if msgs, err := e.Messages(ctx, h.ID, 10); err != nil || len(msgs) != 0 {
			t.Errorf("messages left: %v, %v", msgs, err)
		}
		for _, sub := range e.Get(id).Submissions {
			for _, f := range sub.Documents {
				if f.Blob != "" || len(f.WrappedKey) != 0 {
					t.Errorf("a document is left: %+v", f)
				}
			}
		}
		sealAll(t, e)
		proof, err := audit.Prove(ctx, e.Store, func(yield func(audit.Checkpoint, error) bool) { yield(before, nil) })
		if err != nil || proof.Held != before.Seq || proof.Entries <= before.Seq {
			t.Errorf("the proof after the erasure: %+v, %v", proof, err)
		}
		again := e.AddHolder("PRVDAA80A41H501X")
		if again.ID == h.ID {
			t.Error("the person comes again as the one who was erased")
		}
	})
}

func second[T any](_ T, err error) error { return err }

// logged returns the row of a holder's last sign-in.
func logged(t *testing.T, e house.House, holderID string) audit.Entry {
	t.Helper()
	entries, err := e.Log(t.Context(), journal.Filter{HolderID: holderID, Action: "session.started"}, 1)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	return entries[0]
}

// bySPID signs a holder in with a personal field for the log.
func bySPID(t *testing.T, keeper *session.Keeper, h dossier.Holder) session.Session {
	t.Helper()
	actor := dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID, Way: dossier.WaySPID}
	s, err := keeper.StartElsewhere(t.Context(), actor, map[string]string{"subject": "AIDP123"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
