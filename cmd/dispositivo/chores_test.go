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

// proves C14: an attachment that stands in its mail is erased with it, whichever goes
// first, and the bytes go with the last.
func TestEvidenceIsErasedWithItsFiles(t *testing.T) {
	t.Parallel()
	world := testhouse.New(t)
	ctx := t.Context()
	name, wrapped, err := world.Vault.Keep(ctx, "s-000", []byte("JVBERi0xLjc=\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := world.Vault.Within("s-001")
	if err != nil {
		t.Fatal(err)
	}
	mail := dossier.File{ID: "s-000", Blob: name, WrappedKey: wrapped, KeyedHash: []byte("a"), Evidence: true}
	file := dossier.File{ID: "s-001", Blob: name, WrappedKey: own, KeyedHash: []byte("b"), Within: &dossier.Excerpt{At: 0, Length: 14}}
	world.Must(dossier.Change{
		Actor: dossier.Actor{Role: dossier.RoleGateway, ID: "test"},
		Admit: &dossier.Admission{ExternalID: "x", Submission: dossier.Submission{ID: "s", Channel: dossier.ChannelMail, Documents: []dossier.File{mail, file}}},
	})
	sub, err := world.Submission(ctx, "s")
	if err != nil {
		t.Fatal(err)
	}
	file = sub.Documents[1]
	if data, err := world.Vault.Open(ctx, file, name); err != nil || string(data) != "%PDF-1.7" {
		t.Fatalf("%q, %v", data, err)
	}
	h := &house{store: world.Store, vault: world.Vault, clock: clock.System()}
	if err := h.eraseFile(ctx, file); err != nil {
		t.Fatal(err)
	}
	if _, err := world.Vault.Open(ctx, sub.Documents[0], name); err != nil {
		t.Errorf("the mail went with one of its files: %v", err)
	}
	if err := h.eraseFile(ctx, sub.Documents[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := world.Vault.Open(ctx, sub.Documents[0], name); err == nil {
		t.Error("the bytes are still there")
	}
}
