package store_test

import (
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/journal"
)

// proves B6: whatever is done about what is a holder's is attributed to the holder,
// also where whoever does it knows a dossier, a file, a letter or a PIN alone.
func TestEveryOperationIsAttributed(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		op := house.Reviewer("o1")
		apply := func(effects ...dossier.Effect) {
			t.Helper()
			e.Must(dossier.Change{Actor: house.Worker(), Effects: effects})
		}
		d := e.Get(e.Reviewing(h))
		r, err := e.ClaimReview(t.Context(), op, d.ID, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.ReleaseReview(t.Context(), op, r); err != nil {
			t.Fatal(err)
		}
		sub := d.Submissions[0]
		copied := dossier.File{ID: e.ID(), Blob: "b", WrappedKey: []byte("k"), KeyedHash: []byte("h"), Bytes: 1, Format: "tiff"}
		apply(
			dossier.Offer{DossierID: d.ID, Office: house.Office}, dossier.Escalate{DossierID: d.ID},
			dossier.Recode{OriginalID: sub.Documents[0].ID, File: copied}, dossier.EraseFile{FileID: copied.ID},
			dossier.Answer{SubmissionID: sub.ID, Kind: dossier.MessageMailReceipt, To: dossier.Contact{Kind: dossier.ContactEmail, Value: "a@prova.example"}},
		)
		letterBack(t, e, h)
		want := []string{
			"dossier.escalated", "dossier.offered", "file.erased", "file.recoded", "letter.posted", "letter.printed", "letter.returned",
			"pin.half_voided", "review.claimed", "review.released", "submission.answered",
		}
		var got []string
		log, err := e.Log(t.Context(), journal.Filter{}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range log {
			if slices.Contains(want, one.Action) && one.HolderID == h.ID {
				got = append(got, one.Action)
			} else if one.HolderID == "" && !slices.Contains([]string{"batch.taken", "batch.posted"}, one.Action) {
				t.Errorf("%s of %s is nobody's", one.Action, one.Subject)
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("attributed %v, want %v", got, want)
		}
		sealAll(t, e)
		if _, err := audit.Prove(t.Context(), e.Store); err != nil {
			t.Error(err)
		}
	})
}

// letterBack prints, posts and takes back a letter of the holder's PIN.
func letterBack(t *testing.T, e house.House, h dossier.Holder) {
	t.Helper()
	letter := e.ID()
	apply := func(effect dossier.Effect) {
		t.Helper()
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{effect}})
	}
	apply(dossier.PrintLetter{LetterID: letter, PINIssueID: h.PIN.ID, Day: "2026-03-02"})
	l, err := e.PINLetter(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	apply(dossier.TakeBatch{BatchID: l.BatchID, File: dossier.FileLetters})
	apply(dossier.PostBatch{BatchID: l.BatchID})
	apply(dossier.MoveLetter{ID: letter, Event: dossier.LetterEventReturned})
	apply(dossier.VoidHalf{PINIssueID: h.PIN.ID, N: 2})
}
