package store_test

import (
	"bytes"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves C8 C14: what pages are known by is found under other holders alone,
// never under one's own, is replaced when pages are read again, and goes with the
// images.
func TestTraits(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ada, bice := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVBCI80A41H501Z")
		sub := e.Send(ada, e.Begin(ada), "a document")
		file := sub.Documents[0]
		keep := func(number string) {
			e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.KeepTraits{
				SubmissionID: sub.ID, HolderID: ada.ID, Traits: []dossier.Trait{
					{FileID: file.ID, Page: 2, Outline: []byte("outline"), SealedLook: []byte("look"), DocumentNumber: number},
					{FileID: file.ID, Page: 3, Outline: []byte("other")},
				},
			}}})
		}
		used := func(number string, but dossier.Holder) bool {
			t.Helper()
			used, err := e.NumberUsed(t.Context(), number, but.ID)
			if err != nil {
				t.Fatal(err)
			}
			return used
		}
		outlines := func(but dossier.Holder) (all []string, numbered int) {
			t.Helper()
			err := e.EachOutline(t.Context(), but.ID, func(fileID string, page int, outline []byte, known bool) error {
				if known {
					numbered++
				}
				all = append(all, string(outline))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return all, numbered
		}
		keep("UTO X1")
		keep("UTO X2") // read again
		if used("UTO X1", bice) || !used("UTO X2", bice) || used("UTO X2", ada) || used("", bice) {
			t.Error("numbers are found where they are not, or not where they are")
		}
		if all, numbered := outlines(bice); len(all) != 2 || numbered != 1 {
			t.Errorf("another holder sees %v, %d numbered", all, numbered)
		}
		if all, _ := outlines(ada); len(all) != 0 {
			t.Errorf("the holder's own pages: %v", all)
		}
		f, look, err := e.SealedLook(t.Context(), file.ID, 2)
		if err != nil || string(look) != "look" || !bytes.Equal(f.WrappedKey, file.WrappedKey) {
			t.Errorf("look %q, %v", look, err)
		}
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseFile{FileID: file.ID}}})
		if all, _ := outlines(bice); len(all) != 0 || used("UTO X2", bice) {
			t.Errorf("after the erasure: %v", all)
		}
		_, _, err = e.SealedLook(t.Context(), file.ID, 2)
		house.WantCode(t, err, dossier.CodeNotFound)
	})
}
