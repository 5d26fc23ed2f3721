package intake_test

import (
	"bytes"
	"sync"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/testkit/house"
)

func fax(id string, data []byte) intake.Post {
	return intake.Post{
		Actor: dossier.Actor{Role: dossier.RoleGateway, ID: "test"}, Channel: dossier.ChannelFax, ExternalID: id,
		Origin: dossier.Origin{From: "+390655512"}, Files: [][]byte{data},
	}
}

// proves C7: post has its number before anything is checked, whatever it is; the
// same again has the first receipt.
func TestReceive(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		door := newDoor(h, "", fine)
		data := []byte("no document at all, and yet it has a number")
		first, err := door.Receive(t.Context(), fax("a/1", data))
		if err != nil || first.Protocol != "2026/0000001" || first.Repeated || first.ReceivedAt.IsZero() {
			t.Fatalf("%+v, %v", first, err)
		}
		sub, err := h.Submission(t.Context(), first.SubmissionID)
		if err != nil || sub.State != dossier.SubmissionReceived || len(sub.Documents) != 1 || sub.DossierID != "" {
			t.Fatalf("%+v, %v", sub, err)
		}
		f := sub.Documents[0]
		if got, err := h.Vault.Open(t.Context(), f, f.Blob); err != nil || !bytes.Equal(got, data) {
			t.Errorf("kept %d bytes, %v", len(got), err)
		}
		if bytes.Contains(f.SealedOrigin, []byte("0655512")) || len(f.SealedOrigin) == 0 {
			t.Error("the sender is not sealed")
		}
		h.Task(dossier.TaskScreen, sub.ID)
		again, err := door.Receive(t.Context(), fax("a/1", data))
		if err != nil || !again.Repeated || again.Protocol != first.Protocol {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// proves C7: many deliveries of one fax at the same moment are one submission.
func TestReceiveAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		door := newDoor(h, "", fine)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				r, err := door.Receive(t.Context(), fax("a/1", []byte("fax")))
				if err != nil || r.Protocol != "2026/0000001" {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		wg.Wait()
		if n, err := h.Vault.Sweep(t.Context(), h.Clock.Now().AddDate(10, 0, 0), h.BlobInUse); err != nil || n != 0 {
			t.Errorf("%d orphans, %v", n, err)
		}
	})
}

// Evidence and documents are kept apart; what nothing can be kept of is entered
// in the ledger.
func TestPostLimits(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	door := newDoor(h, "", fine)
	mail := fax("m/1", []byte("%PDF-1.7 part"))
	mail.Channel, mail.Evidence = dossier.ChannelMail, []byte("From: somebody")
	r, err := door.Receive(t.Context(), mail)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := h.Submission(t.Context(), r.SubmissionID)
	if err != nil || len(sub.Documents) != 2 || !sub.Documents[0].Evidence || sub.Documents[1].Evidence || len(sub.Documents[0].SealedOrigin) == 0 {
		t.Errorf("%+v, %v", sub.Documents, err)
	}
	_, err = door.Receive(t.Context(), fax("a/2", make([]byte, intake.MaxOriginal+1)))
	house.WantCode(t, err, dossier.Code(dossier.FileTooLarge))
	_, err = door.Receive(t.Context(), fax("a/3", nil))
	house.WantCode(t, err, dossier.Code(dossier.FileEmpty))
	_, err = door.Receive(t.Context(), fax("", []byte("x")))
	house.WantCode(t, err, dossier.CodeRequestInvalid)
	upload := fax("a/4", []byte("x"))
	upload.Channel = dossier.ChannelUpload
	_, err = door.Receive(t.Context(), upload)
	house.WantCode(t, err, dossier.CodeRequestInvalid)
	for range 2 {
		if err := door.NoteFailure(t.Context(), fax("", nil).Actor, dossier.ChannelFax, "a/5", "fax.failed"); err != nil {
			t.Error(err)
		}
	}
	if ledger, err := h.Refusals(t.Context(), dossier.RefusalFilter{}, 10); err != nil || len(ledger) != 3 {
		t.Errorf("%+v, %v", ledger, err)
	}
	stranger := fax("a/6", []byte("x"))
	stranger.Actor = dossier.Actor{Role: dossier.RoleCitizen, ID: "c"}
	_, err = door.Receive(t.Context(), stranger)
	house.WantCode(t, err, dossier.CodeForbidden)
}

// proves C6: only the counter says whose it is.
func TestReceiveForDossier(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	d := h.Get(h.Begin(holder))
	door := newDoor(h, "", fine)
	post := fax("a/1", []byte("scan"))
	post.Dossier = &d
	_, err := door.Receive(t.Context(), post)
	house.WantCode(t, err, dossier.CodeRequestInvalid)
	post.Actor, post.Channel = house.Reviewer("op"), dossier.ChannelCounter
	r, err := door.Receive(t.Context(), post)
	if err != nil || r.DossierID != d.ID || h.Get(d.ID).State != dossier.StateScreening {
		t.Errorf("%+v, %v", r, err)
	}
	h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: d.ID, Event: dossier.EventWithdrawn}})
	post.ExternalID, post.Files = "a/2", [][]byte{[]byte("too late")}
	_, err = door.Receive(t.Context(), post)
	house.WantCode(t, err, dossier.CodeConflict)
}
