package mail

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves C7, C9: an operator's reason reaches who sent the mail, where that may be
// answered, once, beside the receipt; nobody else.
func TestAnswerToRefused(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h, "")
		refuse := func(id string) []dossier.Message {
			t.Helper()
			for range 2 { // the second task finds it told
				w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Enqueue{Kind: dossier.TaskAnswer, Subject: id}}})
			}
			w.Must(dossier.Change{Actor: house.Reviewer("anna"), Submission: &dossier.SubmissionMove{
				ID: id, Event: dossier.EventRefusedByHand, Refusal: dossier.RefusalNoForm,
			}})
			w.answer(id, dossier.MessageMailRefused)
			return w.answer(id, dossier.MessageMailRefused)
		}
		passes := "Authentication-Results: mx.pin.example; dmarc=pass header.from=casa.example\r\n"
		proved := w.take(numbered(1, passes, pdfOne), "maria@casa.example", dossier.EventReadUnmatched)
		if told := w.answer(proved, dossier.MessageMailReceipt); len(told) != 1 {
			t.Fatalf("receipt: %+v", told)
		}
		told := refuse(proved)
		if len(told) != 1 || told[0].To.Value != "maria@casa.example" || told[0].Values["refusal"] != "no_form" || told[0].Values["protocol"] == "" {
			t.Errorf("told %+v", told)
		}
		if told := refuse(w.take(numbered(2, "", pdfTwo), "maria@casa.example", dossier.EventReadUnmatched)); len(told) != 1 {
			t.Errorf("a sender who is not proved was told: %+v", told)
		}
	})
}
