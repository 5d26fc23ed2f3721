package main

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	testhouse "dispositivo/internal/testkit/house"
)

// proves C14: images are erased after their time, while decision, hash and
// protocol remain, and those of open dossiers stay.
func TestImagesAreErased(t *testing.T) {
	t.Parallel()
	testhouse.Each(t, func(t *testing.T, world testhouse.House) {
		ended, open := world.AddHolder("PRVDAA80A41H501X"), world.AddHolder("PRVDAA80A41H501Y")
		endedID, openID := world.Reviewing(ended), world.Reviewing(open)
		world.Must(dossier.Change{Actor: testhouse.Citizen(ended), Dossier: &dossier.Move{ID: endedID, Event: dossier.EventWithdrawn}})
		before := world.Get(endedID).Submissions[0]
		h := &house{store: world.Store, vault: world.Vault, clock: clock.System()}

		if err := h.eraseImages(t.Context(), world.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if got := world.Get(endedID).Submissions[0].Documents[0].Blob; got == "" {
			t.Error("erased before its time")
		}
		if err := h.eraseImages(t.Context(), world.Clock.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		after := world.Get(endedID).Submissions[0]
		f := after.Documents[0]
		if f.Blob != "" || len(f.WrappedKey) != 0 || f.Pages[0].ImageBlob != "" {
			t.Errorf("still there: %+v", f)
		}
		if string(f.KeyedHash) != string(before.Documents[0].KeyedHash) || after.Protocol != before.Protocol {
			t.Errorf("more than the images is gone: %+v", after)
		}
		if _, err := world.Vault.Open(t.Context(), before.Documents[0], before.Documents[0].Blob); err == nil {
			t.Error("the bytes can still be read")
		}
		kept := world.Get(openID).Submissions[0].Documents[0]
		if _, err := world.Vault.Open(t.Context(), kept, kept.Blob); err != nil {
			t.Errorf("an open dossier lost its document: %v", err)
		}
	})
}
