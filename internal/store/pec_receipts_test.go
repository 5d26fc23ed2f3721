package store_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/journal"
)

// receiptOf is what an operator certifies of a message now.
func receiptOf(e house.House, m dossier.Message, kind dossier.PECReceiptKind) dossier.PECReceipt {
	r := dossier.PECReceipt{MessageID: m.Letter.MessageID, Kind: kind, At: e.Clock.Now(), Recipients: []string{"other@pec.example", m.Letter.To}}
	if kind.Fails() {
		r.Failure = dossier.FailureNoAddress
	}
	return r
}

// certify takes in a receipt as the door does, and returns the submission that it is.
func certify(e house.House, r dossier.PECReceipt) dossier.Submission {
	e.T.Helper()
	out, err := e.Apply(e.T.Context(), arriving(e, r))
	if err != nil {
		e.T.Fatal(err)
	}
	return out.Submission
}

func arriving(e house.House, r dossier.PECReceipt) dossier.Change {
	e.T.Helper()
	id := e.ID()
	f := dossier.File{ID: e.ID(), KeyedHash: []byte("h"), Bytes: 1, Format: "mail", Evidence: true}
	var err error
	if f.Blob, f.WrappedKey, err = e.Vault.Keep(e.T.Context(), f.ID, []byte("receipt")); err != nil {
		e.T.Fatal(err)
	}
	return dossier.Change{Actor: dossier.Actor{Role: dossier.RoleGateway, ID: "mail"}, Admit: &dossier.Admission{
		Submission: dossier.Submission{ID: id, Channel: dossier.ChannelPEC, Documents: []dossier.File{f}}, ExternalID: id, Receipt: &r,
	}}
}

func deliveryOf(e house.House, holder dossier.Holder, m dossier.Message) *dossier.Delivery {
	e.T.Helper()
	all, err := e.Sent(e.T.Context(), holder.ID, "", 100)
	if err != nil {
		e.T.Fatal(err)
	}
	for _, one := range all {
		if one.ID == m.ID {
			return one.Delivery
		}
	}
	e.T.Fatalf("message %s is not there", m.ID)
	return nil
}

// proves B12: a receipt is filed once to the message it is about, which its holder is
// shown, and logged as the holder's; one that is about none of ours is taken all the same.
func TestReceiptsAreFiled(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		m, other := e.Worded(h, dossier.Letter{Class: dossier.LetterByPEC, To: "ada@pec.example"}), e.Worded(h, dossier.Letter{Class: "email", To: "ada@pec.example"})
		e.Clock.Advance(time.Hour)
		accepted := receiptOf(e, m, dossier.Accettazione)
		timeless := accepted
		timeless.At = time.Time{}
		for name, change := range map[string]func(r *dossier.PECReceipt){
			"nobody's":        func(r *dossier.PECReceipt) { r.MessageID = "receipt.nobody@pin.example" },
			"no name":         func(r *dossier.PECReceipt) { r.MessageID = "" },
			"another domain":  func(r *dossier.PECReceipt) { r.MessageID += ".example" },
			"another kind":    func(r *dossier.PECReceipt) { r.MessageID = "x." + m.ID + "@pin.example" },
			"another address": func(r *dossier.PECReceipt) { r.Recipients = r.Recipients[:1] },
			"nobody":          func(r *dossier.PECReceipt) { r.Recipients = nil },
			"not by PEC":      func(r *dossier.PECReceipt) { r.MessageID = other.Letter.MessageID },
		} {
			r := accepted
			change(&r)
			if sub := certify(e, r); sub.State != dossier.SubmissionReceived || sub.Protocol.Number == 0 {
				t.Errorf("%s: %+v", name, sub)
			}
			if d := deliveryOf(e, h, m); d != nil {
				t.Errorf("%s: %+v", name, d)
			}
		}
		certify(e, timeless)
		e.Clock.Advance(time.Minute)
		accepted.At = e.Clock.Now()
		certify(e, accepted) // the same again, under another name: the first counts
		failed := receiptOf(e, m, dossier.ErroreConsegna)
		certify(e, failed)
		want := dossier.Delivery{State: dossier.DeliveryFailed, At: failed.At, AcceptedAt: failed.At.Add(-time.Minute), Failure: dossier.FailureNoAddress}
		if d := deliveryOf(e, h, m); d == nil || *d != want {
			t.Errorf("got %+v, want %+v", d, want)
		}
		log, err := e.Log(t.Context(), journal.Filter{Action: "message.certified"}, 10)
		if err != nil || len(log) != 2 || log[0].HolderID != h.ID || log[0].Subject != m.ID {
			t.Errorf("logged %+v, %v", log, err)
		}
		if n, err := e.Undelivered(t.Context()); err != nil || n != 1 {
			t.Errorf("%d not delivered, %v", n, err)
		}
		certify(e, receiptOf(e, m, dossier.AvvenutaConsegna)) // after all
		all, delivered, err := e.Certified(t.Context())
		if n, failure := e.Undelivered(t.Context()); n != 0 || failure != nil || all != 1 || delivered != 1 || err != nil {
			t.Errorf("%d not delivered, %d delivered of %d, %v, %v", n, delivered, all, err, failure)
		}
	})
}

// The same receipt many times at the same moment is one, and each arrival is recorded.
func TestReceiptsAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		m := e.Worded(h, dossier.Letter{Class: dossier.LetterByPEC, To: "ada@pec.example"})
		var wg sync.WaitGroup
		for range 6 {
			change := arriving(e, receiptOf(e, m, dossier.AvvenutaConsegna))
			wg.Go(func() {
				if _, err := e.Apply(t.Context(), change); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		log, err := e.Log(t.Context(), journal.Filter{Action: "message.certified"}, 10)
		if d := deliveryOf(e, h, m); err != nil || len(log) != 1 || d == nil || d.State != dossier.DeliveryDelivered {
			t.Errorf("%+v, logged %d, %v", d, len(log), err)
		}
	})
}

// proves B6: who erases a holder erases the receipts of messages to the holder, which
// bear the address; those of others stay.
func TestErasureTakesReceipts(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h, other := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVDAA80A41H502Y")
		m, others := e.Worded(h, dossier.Letter{Class: dossier.LetterByPEC, To: "ada@pec.example"}), e.Worded(other, dossier.Letter{Class: dossier.LetterByPEC, To: "b@pec.example"})
		gone, stays := certify(e, receiptOf(e, m, dossier.Accettazione)), certify(e, receiptOf(e, others, dossier.Accettazione))
		e.Must(dossier.Change{
			Actor: house.Worker(), PIN: &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventRevoked},
			Effects: []dossier.Effect{dossier.EraseHolder{HolderID: h.ID}},
		})
		for id, want := range map[string]bool{gone.ID: false, stays.ID: true} {
			sub, err := e.Submission(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			f := sub.Documents[0]
			data, err := e.Vault.Open(t.Context(), f, f.Blob)
			if opened := err == nil && bytes.Equal(data, []byte("receipt")); opened != want {
				t.Errorf("opened %t, want %t: %v", opened, want, err)
			}
		}
		if all, _, err := e.Certified(t.Context()); err != nil || all != 1 {
			t.Errorf("%d messages with receipts, %v", all, err)
		}
		certify(e, receiptOf(e, m, dossier.AvvenutaConsegna)) // one that comes late
		if all, _, err := e.Certified(t.Context()); err != nil || all != 1 {
			t.Errorf("after the erasure: %d messages with receipts, %v", all, err)
		}
	})
}

// proves C14: the receipt of an answer to a mail goes with the answer.
func TestReceiptsOfAnswers(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		to := dossier.Contact{Kind: dossier.ContactPEC, Value: "maria@pec.example"}
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Answer{SubmissionID: "s", Kind: dossier.MessageMailEmpty, To: to}}})
		m := e.Told(dossier.MessageMailEmpty)[0]
		m.Letter = &dossier.Letter{Class: dossier.LetterByPEC, To: to.Value, MessageID: "mail_empty." + m.ID + "@pin.example"}
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
			dossier.SealLetter{MessageID: m.ID, Letter: *m.Letter}, dossier.MarkSent{MessageID: m.ID},
		}})
		certify(e, receiptOf(e, m, dossier.ErroreConsegna))
		for _, want := range []int{1, 0} {
			if err := e.ForgetOver(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n, err := e.Undelivered(t.Context()); err != nil || n != want {
				t.Errorf("%d not delivered, want %d: %v", n, want, err)
			}
			e.Clock.Advance(31 * 24 * time.Hour)
		}
	})
}
