package mail

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/emersion/go-smtp"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// noise returns n bytes that begin a PDF.
func noise(n int) []byte {
	data := append([]byte("%PDF-1.7\n"), make([]byte, n)...)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data[9:])
	return data
}

// wrapped breaks the long lines of a message, as mail programs do.
func wrapped(raw []byte) []byte {
	var out []byte
	for line := range bytes.Lines(raw) {
		for ; len(line) > 900; line = line[76:] {
			out = append(append(out, line[:76]...), "\r\n"...)
		}
		out = append(out, line...)
	}
	return out
}

// proves C5: an attachment that stands whole in its mail is not kept a second time, and
// opens to the same bytes as if it were; in a PEC too. All else has bytes of its own.
func TestAttachmentsAreKeptOnce(t *testing.T) {
	t.Parallel()
	operator := newOperator(t)
	large, small := noise(liftFrom), noise(100)
	for name, raw := range map[string][]byte{
		"mail":      wrapped(letter(ordinary, small, large)),
		"LF":        bytes.ReplaceAll(wrapped(letter(ordinary, small, large)), []byte("\r\n"), []byte("\n")),
		"forwarded": []byte(ordinary + "Content-Type: message/rfc822\r\n\r\n" + string(wrapped(letter(ordinary, small, large)))),
		"PEC":       sign(t, operator, entity(daticertOf("posta-certificata", "m@pec.example", "id"), string(wrapped(letter(ordinary, small, large)))), operatorAddr),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house.Each(t, func(t *testing.T, h house.House) {
				r, err := newTaker(t, h, nil, operator).Take(t.Context(), raw, Handover{})
				if err != nil {
					t.Fatal(err)
				}
				sub, err := h.Submission(t.Context(), r.SubmissionID)
				if err != nil || len(sub.Documents) != 3 {
					t.Fatalf("%d files, %v", len(sub.Documents), err)
				}
				for i, want := range [][]byte{raw, small, large} {
					f := sub.Documents[i]
					if got, err := h.Vault.Open(t.Context(), f, f.Blob); err != nil || !bytes.Equal(got, want) {
						t.Errorf("file %d opens to %d bytes, want %d; %v", i, len(got), len(want), err)
					}
				}
				mail, own, within := sub.Documents[0], sub.Documents[1], sub.Documents[2]
				if own.Blob == mail.Blob || own.Within != nil || within.Blob != mail.Blob || within.Within == nil {
					t.Errorf("%+v, %+v", own.Within, within.Within)
				}
				lost := within
				lost.Within = &dossier.Excerpt{FileID: mail.ID, WrappedKey: mail.WrappedKey, At: int64(len(raw)) - 10, Length: 11}
				if _, err := h.Vault.Open(t.Context(), lost, lost.Blob); err == nil {
					t.Error("a place outside the evidence opens")
				}
			})
		})
	}
}

// A message larger than was announced is taken all the same, and whole.
func TestLargerThanAnnounced(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	addr := listen(t, ReceiverConfig{Taker: newTaker(t, h, nil, "")})
	for _, n := range []int{slack - 9, 3 * slack} {
		raw := wrapped(letter(ordinary, noise(n)))
		c, err := smtp.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // the reply is what matters
		wantReply(t, c.Mail("maria@casa.example", &smtp.MailOptions{Size: 10}), 0)
		wantReply(t, c.Rcpt(box, nil), 0)
		w, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
		wantReply(t, w.Close(), 0)
	}
	subs := received(t, h)
	if len(subs) != 2 || subs[1].Documents[1].Bytes != 9+3*slack {
		t.Errorf("%d submissions", len(subs))
	}
}
