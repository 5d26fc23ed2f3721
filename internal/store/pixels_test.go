package store_test

import (
	"bytes"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves C9 C14: a page is found by its pixels in what came before, was read and still
// counts; not in what was refused, is in quarantine, came later, or is of a dossier that ended; and
// not once its picture is erased.
func TestEarlierWithPage(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ada := e.AddHolder("PRVDAA80A41H501X")
		id := e.Begin(ada)
		pixels := []byte("the pixels")
		sent := func(data string, event dossier.SubmissionEvent) dossier.Submission {
			t.Helper()
			sub := e.Send(ada, id, data)
			e.Must(dossier.Change{
				Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: event},
				Effects: []dossier.Effect{dossier.AddPages{FileID: sub.Documents[0].ID, Format: "tiff", Pages: []dossier.Page{
					{N: 1, ImageBlob: "image", ThumbBlob: "thumb", KeyedPixels: []byte("others")},
					{N: 2, ImageBlob: "image", ThumbBlob: "thumb", KeyedPixels: pixels},
				}}},
			})
			return sub
		}
		find := func(sub dossier.Submission, pixels []byte) string {
			t.Helper()
			found, err := e.EarlierWithPage(t.Context(), sub, pixels, func(o dossier.Submission) bool {
				return bytes.Equal(o.Documents[0].Pages[1].KeyedPixels, pixels)
			})
			if dossier.CodeOf(err) == dossier.CodeNotFound {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			return found.ID
		}
		sent("refused", dossier.EventReadUnusable)
		sent("in quarantine", dossier.EventReadUnsafe)
		sent("a copy", dossier.EventReadDuplicate)
		last := e.Send(ada, id, "the last")
		if got := find(last, pixels); got != "" {
			t.Errorf("found %s, which does not count", got)
		}
		first := sent("one", dossier.EventReadWell)
		if got := find(last, pixels); got != "" {
			t.Errorf("found %s, which came later", got)
		}
		sent("two", dossier.EventReadWell)
		last = e.Send(ada, id, "the last one")
		if got := find(last, pixels); got != first.ID {
			t.Errorf("found %q, want %s", got, first.ID)
		}
		if find(last, []byte("other pixels")) != "" || find(last, nil) != "" {
			t.Error("found what has other pixels")
		}
		second := e.Get(id).Submissions[5]
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseFile{FileID: first.Documents[0].ID}}})
		if got := find(last, pixels); got != second.ID || second.Documents[0].Bytes != 3 {
			t.Errorf("after the erasure of the first: %q, want %s", got, second.ID)
		}
		e.Must(dossier.Change{Actor: house.Citizen(ada), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
		if got := find(last, pixels); got != "" {
			t.Errorf("found %s, of a dossier that ended", got)
		}
	})
}
