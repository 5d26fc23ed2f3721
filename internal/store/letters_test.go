package store_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

func TestLettersAreSealedOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		h := e.AddHolder("PRVDAA80A41H501X")
		e.Must(e.Arrival(h, e.Begin(h), "one"))
		msgs := e.Told(dossier.MessageReceipt)
		if len(msgs) != 1 || msgs[0].HolderID != h.ID || msgs[0].Letter != nil {
			t.Fatalf("messages %+v", msgs)
		}
		id := msgs[0].ID
		word := func(text string, masked *dossier.Letter) error {
			_, err := e.Apply(ctx, dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
				dossier.SealLetter{MessageID: id, Letter: dossier.Letter{Text: text}, Masked: masked},
			}})
			return err
		}
		reads := func(want string) {
			t.Helper()
			if m, err := e.Message(ctx, id); err != nil || m.Letter == nil || m.Letter.Text != want {
				t.Errorf("message %+v, %v; want %q", m, err, want)
			}
		}
		if err := word("secret", &dossier.Letter{Text: "masked"}); err != nil {
			t.Fatal(err)
		}
		house.WantCode(t, word("other", nil), dossier.CodeConflict)
		reads("secret")
		// A day went by without handing it over: it is worded anew.
		e.Clock.Advance(24 * time.Hour)
		if err := e.ForgetSecrets(ctx, e.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if m, err := e.Message(ctx, id); err != nil || m.Letter != nil {
			t.Errorf("message %+v, %v", m, err)
		}
		if err := word("second secret", &dossier.Letter{Text: "masked"}); err != nil {
			t.Fatal(err)
		}
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.MarkSent{MessageID: id}}})
		reads("masked")
	})
}
