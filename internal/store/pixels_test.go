package store_test

import (
	"bytes"
	"fmt"
	"slices"
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

// proves C8 C9 C14: our form is compared within its dossier, beside the other pages; never with
// other holders', for everybody's look alike; and not once it is erased.
func TestTraitsOfForms(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ada, bice := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVBCI80A41H501Z")
		sub := e.Send(ada, e.Begin(ada), "a form and a document")
		file := sub.Documents[0]
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.KeepTraits{
			SubmissionID: sub.ID, HolderID: ada.ID, Traits: []dossier.Trait{
				{FileID: file.ID, Page: 2, Outline: []byte("document"), SealedLook: []byte("look")},
				{FileID: file.ID, Page: 1, Outline: []byte("form"), SealedLook: []byte("look"), Form: true},
				{FileID: file.ID, Page: 3, DocumentNumber: "UTO X1"},
			},
		}}})
		within := func(dossierID string) (all []string) {
			t.Helper()
			err := e.EachOutlineOf(t.Context(), dossierID, func(fileID string, page int, outline []byte) error {
				all = append(all, fmt.Sprintf("%t %d %s", fileID == file.ID, page, outline))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if all := within(sub.DossierID); !slices.Equal(all, []string{"true 1 form", "true 2 document"}) {
			t.Errorf("within the dossier: %q", all)
		}
		if all := within(e.Begin(bice)); len(all) != 0 {
			t.Errorf("within another dossier: %q", all)
		}
		err := e.EachOutline(t.Context(), bice.ID, func(_ string, page int, outline []byte, _ bool) error {
			if page != 2 {
				t.Errorf("another holder's page is compared with %s", outline)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseFile{FileID: file.ID}}})
		if all := within(sub.DossierID); len(all) != 0 {
			t.Errorf("after the erasure: %q", all)
		}
	})
}
