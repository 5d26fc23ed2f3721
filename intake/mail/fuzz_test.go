package mail

import (
	"testing"

	"dispositivo/intake"
)

// FuzzRead takes apart whatever comes: no message may bring more than is allowed,
// prove a sender without a signature, or be lost.
func FuzzRead(f *testing.F) {
	f.Add(letter(ordinary, pdfOne, tnef("a.pdf", pdfTwo)))
	f.Add([]byte(ordinary + "Content-Type: text/plain\r\n\r\nbegin 644 modulo.pdf\r\n,)5!$1BTQ+C<@;VYE\r\n`\r\nend\r\n"))
	f.Add([]byte("X-Trasporto: posta-certificata\r\nContent-Type: multipart/signed; boundary=o\r\n\r\n--o\r\n\r\n--o\r\n\r\n--o--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := read(raw)
		total := 0
		for _, file := range got.Files {
			total += len(file)
		}
		if total > max(intake.MaxOriginal, len(raw)) || got.Certified != nil || got.Proved != nil || got.Class == Envelope {
			t.Errorf("%s with %d bytes", got.Class, total)
		}
		if !got.Class.Brings() && len(got.Files) > 0 {
			t.Errorf("%s brings files", got.Class)
		}
	})
}

// FuzzDaticert reads what an operator might write.
func FuzzDaticert(f *testing.F) {
	f.Add([]byte(daticertOf("posta-certificata", "m@pec.example", "i")))
	lost := told("errore-consegna", "receipt.1@pin.example")
	lost.failed, lost.delivered = "no-dest", "ada@pec.example"
	f.Add([]byte(lost.xml()))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := readDaticert(data)
		if err != nil {
			return
		}
		if !plain(d.Sender) || !plain(d.ID) || d.At.IsZero() || d.about != "" && !plain(d.about) {
			t.Errorf("%+v", d)
		}
		for _, to := range d.to {
			if !plain(to) {
				t.Errorf("to %q", to)
			}
		}
		r := d.certifies(start)
		if r == nil {
			return
		}
		_, err = r.At.MarshalJSON() // as the API does
		if err != nil || (r.Failure != "") != r.Kind.Fails() || r.MessageID == "" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// FuzzSigned parses signed files with any structure.
func FuzzSigned(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0x06, 0x01, 0x2a, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if content, err := signedContent(data); err == nil && len(content) > len(data) {
			t.Errorf("%d bytes out of %d", len(content), len(data))
		}
	})
}
