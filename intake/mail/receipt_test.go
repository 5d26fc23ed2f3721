package mail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/testkit/house"
)

// pecBox is the address that our messages by PEC leave from.
const pecBox = "pin@pec.ente.example"

// certificate is a daticert.xml that tells of a message of ours.
type certificate struct {
	kind, failed, box, to, delivered, about string
	at                                      time.Time
}

// told is what an operator certifies of a message to Ada.
func told(kind, about string) certificate {
	return certificate{kind: kind, failed: "nessuno", box: pecBox, to: "ada@pec.example", about: about, at: start}
}

func (c certificate) xml() string {
	delivered := ""
	if c.delivered != "" {
		delivered = "<consegna>" + c.delivered + "</consegna>"
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo=%q errore=%q><intestazione><mittente>%s</mittente><destinatari tipo="certificato">altri@pec.example</destinatari>
<destinatari tipo="certificato">%s</destinatari><risposte>%s</risposte><oggetto>PIN</oggetto></intestazione>
<dati><gestore-emittente>Gestore di prova</gestore-emittente><data zona=%q><giorno>%s</giorno><ora>%s</ora></data>
<identificativo>op.1@gestore.example</identificativo><msgid>&lt;%s&gt;</msgid>%s</dati></postacert>`,
		c.kind, c.failed, c.box, c.to, c.box, c.at.Format("-0700"), c.at.Format("02/01/2006"), c.at.Format("15:04:05"), c.about, delivered)
}

// signedBy is the receipt as an operator sends it; its header names another message, for
// anybody can write headers.
func (c certificate) signedBy(t testing.TB, operator string) []byte {
	t.Helper()
	raw := sign(t, operator, entity(c.xml(), string(letter(ordinary))), operatorAddr)
	header := "X-Ricevuta: " + c.kind + "\r\nX-Riferimento-Message-ID: <of.the.header@pin.example>"
	return bytes.Replace(raw, []byte("X-Trasporto: posta-certificata"), []byte(header), 1)
}

// proves C5: a receipt tells of a message of ours when an operator we trust signed it and
// the message left our own box; what it says is what was signed, and nothing else counts.
func TestReceiptIsProved(t *testing.T) {
	t.Parallel()
	operator := newOperator(t)
	r := &Reader{Operators: trusted(t, operator), Domain: "pin.example", Box: strings.ToUpper(pecBox)}
	const about = "pin_changed.1@pin.example"
	for _, test := range []struct {
		kind, failed string
		want         dossier.PECFailure
	}{
		{"accettazione", "nessuno", ""},
		{"presa-in-carico", "nessuno", ""},
		{"avvenuta-consegna", "nessuno", ""},
		{"preavviso-errore-consegna", "altro", ""},
		{"errore-consegna", "no-dest", dossier.FailureNoAddress},
		{"errore-consegna", "no-dominio", dossier.FailureNoDomain},
		{"errore-consegna", "virus", dossier.FailureVirus},
		{"errore-consegna", "unheard of", dossier.FailureOther},
		{"rilevazione-virus", "virus", dossier.FailureVirus},
		{"non-accettazione", "altro", dossier.FailureNotAccepted},
		{"non-accettazione", "virus", dossier.FailureVirus},
	} {
		c := told(test.kind, about)
		c.failed = test.failed
		got := r.Read(c.signedBy(t, operator), false, start)
		p := got.Proved
		if got.Class != Receipt || got.Kind != test.kind || got.About != "<"+about+">" || p == nil {
			t.Errorf("%s: %s %s about %s, proved %+v", test.kind, got.Class, got.Kind, got.About, p)
			continue
		}
		if p.MessageID != about || string(p.Kind) != test.kind || p.Failure != test.want || !p.At.Equal(start.Truncate(time.Second)) || len(p.Recipients) != 2 {
			t.Errorf("%s, %s: %+v", test.kind, test.failed, p)
		}
	}
	one := told("avvenuta-consegna", about)
	one.delivered = "altri@pec.example"
	if p := r.Read(one.signedBy(t, operator), false, start).Proved; p == nil || len(p.Recipients) != 1 || p.Recipients[0] != "altri@pec.example" {
		t.Errorf("delivered to one: %+v", p)
	}
	old := told("accettazione", about)
	old.at = start.AddDate(-3, 0, 0)
	if p := r.Read(old.signedBy(t, operator), false, start).Proved; p == nil || !p.At.IsZero() {
		t.Errorf("a clock that is wrong by years: %+v", p)
	}
}

// proves C5: nothing but a signed receipt about a message out of our own box proves
// anything.
func TestReceiptIsNotProved(t *testing.T) {
	t.Parallel()
	operator, stranger := newOperator(t), newOperator(t)
	r := &Reader{Operators: trusted(t, operator), Domain: "pin.example", Box: pecBox}
	const about = "pin_changed.1@pin.example"
	good := told("avvenuta-consegna", about).signedBy(t, operator)
	if r.Read(good, false, start).Proved == nil {
		t.Fatal("a good one is not proved")
	}
	foreign, mute, unknown := told("accettazione", about), told("accettazione", "a b@pin.example"), told("ricevuta", about)
	foreign.box = "mallory@pec.example"
	envelope := told("posta-certificata", about)
	for name, raw := range map[string][]byte{
		"one byte changed":    bytes.Replace(good, []byte("Messaggio di posta"), []byte("Messaggio di Posta"), 1),
		"of a stranger":       told("accettazione", about).signedBy(t, stranger),
		"not signed":          []byte("X-Ricevuta: accettazione\r\nX-Riferimento-Message-ID: <" + about + ">\r\n" + string(letter(ordinary))),
		"another box":         foreign.signedBy(t, operator),
		"no Message-ID":       mute.signedBy(t, operator),
		"a kind of its own":   unknown.signedBy(t, operator),
		"an envelope":         envelope.signedBy(t, operator),
		"signed for somebody": bytes.Replace(good, []byte(operatorAddr), []byte("someone@casa.example"), 1),
	} {
		if got := r.Read(raw, false, start); got.Class != Receipt || got.Proved != nil || got.Certified != nil || len(got.Files) > 0 {
			t.Errorf("%s: %s, proved %+v", name, got.Class, got.Proved)
		}
	}
	for name, other := range map[string]*Reader{
		"no operators": {Domain: "pin.example", Box: pecBox}, "no box": {Operators: r.Operators, Domain: "pin.example"},
	} {
		if got := other.Read(good, false, start); got.Proved != nil || got.About != "<of.the.header@pin.example>" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// proves C5, B12: a receipt is filed to the message it is about, in the transaction that
// records it; all receipts are taken alike, whatever they are about.
func TestReceiptIsFiled(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		operator, stranger := newOperator(t), newOperator(t)
		taker := newTaker(t, h, nil, operator)
		h.Clock.Advance(start.Sub(h.Clock.Now()))
		holder := h.AddHolder("PRVDAA80A41H501X")
		pec := h.Worded(holder, dossier.Letter{Class: "pec", To: "Ada@pec.example"})
		sms := h.Worded(holder, dossier.Letter{Class: "sms", To: "ada@pec.example"})
		elsewhere := h.Worded(holder, dossier.Letter{Class: "pec", To: "bruno@pec.example"})
		take := func(raw []byte) intake.Receipt {
			t.Helper()
			got, err := taker.Take(t.Context(), raw, Handover{})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		delivery := func(m dossier.Message) *dossier.Delivery {
			t.Helper()
			all, err := h.Sent(t.Context(), holder.ID, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range all {
				if one.ID == m.ID {
					return one.Delivery
				}
			}
			t.Fatalf("message %s is not there", m.ID)
			return nil
		}
		for _, about := range []string{
			sms.Letter.MessageID, elsewhere.Letter.MessageID, "receipt.nobody@pin.example", pec.Letter.MessageID + ".example", "x." + pec.ID + "@pin.example",
		} {
			take(told("accettazione", about).signedBy(t, operator))
		}
		take(told("errore-consegna", pec.Letter.MessageID).signedBy(t, stranger))
		for _, m := range []dossier.Message{pec, sms, elsewhere} {
			if d := delivery(m); d != nil {
				t.Errorf("%s to %s: %+v", m.Letter.Class, m.Letter.To, d)
			}
		}
		delivered := told("avvenuta-consegna", pec.Letter.MessageID)
		raw := delivered.signedBy(t, operator)
		first := take(raw)
		if d := delivery(pec); d == nil || d.State != dossier.DeliveryDelivered || !d.At.Equal(start.Truncate(time.Second)) || !d.AcceptedAt.IsZero() {
			t.Errorf("delivered: %+v", d)
		}
		if again := take(raw); !again.Repeated || again.Protocol != first.Protocol {
			t.Errorf("again: %+v", again)
		}
		accepted := told("accettazione", pec.Letter.MessageID) // out of order
		accepted.at = start.Add(-time.Minute)
		take(accepted.signedBy(t, operator))
		if d := delivery(pec); d.State != dossier.DeliveryDelivered || !d.AcceptedAt.Equal(accepted.at.Truncate(time.Second)) {
			t.Errorf("accepted after it was delivered: %+v", d)
		}
	})
}
