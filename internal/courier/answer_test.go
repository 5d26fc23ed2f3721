package courier_test

import (
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/notify"
	"dispositivo/internal/testkit/house"
)

// proves C7: the answer to a mail goes back the way it came, in every language, and
// names what it answers.
func TestAnswerToMail(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		to := &carrier{}
		c := newCourier(t, h, to)
		for kind, class := range map[dossier.ContactKind]notify.Class{dossier.ContactPEC: notify.PEC, dossier.ContactEmail: notify.Email} {
			address := string(class) + "@casa.example"
			h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Answer{
				SubmissionID: "submission of " + string(class), Kind: dossier.MessageMailReceipt, To: dossier.Contact{Kind: kind, Value: address},
				Values: map[string]string{
					"protocol": "2026/0000042", "files": "2", "pages": "3", "outcome": "refused", "findings": "page.dark:2", dossier.AnswerTo: "<1@casa.example>",
				},
			}}})
			m := toldAbout(t, h, "submission of "+string(class))
			if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
				t.Fatal(err)
			}
			sent := to.sent[len(to.sent)-1]
			if sent.Class != class || sent.To != address || sent.InReplyTo != "<1@casa.example>" || !strings.HasPrefix(sent.MessageID, "mail_receipt.") {
				t.Errorf("%s: %#v to %s, in reply to %s", class, sent, sent.To, sent.InReplyTo)
			}
			for _, want := range []string{
				"Numero di protocollo: 2026/0000042", "Documents received: 2", "Pagine ricevute: 3", "- Pagina 2: la pagina è troppo scura", "send them again",
			} {
				if !strings.Contains(sent.Text, want) {
					t.Errorf("%q is not in:\n%s", want, sent.Text)
				}
			}
		}
	})
}

// Every outcome of a mail has its words.
func TestAnswersOfEveryOutcome(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	to := &carrier{}
	c := newCourier(t, h, to)
	for _, state := range []dossier.SubmissionState{
		dossier.SubmissionReceived, dossier.SubmissionScreening, dossier.SubmissionJoined, dossier.SubmissionDuplicate,
		dossier.SubmissionRefused, dossier.SubmissionUnmatched, dossier.SubmissionQuarantined, dossier.SubmissionNotASubmission,
	} {
		answer := dossier.Answer{
			SubmissionID: string(state), Kind: dossier.MessageMailReceipt, To: dossier.Contact{Kind: dossier.ContactEmail, Value: string(state) + "@casa.example"},
			Values: map[string]string{"protocol": "2026/0000042", "files": "1", "outcome": string(state)},
		}
		if state == dossier.SubmissionNotASubmission {
			answer.Kind, answer.Values = dossier.MessageMailEmpty, map[string]string{"protocol": "2026/0000042", "portal": "https://pin.example"}
		}
		h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{answer}})
		m := toldAbout(t, h, string(state))
		if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
			t.Errorf("%s: %v", state, err)
		}
		if sent := to.sent[len(to.sent)-1]; strings.ContainsAny(sent.Subject+sent.Text, "{}") {
			t.Errorf("%s: half-worded: %s", state, sent.Text)
		}
	}
}

// toldAbout finds the answer about a submission.
func toldAbout(t testing.TB, h house.House, submissionID string) dossier.Message {
	t.Helper()
	for _, kind := range []dossier.MessageKind{dossier.MessageMailReceipt, dossier.MessageMailEmpty} {
		for _, m := range h.Told(kind) {
			if m.Occasion == submissionID {
				return m
			}
		}
	}
	t.Fatalf("no answer about %s", submissionID)
	return dossier.Message{}
}
