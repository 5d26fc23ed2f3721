package mail

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(raw []byte) Reading {
	return (&Reader{Domain: "pin.example"}).Read(raw, false, start)
}

// proves C5: the files of a mail are found wherever programs put them, in order.
func TestFiles(t *testing.T) {
	t.Parallel()
	nested := "Content-Type: message/rfc822\r\n\r\n" + string(letter(ordinary, pdfTwo))
	uu := "Content-Type: text/plain\r\n\r\nbegin 644 modulo.pdf\r\n,)5!$1BTQ+C<@;VYE\r\n`\r\nend\r\n"
	photograph := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, smallPicture)...)
	b64 := base64.StdEncoding.EncodeToString(pdfOne)
	for name, test := range map[string]struct {
		raw  string
		want [][]byte
	}{
		"two in order":    {string(letter(ordinary, pdfTwo, pdfOne)), [][]byte{pdfTwo, pdfOne}},
		"none":            {string(letter(ordinary)), nil},
		"mail in a mail":  {ordinary + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + nested + "\r\n--x--\r\n", [][]byte{pdfTwo}},
		"uuencoded":       {ordinary + uu, [][]byte{pdfOne}},
		"the mail itself": {ordinary + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64 + "\r\n", [][]byte{pdfOne}},
		"inline": {ordinary + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/pdf\r\nContent-Disposition: inline; filename=a.pdf\r\n" +
			"Content-Transfer-Encoding: base64\r\n\r\n" + b64 + "\r\n--x--\r\n", [][]byte{pdfOne}},
		// An iPhone attaches so.
		"a photograph in the text": {ordinary + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: image/jpeg; name=IMG_0001.jpeg\r\n" +
			"Content-Disposition: inline; filename=IMG_0001.jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString(photograph) + "\r\n--x--\r\n", [][]byte{photograph}},
		"a logo without a place": {ordinary + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: image/jpeg\r\n" +
			"Content-Disposition: inline; filename=logo.jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString(photograph[:999]) + "\r\n--x--\r\n", nil},
		"never closed": {strings.TrimSuffix(string(letter(ordinary, pdfOne)), "--b--\r\n"), [][]byte{pdfOne}},
		"a logo in the text": {ordinary + "Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<img src=cid:l>\r\n--x\r\nContent-Type: image/png\r\n" +
			"Content-ID: <l>\r\n\r\n\x89PNG\r\n\x1a\n\r\n--x--\r\n", nil},
		"another kind": {strings.ReplaceAll(string(letter(ordinary, []byte("PK\x03\x04 text"))), "f0.pdf", "f0.docx"), [][]byte{[]byte("PK\x03\x04 text")}},
		"named so":     {string(letter(ordinary, []byte("no page"))), [][]byte{[]byte("no page")}},
		"winmail.dat":  {strings.ReplaceAll(string(letter(ordinary, tnef("modulo.pdf", pdfTwo))), "f0.pdf", "winmail.dat"), [][]byte{pdfTwo}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read([]byte(test.raw))
			if got.Class != Submission || got.From != "maria@casa.example" || len(got.Files) != len(test.want) {
				t.Fatalf("%s from %s with %d files", got.Class, got.From, len(got.Files))
			}
			for i := range test.want {
				if !bytes.Equal(got.Files[i], test.want[i]) {
					t.Errorf("file %d: %q", i, got.Files[i])
				}
			}
		})
	}
}

// tnef makes a winmail.dat.
func tnef(name string, data []byte) []byte {
	attr := func(id uint32, value []byte) []byte {
		b := []byte{2, byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}
		n := len(value)
		b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
		return append(append(b, value...), 0, 0)
	}
	b := append(bytes.Clone(tnefMagic), 1, 0)
	b = append(b, attr(tnefRenderData, make([]byte, 14))...)
	b = append(b, attr(tnefTitle, append([]byte(name), 0))...)
	return append(b, attr(tnefData, data)...)
}

// proves C5, promise 6: files of other kinds beside documents are counted, so that the
// sender is told of them; what programs put in by themselves is not.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	zip := []byte("PK\x03\x04 text")
	beside := func(name string) string {
		return strings.ReplaceAll(string(letter(ordinary, pdfOne, zip)), "f1.pdf", name)
	}
	for name, test := range map[string]struct {
		raw               string
		files, passedOver int
	}{
		"a text document":         {beside("passaporto.docx"), 1, 1},
		"beside one named so":     {strings.ReplaceAll(string(letter(ordinary, pdfOne, zip, zip)), "f1.pdf", "a.docx"), 2, 1},
		"a signature":             {beside("smime.p7s"), 1, 0},
		"a calendar":              {beside("invito.ics"), 1, 0},
		"a server's footer":       {beside("ATT00001.txt"), 1, 0},
		"nothing but a text file": {strings.ReplaceAll(string(letter(ordinary, zip)), "f0.pdf", "f0.docx"), 1, 0},
	} {
		if got := read([]byte(test.raw)); len(got.Files) != test.files || got.PassedOver != test.passedOver {
			t.Errorf("%s: %d files, %d passed over", name, len(got.Files), got.PassedOver)
		}
	}
}

// What would cost more than its size is not taken apart: the whole is refused,
// with an answer.
func TestLimits(t *testing.T) {
	t.Parallel()
	deep := ordinary
	for range 70 {
		deep += "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
	}
	within := letter(ordinary, pdfOne)
	for range maxDepth + 2 {
		within = append([]byte(ordinary+"Content-Type: message/rfc822\r\n\r\n"), within...)
	}
	for name, raw := range map[string][]byte{
		"levels": []byte(deep), "messages in messages": within,
		"parts":  []byte(ordinary + "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\n", maxBorders+1)),
		"header": []byte(ordinary + "X-Long: " + strings.Repeat("a", maxHeader) + "\r\n\r\ntext"),
	} {
		got := read(raw)
		want := Submission
		if name == "header" {
			want = Automatic // what it says of itself is not even looked at: no answer
		}
		if len(got.Files) != 1 || !bytes.Equal(got.Files[0], raw) || got.Class != want {
			t.Errorf("%s: %s with %d files", name, got.Class, len(got.Files))
		}
	}
	if _, err := walk(letter(ordinary, pdfOne, pdfTwo), 30); err == nil {
		t.Error("parts over the limit are kept")
	}
}

// proves C5: receipts, bounces and what machines send are told apart.
func TestClassify(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, header string
		null         bool
		want         Class
	}{
		{"person", "", false, Submission},
		{"Auto-Submitted: no", "Auto-Submitted: no\r\n", false, Submission},
		{"holiday", "Auto-Submitted: auto-replied (vacation)\r\n", false, Automatic},
		{"scanner", "Auto-Submitted: auto-generated; owner=x\r\n", false, Automatic},
		{"bulk", "Precedence: bulk\r\n", false, Automatic},
		{"Exchange", "X-Auto-Response-Suppress: All\r\n", false, Automatic},
		{"null sender", "", true, Automatic},
		{"list", "List-Id: <x.example>\r\n", false, List},
		{"accettazione", "X-Ricevuta: accettazione\r\n", false, Receipt},
		{"mancata consegna", "X-Ricevuta: errore-consegna\r\n", false, Receipt},
		{"anomalia", "X-Trasporto: errore\r\n", false, Anomaly},
		{"envelope of nobody", "X-Trasporto: posta-certificata\r\n", false, Unproved},
		{"failed", "X-Failed-Recipients: a@b.example\r\n", false, Bounce},
		{"circles", strings.Repeat("Received: by x\r\n", maxHops+1), false, Loop},
	} {
		got := (&Reader{Domain: "pin.example"}).Read(letter(test.header+ordinary, pdfOne), test.null, start)
		if got.Class != test.want || (len(got.Files) == 1) != test.want.Brings() {
			t.Errorf("%s: %s with %d files, want %s", test.name, got.Class, len(got.Files), test.want)
		}
	}
	own := strings.ReplaceAll(ordinary, "1@casa.example", "receipt.1@PIN.example")
	if got := read(letter(own, pdfOne)); got.Class != Loop {
		t.Errorf("our own: %s", got.Class)
	}
	dsn := "From: MAILER-DAEMON@x.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" +
		string(letter(ordinary, pdfOne)) + "\r\n--x--\r\n"
	if got := read([]byte(dsn)); got.Class != Bounce || got.Files != nil {
		t.Errorf("bounce: %s with %d files", got.Class, len(got.Files))
	}
}

func trusted(t testing.TB, operator string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(operator, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	return pool
}

// proves C5: only the signature of an operator we trust, over the very bytes and
// for the address the envelope is from, makes its sender certain.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	operator, stranger := newOperator(t), newOperator(t)
	r := &Reader{Operators: trusted(t, operator), Domain: "pin.example"}
	inner := string(letter(ordinary, pdfOne, pdfTwo))
	body := entity(daticertOf("posta-certificata", "maria@pec.example", "id.1@gestore.example"), inner)
	good := sign(t, operator, body, operatorAddr)
	lf := bytes.ReplaceAll(good, []byte("\r\n"), []byte("\n"))
	for name, raw := range map[string][]byte{"as sent": good, "kept with LF": lf} {
		got := r.Read(raw, false, start)
		if got.Class != Envelope || got.From != "maria@pec.example" || len(got.Files) != 2 || got.Certified == nil {
			t.Fatalf("%s: %s from %s with %d files", name, got.Class, got.From, len(got.Files))
		}
		if c := got.Certified; c.ID != "id.1@gestore.example" || c.Operator != "Gestore di prova" || c.At.Format("2006-01-02T15:04:05-0700") != "2026-03-02T10:00:00+0100" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for name, raw := range map[string][]byte{
		"one byte changed":  bytes.Replace(good, []byte("In allegato."), []byte("In allegatO."), 1),
		"stranger":          sign(t, stranger, body, operatorAddr),
		"another address":   sign(t, operator, body, "someone@casa.example"),
		"a receipt inside":  sign(t, operator, entity(daticertOf("accettazione", "maria@pec.example", "i"), inner), operatorAddr),
		"no daticert":       sign(t, operator, strings.ReplaceAll(body, "application/xml; name=daticert.xml", "image/png"), operatorAddr),
		"document type":     sign(t, operator, entity("<!DOCTYPE postacert [<!ENTITY a \"b\">]>"+daticertOf("posta-certificata", "m@pec.example", "i"), inner), operatorAddr),
		"signature missing": bytes.Replace(good, []byte("application/pkcs7-signature; name=smime.p7s"), []byte("text/plain"), 1),
	} {
		got := r.Read(raw, false, start)
		if got.Class != Unproved || got.From == "maria@pec.example" || got.Certified != nil {
			t.Errorf("%s: %s from %s", name, got.Class, got.From)
		}
		if name != "no daticert" && len(got.Files) < 2 {
			t.Errorf("%s: its files are lost", name)
		}
	}
	if got := (&Reader{}).Read(good, false, start); got.Class != Unproved {
		t.Errorf("without operators: %s", got.Class)
	}
	if got := r.Read(good, false, start.AddDate(1, 0, 0)); got.Class != Unproved {
		t.Errorf("after the certificate's end: %s", got.Class)
	}
	holiday := sign(t, operator, entity(daticertOf("posta-certificata", "m@pec.example", "i"), string(letter("Auto-Submitted: auto-replied\r\n"+ordinary))), operatorAddr)
	if got := r.Read(holiday, false, start); got.Class != Automatic || got.Class.Answerable() {
		t.Errorf("holiday by PEC: %s", got.Class)
	}
}

// proves C5: a signed file is opened; what cannot be opened is refused later.
func TestSignedFile(t *testing.T) {
	t.Parallel()
	operator := newOperator(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "doc.pdf"), pdfOne, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"DER", "PEM"} {
		openssl(t, dir, "cms", "-sign", "-nodetach", "-binary", "-in", "doc.pdf", "-out", "doc.p7m", "-outform", form,
			"-signer", filepath.Join(operator, "cert.pem"), "-inkey", filepath.Join(operator, "key.pem"), "-stream")
		data, err := os.ReadFile(filepath.Join(dir, "doc.p7m"))
		if err != nil {
			t.Fatal(err)
		}
		raw := bytes.ReplaceAll(letter(ordinary, data), []byte("f0.pdf"), []byte("doc.pdf.p7m"))
		if got := read(raw); len(got.Files) != 1 || !bytes.Equal(got.Files[0], pdfOne) {
			t.Errorf("%s: %q", form, got.Files)
		}
	}
	bomb := bytes.Repeat([]byte{0x30, 0x80}, 1<<20)
	raw := bytes.ReplaceAll(letter(ordinary, bomb), []byte("f0.pdf"), []byte("doc.pdf.p7m"))
	if got := read(raw); len(got.Files) != 1 || !bytes.Equal(got.Files[0], bomb) {
		t.Error("a bomb is not kept as it came")
	}
}

// Two ways and two tries of one mail are one arrival, and other bytes another.
func TestEssence(t *testing.T) {
	t.Parallel()
	one := letter(ordinary, pdfOne)
	again := append([]byte("Received: by mx.example\r\n id 2\r\nDelivered-To: x@y.example\r\n"), one...)
	of := func(raw []byte) [sha256.Size]byte {
		h := sha256.New()
		essence(h, raw)
		return [sha256.Size]byte(h.Sum(nil))
	}
	if of(one) != of(again) || of(one) != of(bytes.ReplaceAll(one, []byte("\r\n"), []byte("\n"))) || of(one) != of(append(one, "\r\n\n"...)) {
		t.Error("the same mail on another way is another")
	}
	if of(one) == of(letter(ordinary, pdfTwo)) {
		t.Error("a taken Message-ID hides another mail")
	}
}

// proves C9: what is typed is found in a mail of a page alone, as programs of telephones
// write it, and in the plain text where there is one.
func TestTypedInPages(t *testing.T) {
	t.Parallel()
	page := "Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><title>x</title><style>p { color: red }</style></head><body>" +
		"<p>il&nbsp;codice: <b>ATCJ4</b>-7K2M9-X3PQD<br>Saluti<div>Maria</div><script>alert(1)</script>\r\n"
	for name, test := range map[string]struct{ raw, want string }{
		"a page alone":      {ordinary + page, "il codice: ATCJ4-7K2M9-X3PQD Saluti Maria"},
		"a page never ends": {ordinary + "Content-Type: text/html\r\n\r\n<p>codice <style>ATCJ4", "codice"},
		"empty plain text": {ordinary + "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n \r\n--x\r\n" +
			page + "--x--\r\n", "il codice: ATCJ4-7K2M9-X3PQD Saluti Maria"},
		"both": {ordinary + "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nin chiaro\r\n--x\r\n" +
			page + "--x--\r\n", "in chiaro"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typed := read([]byte(test.raw)).Typed
			if len(typed) != 2 || strings.Join(strings.Fields(typed[1]), " ") != test.want {
				t.Errorf("typed %q", typed)
			}
		})
	}
}
