package courier_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/courier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/notify"
	"dispositivo/internal/testkit/house"
)

const someCF = "PRVDAA80A41H501X"

// carrier takes messages, or says why not.
type carrier struct {
	mu   sync.Mutex
	sent []notify.Message
	err  error
}

func (c *carrier) Send(_ context.Context, m notify.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, m)
	return c.err
}

// mint draws a secret for messages with a first half.
type mint struct{}

func (mint) Mint(_ context.Context, m dossier.Message, h dossier.Holder) (*dossier.Minted, error) {
	if m.Kind == dossier.MessageConversionAsked {
		return &dossier.Minted{Values: map[string]string{"link": "LINK"}, Masked: map[string]string{"link": "…"}}, nil
	}
	if m.Kind != dossier.MessageFirstHalf {
		return nil, nil
	}
	return &dossier.Minted{
		Values:  map[string]string{"half": "ACDE FHJK", "deadline": "1/1/2027"},
		Masked:  map[string]string{"half": "•••• ••••", "deadline": "1/1/2027"},
		Effects: []dossier.Effect{dossier.SetHalf{PINIssueID: h.PIN.ID, Half: dossier.Half{N: 1, Hash: "hash", Class: "email"}}},
	}, nil
}

// A secret goes out once; what stays in the holder's list is masked, and what
// proves it was kept in the transaction that sealed the words.
func TestSecretsAreMaskedOnceSent(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	to := &carrier{}
	c := newCourier(t, h, to)
	holder := h.AddHolder(someCF)
	h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.Tell{HolderID: holder.ID, Kind: dossier.MessageFirstHalf, Occasion: holder.PIN.ID},
	}})
	m := h.Told(dossier.MessageFirstHalf)[0]
	if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
		t.Fatal(err)
	}
	if len(to.sent) != 1 || !strings.Contains(to.sent[0].Text, "ACDE FHJK") {
		t.Fatalf("sent %d messages", len(to.sent))
	}
	kept := h.Told(dossier.MessageFirstHalf)[0]
	if kept.Letter == nil || strings.Contains(kept.Letter.Text, "ACDE") || !strings.Contains(kept.Letter.Text, "•••• ••••") {
		t.Errorf("kept %+v", kept.Letter)
	}
	secrets, err := h.PINSecrets(t.Context(), someCF)
	if err != nil || secrets.First.Hash != "hash" {
		t.Errorf("half %+v, %v", secrets.First, err)
	}
}

func newCourier(t *testing.T, h house.House, to notify.Sender) *courier.Courier {
	t.Helper()
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return courier.New(courier.Config{
		Store: h.Store, Composer: notify.NewComposer(texts, "INPS", "803 164"), Sender: to, Clock: h.Clock, Mint: mint{},
		Logger: slog.New(slog.DiscardHandler), StatusURL: "https://pin.example/stato", StopURL: "https://pin.example/ferma", Domain: "pin.example", Rome: rome,
	})
}

// proves C7: the receipt tells protocol, pages and next step; it waits for the
// reading, but not longer than it may.
func TestReceipt(t *testing.T) {
	t.Parallel()
	for _, read := range []bool{true, false} {
		h := house.New(t)
		to := &carrier{}
		c := newCourier(t, h, to)
		holder := h.AddHolder(someCF)
		id := h.Begin(holder)
		sub := h.Send(holder, id, "document")
		m := h.Told(dossier.MessageReceipt)[0]
		task := h.Task(dossier.TaskSend, m.ID)
		if err := c.Send(t.Context(), task.ID, m.ID); !dossier.Temporary(err) || len(to.sent) != 0 {
			t.Fatalf("sent before the pages were read: %v", err)
		}
		if read {
			h.Must(dossier.Change{
				Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadWell},
				Dossier: &dossier.Move{ID: id, Event: dossier.EventScreened},
				Effects: []dossier.Effect{
					dossier.AddPages{FileID: sub.Documents[0].ID, Pages: []dossier.Page{{N: 1}, {N: 2}}},
					dossier.SetFindings{SubmissionID: sub.ID, Findings: []dossier.Finding{{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 2}}},
				},
			})
		} else {
			h.Clock.Advance(41 * time.Second)
		}
		if err := c.Send(t.Context(), task.ID, m.ID); err != nil {
			t.Fatal(err)
		}
		text := to.sent[0].Text
		_, _, code, _ := h.Form(t.Context(), id)
		for _, want := range []string{sub.Protocol.String(), code, "https://pin.example/stato"} {
			if !strings.Contains(text, want) {
				t.Errorf("the receipt does not say %q:\n%s", want, text)
			}
		}
		if read && !strings.Contains(text, "Pagine ricevute: 2") {
			t.Errorf("pages are missing:\n%s", text)
		}
		for _, secret := range []string{someCF, "Prova"} {
			if strings.Contains(text+to.sent[0].Subject, secret) {
				t.Errorf("the receipt gives away %q", secret)
			}
		}
	}
}

// proves promise 1: a second try sends the very same bytes under the same
// Message-ID, and what is sent is not sent again.
func TestSecondTryIsTheSame(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	to := &carrier{err: &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: errors.New("451")}}
	c := newCourier(t, h, to)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
	m := h.Told(dossier.MessageWithdrawn)[0]
	task := h.Task(dossier.TaskSend, m.ID)
	if err := c.Send(t.Context(), task.ID, m.ID); !dossier.Temporary(err) {
		t.Fatalf("got %v", err)
	}
	h.Clock.Advance(time.Hour)
	to.err = nil
	for range 2 {
		if err := c.Send(t.Context(), task.ID, m.ID); err != nil {
			t.Fatal(err)
		}
	}
	if len(to.sent) != 2 || to.sent[0] != to.sent[1] {
		t.Errorf("sent %d messages, the same: %t", len(to.sent), len(to.sent) == 2 && to.sent[0] == to.sent[1])
	}
	if to.sent[0].To != "ada@prova.example" || !strings.HasSuffix(to.sent[0].MessageID, "@pin.example") {
		t.Errorf("Message-ID %s", to.sent[0].MessageID)
	}
}

// A message to a PEC address goes by PEC, under a Message-ID that receipts of it name;
// one to any other address does not.
func TestPECContact(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	to := &carrier{}
	c := newCourier(t, h, to)
	holder := h.AddHolder(someCF)
	for kind, class := range map[dossier.ContactKind]notify.Class{
		dossier.ContactPEC: notify.PEC, dossier.ContactCitizenPEC: notify.PEC, dossier.ContactEmail: notify.Email, dossier.ContactMobile: notify.Text,
	} {
		h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Tell{
			HolderID: holder.ID, Kind: dossier.MessageDeviceCode, Occasion: string(kind), To: &dossier.Contact{Kind: kind, Value: "x"}, Values: map[string]string{"code": "1", "minutes": "1"},
		}}})
		all := h.Told(dossier.MessageDeviceCode)
		m := all[slices.IndexFunc(all, func(m dossier.Message) bool { return m.Occasion == string(kind) })]
		if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
			t.Fatal(err)
		}
		if sent := to.sent[len(to.sent)-1]; sent.Class != class || sent.MessageID != "device_code."+m.ID+"@pin.example" {
			t.Errorf("%s: %s as %s", kind, sent.Class, sent.MessageID)
		}
	}
}

// A message that the carrier refuses for good does not block; it stays readable.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	c := newCourier(t, h, &carrier{err: &dossier.Error{Code: notify.CodeUndeliverable}})
	holder := h.AddHolder(someCF)
	h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: h.Begin(holder), Event: dossier.EventWithdrawn}})
	m := h.Told(dossier.MessageWithdrawn)[0]
	if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
		t.Fatal(err)
	}
	if m = h.Told(dossier.MessageWithdrawn)[0]; !m.Sent || m.Letter == nil {
		t.Errorf("message %+v", m)
	}
}

// Every kind of message that a transition may cause can be worded, in every
// language.
func TestEveryKindIsWorded(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	to := &carrier{}
	c := newCourier(t, h, to)
	for i, event := range []dossier.Event{dossier.EventScreenedPartly, dossier.EventSuperseded} {
		holder := h.AddHolder(someCF[:15] + string(rune('A'+i)))
		id := h.Begin(holder)
		sub := h.Send(holder, id, "bare form")
		h.Must(dossier.Change{
			Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadWell},
			Dossier: &dossier.Move{ID: id, Event: event},
			Effects: []dossier.Effect{dossier.SetFindings{SubmissionID: sub.ID, Findings: []dossier.Finding{{Code: dossier.IDMissing, Severity: dossier.SeverityWarn}}}},
		})
	}
	expired := h.Begin(h.AddHolder(someCF[:15] + "Y"))
	h.Must(dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: expired, Event: dossier.EventDeadlinePassed}})
	for _, event := range []dossier.Event{dossier.EventRejected, dossier.EventMoreAsked} {
		id := h.Reviewing(h.AddHolder(someCF[:14] + string(event[0]) + "Z"))
		op := house.Reviewer("op " + id)
		r, err := h.ClaimReview(t.Context(), op, id, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		h.Must(dossier.Change{Actor: op, Dossier: &dossier.Move{ID: id, Event: event}, Effects: []dossier.Effect{dossier.Decide{
			Decision: dossier.Decision{ID: h.ID(), DossierID: id, ReviewID: r.ID, OperatorID: op.ID, Action: dossier.ActionReject, Reason: dossier.ReasonIDExpired},
		}}})
	}
	h.Clock.Advance(time.Minute)
	all, err := h.Messages(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
			t.Errorf("%s: %v", m.Kind, err)
		}
	}
	if len(to.sent) != len(all) || len(all) < 9 {
		t.Errorf("%d of %d messages sent", len(to.sent), len(all))
	}
}
