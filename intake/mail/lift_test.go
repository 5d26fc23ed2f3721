package mail

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime/v2"
)

// never is more than any block has.
const never = 1 << 40

// alike reports whether two messages have the same parts with the same bytes.
func alike(a, b *enmime.Part) bool {
	for ; a != nil && b != nil; a, b = a.NextSibling, b.NextSibling {
		if a.ContentType != b.ContentType || a.FileName != b.FileName || a.Disposition != b.Disposition || !bytes.Equal(a.Content, b.Content) || !alike(a.FirstChild, b.FirstChild) {
			return false
		}
	}
	return a == nil && b == nil
}

func sameParse(t testing.TB, name string, raw []byte) {
	t.Helper()
	light, coded, errLight := parse(raw, 4)
	whole, _, err := parse(raw, never)
	for p, lines := range coded {
		if data, err := base64.StdEncoding.DecodeString(string(lines)); err != nil || !bytes.Equal(data, p.Content) || !bytes.Contains(raw, lines) {
			t.Errorf("%s: the lines of a part are not those it came of: %v", name, err)
		}
	}
	if (err == nil) != (errLight == nil) || err == nil && !alike(light, whole) {
		t.Errorf("%s is parsed otherwise when its blocks are lifted: %v, %v", name, errLight, err)
	}
}

// Lifting blocks of base64 makes parsing cheaper and changes nothing.
func TestLift(t *testing.T) {
	t.Parallel()
	long := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("%PDF-1.7 "), 1000))
	part := "Content-Transfer-Encoding: base64\r\n\r\n" + long + "\r\n"
	for name, raw := range map[string]string{
		"two":              string(letter(ordinary, pdfOne, pdfTwo)),
		"the mail":         ordinary + part,
		"no line at end":   ordinary + strings.TrimSpace(part),
		"LF":               strings.ReplaceAll(string(letter(ordinary, pdfOne)), "\r\n", "\n"),
		"nested":           ordinary + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + string(letter(ordinary, pdfTwo)) + "\r\n--x--\r\n",
		"a text":           ordinary + "Content-Type: text/plain\r\n\r\n" + long + "\r\n",
		"text behind":      ordinary + part + "\r\n???\r\n",
		"a text in base64": ordinary + "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n\r\nBBLB\r\n",
		"spoilt":           ordinary + strings.Replace(part, "JVBERi", "JVB=Ri", 1),
		"its own mark":     string(letter(ordinary, []byte("lifted block 000000"), pdfOne, []byte("lifted block 000001"))),
	} {
		sameParse(t, name, []byte(raw))
	}
	// Nothing is looked at twice: this took minutes where each empty line was a block's
	// beginning, and each ended where all do.
	lines := bytes.Repeat([]byte("\n"), liftFrom-10)
	if light, blocks := lift(bytes.Repeat(append(lines, "!\n"...), 100), liftFrom); len(blocks) > 0 || len(light) != 100*(liftFrom-8) {
		t.Errorf("%d blocks of empty lines", len(blocks))
	}
	if _, blocks := lift(letter(ordinary, pdfOne, pdfTwo), 4); len(blocks) != 2 || !bytes.Equal(blocks[1].data, pdfTwo) {
		t.Errorf("lifted %q", blocks)
	}
	mails, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpora", "*", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range mails {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sameParse(t, filepath.Base(path), raw)
	}
}

// FuzzLift compares both ways to parse whatever comes.
func FuzzLift(f *testing.F) {
	f.Add(letter(ordinary, pdfOne, []byte("lifted block 000000")))
	f.Add([]byte(ordinary + "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n\r\nBBBB\r\n--"))
	f.Fuzz(func(t *testing.T, raw []byte) { sameParse(t, "it", raw) })
}

// FuzzEnvelope opens envelopes of whatever form: without an operator's certificate
// nothing is proved, and what is enclosed stays within its limit.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte("X-Trasporto: posta-certificata\r\nContent-Type: multipart/signed; boundary=o\r\n\r\n--o\r\n" + entity(daticertOf("posta-certificata", "m@pec.example", "i"), ordinary) + "\r\n--o\r\n\r\n--o--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if header, body, err := split(raw); err == nil {
			if signed, rest, err := signedPart(header, body); err == nil && (!bytes.Contains(raw, signed) || !bytes.Contains(raw, rest)) {
				t.Error("what is verified is not what came")
			}
		}
		if cert, inner, err := enclosed(raw); err == nil && (!plain(cert.Sender) || len(inner) > 1<<20) {
			t.Errorf("%+v with %d bytes", cert, len(inner))
		}
	})
}
