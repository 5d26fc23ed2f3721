package mail

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// world is a house that takes mail and answers it.
type world struct {
	house.House
	taker    *Taker
	answerer *Answerer
	dns      map[string]string
}

// newWorld returns a world whose DNS knows nothing but what a test puts there.
func newWorld(t *testing.T, h house.House, operator string) *world {
	t.Helper()
	w := &world{House: h, taker: newTaker(t, h, nil, operator), dns: map[string]string{}}
	lookup := func(_ context.Context, name string) ([]string, error) {
		switch text := w.dns[name]; text {
		case "":
			return nil, &net.DNSError{Name: name, IsNotFound: true}
		case "down":
			return nil, &net.DNSError{Name: name, IsTemporary: true, IsTimeout: true}
		default:
			return []string{text}, nil
		}
	}
	w.answerer = NewAnswerer(AnswerConfig{
		Store: h.Store, Vault: h.Vault, Proof: Proof{Servers: []string{"mx.pin.example"}, LookupTXT: lookup},
		Clock: h.Clock, Logger: slog.New(slog.DiscardHandler), Portal: "https://pin.example",
	})
	return w
}

// take takes a mail and has it read with an event.
func (w *world) take(raw []byte, sender string, event dossier.SubmissionEvent) string {
	w.T.Helper()
	receipt, err := w.taker.Take(w.T.Context(), raw, Handover{Sender: sender, Known: true})
	if err != nil {
		w.T.Fatal(err)
	}
	for _, e := range []dossier.SubmissionEvent{dossier.EventReadingStarted, event} {
		w.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: e}})
	}
	return receipt.SubmissionID
}

// answer does the task of answering and returns all answers of a kind.
func (w *world) answer(id string, kind dossier.MessageKind) []dossier.Message {
	w.T.Helper()
	if err := w.answerer.Answer(w.T.Context(), w.Task(dossier.TaskAnswer, id).ID, id); err != nil {
		w.T.Fatal(err)
	}
	return w.Told(kind)
}

// signedBy signs a mail for a domain, whose key DNS then has.
func (w *world) signedBy(domain string, raw []byte) []byte {
	w.T.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public, _ := key.Public().(ed25519.PublicKey)
	w.dns["s._domainkey."+domain] = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	var signed bytes.Buffer
	if err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: key}); err != nil {
		w.T.Fatal(err)
	}
	return signed.Bytes()
}

// numbered is an ordinary mail like no other.
func numbered(n int, more string, files ...[]byte) []byte {
	return letter(more+strings.ReplaceAll(ordinary, "<1@", fmt.Sprintf("<n%d@", n)), files...)
}

// proves C7: the sender is answered once, by what happened to the pages, in words
// that tell nothing of a person.
func TestAnswer(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h, "")
		w.dns["_dmarc.casa.example"] = "v=DMARC1; p=reject"
		raw := w.signedBy("mail.casa.example", numbered(1, "", pdfOne, pdfTwo))
		findings := []dossier.Finding{
			{Code: dossier.PageDark, Page: 2, Severity: dossier.SeverityWarn},
			{Code: dossier.IDMismatch, Severity: dossier.SeverityWarn},
			{Code: dossier.TokenOtherHolder, Severity: dossier.SeverityWarn},
			{Code: dossier.PageDark, Page: 2, Severity: dossier.SeverityWarn},
		}
		receipt, err := w.taker.Take(t.Context(), raw, Handover{Sender: "maria@casa.example", Known: true})
		if err != nil {
			t.Fatal(err)
		}
		task := w.Task(dossier.TaskAnswer, receipt.SubmissionID).ID
		if err := w.answerer.Answer(t.Context(), task, receipt.SubmissionID); !dossier.Temporary(err) {
			t.Fatalf("while it is being read: %v", err)
		}
		w.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: dossier.EventReadingStarted}, Effects: []dossier.Effect{
			dossier.AddPages{FileID: receipt.SubmissionID + "-001", Format: "pdf", Pages: []dossier.Page{{N: 1}, {N: 2}, {N: 3}}},
			dossier.SetFindings{SubmissionID: receipt.SubmissionID, Findings: findings},
		}})
		w.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: dossier.EventReadUnmatched}})
		for range 2 { // the second changes nothing: the task is closed
			if err := w.answerer.Answer(t.Context(), task, receipt.SubmissionID); err != nil {
				t.Fatal(err)
			}
		}
		told := w.Told(dossier.MessageMailReceipt)
		if len(told) != 1 || told[0].HolderID != "" || told[0].To == nil || *told[0].To != (dossier.Contact{Kind: dossier.ContactEmail, Value: "maria@casa.example"}) {
			t.Fatalf("%+v", told)
		}
		for name, want := range map[string]string{
			"protocol": receipt.Protocol, "files": "2", "pages": "3", "outcome": "unmatched", "findings": "page.dark:2", dossier.AnswerTo: "<n1@casa.example>",
		} {
			if got := told[0].Values[name]; got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
	})
}

// proves C5 C7: who proves nothing gets no answer, and machines never do.
func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	operator := newOperator(t)
	w := newWorld(t, h, operator)
	w.dns["_dmarc.casa.example"] = "v=DMARC1; p=none"
	h.Clock.Set(start)
	pec := sign(t, operator, entity(daticertOf("posta-certificata", "maria@pec.example", "id.9@gestore.example"), string(numbered(90, "", pdfOne))), operatorAddr)
	passes := "Authentication-Results: mx.pin.example; spf=pass smtp.mailfrom=casa.example; dmarc=pass header.from=casa.example\r\n"
	for n, test := range []struct {
		name string
		raw  []byte
		want bool
	}{
		{"nobody", numbered(0, "", pdfOne), false},
		{"DKIM of the domain", w.signedBy("casa.example", numbered(1, "", pdfOne)), true},
		{"DKIM of another domain", w.signedBy("posta.example", numbered(2, "", pdfOne)), false},
		{"changed after signing", bytes.Replace(w.signedBy("casa.example", numbered(3, "", pdfOne)), []byte("In allegato."), []byte("In allegatO."), 1), false},
		{"a server of ours", numbered(4, passes, pdfOne), true},
		{"a server of theirs", numbered(5, strings.ReplaceAll(passes, "mx.pin", "mx.casa"), pdfOne), false},
		{"our server, above what was forged", numbered(6, strings.ReplaceAll(passes, "dmarc=pass", "dmarc=fail")+passes, pdfOne), false},
		{"passes for another", numbered(7, strings.ReplaceAll(passes, "header.from=casa", "header.from=posta"), pdfOne), false},
		{"PEC", pec, true},
	} {
		id := w.take(test.raw, "bounce@casa.example", dossier.EventReadUnmatched)
		before := len(w.Told(dossier.MessageMailReceipt))
		if got := len(w.answer(id, dossier.MessageMailReceipt)) > before; got != test.want {
			t.Errorf("%d %s: answered %v", n, test.name, got)
		}
	}
	if told := w.Told(dossier.MessageMailReceipt); !hasTo(told, dossier.Contact{Kind: dossier.ContactPEC, Value: "maria@pec.example"}) {
		t.Errorf("PEC is not answered by PEC: %+v", told)
	}
	for name, test := range map[string]struct{ header, sender string }{
		"holiday":     {"Auto-Submitted: auto-replied\r\n", "maria@casa.example"},
		"list":        {"List-Id: <x.example>\r\n", "maria@casa.example"},
		"null sender": {"", ""},
		"bulk":        {"Precedence: bulk\r\n", "maria@casa.example"},
		"receipt":     {"X-Ricevuta: accettazione\r\n", "maria@casa.example"},
	} {
		raw := letter(passes+test.header+strings.ReplaceAll(ordinary, "<1@", "<"+strings.ReplaceAll(name, " ", ".")+"@"), pdfOne)
		receipt, err := w.taker.Take(t.Context(), raw, Handover{Sender: test.sender, Known: true})
		if err != nil {
			t.Fatal(err)
		}
		tasks, err := h.DueTasks(t.Context(), h.Clock.Now().Add(time.Hour), 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			if task.Kind == dossier.TaskAnswer && task.Subject == receipt.SubmissionID {
				t.Errorf("%s is answered", name)
			}
		}
	}
	ours := strings.ReplaceAll(strings.ReplaceAll(ordinary, "maria@casa.example", strings.ToUpper(box)), "<1@", "<ours@")
	if w.taker.answerable(w.taker.cfg.Reader.Read(letter(ours, pdfOne), false, start)) {
		t.Error("we answer ourselves")
	}
}

func hasTo(told []dossier.Message, to dossier.Contact) bool {
	for _, m := range told {
		if m.To != nil && *m.To == to {
			return true
		}
	}
	return false
}

// proves C7: a mail without documents is answered kindly, and an address gets three
// answers an hour.
func TestAnswersAreFew(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h, "")
		passes := "Authentication-Results: mx.pin.example; dmarc=pass header.from=casa.example\r\n"
		for n := range dossier.AnswersAnHour + 2 {
			h.Clock.Advance(time.Minute)
			id := w.take(numbered(n, passes), "maria@casa.example", dossier.EventReadNoDocument)
			told := w.answer(id, dossier.MessageMailEmpty)
			if want := min(n+1, dossier.AnswersAnHour); len(told) != want || told[0].Values["portal"] == "" {
				t.Fatalf("after %d mails %d answers", n+1, len(told))
			}
		}
		other := bytes.ReplaceAll(numbered(98, passes), []byte("maria@"), []byte("anna@"))
		if told := w.answer(w.take(other, "anna@casa.example", dossier.EventReadNoDocument), dossier.MessageMailEmpty); len(told) != dossier.AnswersAnHour+1 {
			t.Errorf("another address waits: %d", len(told))
		}
		h.Clock.Advance(time.Hour)
		if told := w.answer(w.take(numbered(99, passes), "maria@casa.example", dossier.EventReadNoDocument), dossier.MessageMailEmpty); len(told) != dossier.AnswersAnHour+2 {
			t.Errorf("an hour later: %d", len(told))
		}
		if err := h.ForgetOver(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A confirmed contact of the holder is answered, and one that was only given is not.
func TestConfirmedContactIsAnswered(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	w := newWorld(t, h, "")
	holder := h.AddHolder("PRVDAA80A41H501X")
	target := h.Begin(holder)
	for n, confirmed := range []bool{false, true} {
		person := holder.Person
		person.Contacts = person.Contacts.With(dossier.ContactEmail, "Maria@casa.example", h.Clock.Now(), confirmed)
		h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetPerson{HolderID: holder.ID, Person: person, Version: int64(n + 1)}}})
		receipt, err := w.taker.Take(t.Context(), numbered(n, "", pdfOne), Handover{Sender: "maria@casa.example", Known: true})
		if err != nil {
			t.Fatal(err)
		}
		h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: dossier.EventReadingStarted}, Effects: []dossier.Effect{
			dossier.Join{SubmissionID: receipt.SubmissionID, DossierID: target},
		}})
		h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: dossier.EventReadWell}})
		if told := w.answer(receipt.SubmissionID, dossier.MessageMailReceipt); (len(told) == 1) != confirmed {
			t.Errorf("confirmed %v: %d answers", confirmed, len(told))
		}
	}
}

// An answer that was sent bears the address of who wrote, and goes with the holder
// whose papers the mail brought.
func TestAnswersGoWithTheHolder(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h, "")
		holder := h.AddHolder("PRVDAA80A41H501X")
		target := h.Begin(holder)
		passes := "Authentication-Results: mx.pin.example; dmarc=pass header.from=casa.example\r\n"
		for n, join := range []bool{false, true} {
			receipt, err := w.taker.Take(t.Context(), numbered(n, passes, pdfOne), Handover{Sender: "maria@casa.example", Known: true})
			if err != nil {
				t.Fatal(err)
			}
			ch := dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: dossier.EventReadingStarted}}
			event := dossier.EventReadUnmatched
			if join {
				ch.Effects, event = []dossier.Effect{dossier.Join{SubmissionID: receipt.SubmissionID, DossierID: target}}, dossier.EventReadWell
			}
			h.Must(ch)
			h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: receipt.SubmissionID, Event: event}})
			for _, m := range w.answer(receipt.SubmissionID, dossier.MessageMailReceipt) {
				if m.SentAt.IsZero() {
					h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.MarkSent{MessageID: m.ID}}})
				}
			}
		}
		h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: target, Event: dossier.EventWithdrawn}})
		h.Must(dossier.Change{
			Actor: house.Worker(), PIN: &dossier.PINMove{ID: holder.PIN.ID, Event: dossier.PINEventRevoked},
			Effects: []dossier.Effect{dossier.EraseHolder{HolderID: holder.ID}},
		})
		if told := w.Told(dossier.MessageMailReceipt); len(told) != 1 {
			t.Errorf("%d answers are left, want that to the stranger", len(told))
		}
	})
}

// When DNS is down the answer waits, and is left out in the end; the mail itself
// waits for nothing.
func TestDNSIsDown(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	w := newWorld(t, h, "")
	raw := w.signedBy("casa.example", numbered(1, "", pdfOne))
	w.dns["s._domainkey.casa.example"] = "down"
	id := w.take(raw, "maria@casa.example", dossier.EventReadUnmatched)
	task := w.Task(dossier.TaskAnswer, id).ID
	err := w.answerer.Answer(t.Context(), task, id)
	later, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	if !ok || later.RetryAfter() <= 0 || !dossier.Temporary(err) {
		t.Fatalf("%v", err)
	}
	h.Clock.Advance(answerWaits)
	if told := w.answer(id, dossier.MessageMailReceipt); len(told) != 0 {
		t.Error("answered without proof")
	}
}
