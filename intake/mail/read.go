package mail

import (
	"bytes"
	"crypto/x509"
	"hash"
	"mime"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
)

// Reading is what was found in a message.
type Reading struct {
	Class Class
	// From is the sender: certified for an Envelope, else as the message claims;
	// "" when it names none, or several.
	From string
	// MessageID is that of the message, with its angle brackets, cut to a length
	// that can be kept.
	MessageID string
	// About is the Message-ID of the message that a Receipt tells of, with its angle
	// brackets; Kind says what it tells, such as "accettazione". Both are the
	// signature's when there is one, else what the message claims.
	About, Kind string
	// Typed are subject and text, in which the code of a form may stand.
	Typed []string
	// Files are the documents in their order; Coded are, beside them, the lines of
	// base64 in which each stands in the message, where it was so and is large.
	Files, Coded [][]byte
	// PassedOver is how many files of kinds that are not read came beside them.
	PassedOver int
	// Faxes are the pages of a fax in the message (T.37), in their order.
	Faxes [][]byte
	// Certified is what is proved of an Envelope; nil for all else.
	Certified *Certified
	// Proved is what a Receipt certifies of a message of ours; nil for one that
	// proves nothing, and for all else.
	Proved *dossier.PECReceipt
}

// Reader takes messages apart. It is pure and safe for concurrent use.
type Reader struct {
	// Operators are the certificates of the operators of PEC, or of who issues
	// them; nil: no envelope is believed.
	Operators *x509.CertPool
	// Domain is that of our own Message-IDs.
	Domain string
	// Box is the address that our messages by PEC leave from; "": no receipt is
	// believed.
	Box string
}

// maxTyped bounds each text that is kept beside the pages, in bytes.
const maxTyped = 2000

// Read takes a message apart. It never fails: of a message that is too complex, or
// is none, the whole is the one document, so that it is refused with an answer.
func (r *Reader) Read(raw []byte, nullSender bool, now time.Time) Reading {
	raw = withoutMbox(raw)
	m, err := walk(raw, intake.MaxOriginal)
	if err != nil {
		return r.unreadable(raw, nullSender)
	}
	read := Reading{
		Class: classify(r.claims(m, nullSender)), From: address(m.header), MessageID: messageID(m.header),
	}
	if read.Class == Receipt {
		read.Kind, read.About = token(m.header.Get("X-Ricevuta")), short(m.header.Get("X-Riferimento-Message-Id"))
		if read.Proved = r.receipt(raw, now); read.Proved != nil {
			read.Kind, read.About = string(read.Proved.Kind), "<"+read.Proved.MessageID+">"
		}
		return read
	}
	if read.Class == Unproved {
		if cert, inner, err := openEnvelope(raw, r.Operators, now); err == nil {
			return r.envelope(read, cert, inner)
		}
	}
	return read.fill(m)
}

// withoutMbox takes off the line that mail boxes of files put in front.
func withoutMbox(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		return raw
	}
	_, rest, _ := bytes.Cut(raw, []byte("\n"))
	return rest
}

// envelope reads the message within a proved envelope, once: another envelope in
// it is a forwarded one, and proves nothing of its sender.
func (r *Reader) envelope(read Reading, cert Certified, inner []byte) Reading {
	m, err := walk(inner, intake.MaxOriginal)
	if err != nil {
		read = Reading{MessageID: read.MessageID, Files: [][]byte{inner}}
	} else {
		// An automatic answer comes by PEC too, and is as little answered.
		class := classify(r.claims(m, false))
		read.Class = class
		read = read.fill(m)
	}
	if err != nil || read.Class == Submission || read.Class == Unproved || read.Class == Anomaly {
		read.Class = Envelope
	}
	read.From, read.Certified = cert.Sender, &cert
	return read
}

// fill takes documents and texts of a message that may bring some.
func (read Reading) fill(m message) Reading {
	if !read.Class.Brings() {
		return read
	}
	read.Typed = texts(m)
	docs, passedOver := documents(m.parts)
	read.PassedOver = passedOver
	for _, p := range docs {
		read.Files, read.Coded = append(read.Files, p.data), append(read.Coded, p.coded)
	}
	for _, p := range m.parts {
		if p.typ == "image/tiff" || p.typ == "image/tiff-fx" {
			read.Faxes = append(read.Faxes, p.data)
		}
	}
	return read
}

// unreadable is the reading of what cannot be taken apart. Its header may still
// say that it must not be answered.
func (r *Reader) unreadable(raw []byte, nullSender bool) Reading {
	read := Reading{Class: Automatic, Files: [][]byte{raw}}
	if len(raw) == 0 {
		read.Files = nil
	}
	if header, _, err := split(raw); err == nil {
		read.Class = classify(r.claims(message{header: header}, nullSender))
		read.From, read.MessageID = address(header), messageID(header)
	}
	if !read.Class.Brings() {
		read.Files = nil
	}
	return read
}

func (r *Reader) claims(m message, nullSender bool) claims {
	return claims{header: m.header, typ: m.typ, params: m.params, nullSender: nullSender, ours: r.Domain}
}

// texts are the subject and the beginnings of the first texts; of a mail that says
// nothing in plain text, those of its pages.
func texts(m message) []string {
	const most = 3
	subject, err := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject"))
	if err != nil {
		subject = m.header.Get("Subject")
	}
	var plain, pages []string
	for _, p := range m.parts {
		switch {
		case p.name != "":
		case p.typ == "text/plain" && len(bytes.TrimSpace(p.data)) > 0:
			plain = append(plain, clip(string(p.data)))
		case p.typ == "text/html":
			pages = append(pages, clip(wordsOf(p.data)))
		}
	}
	if plain == nil {
		plain = pages
	}
	typed := append([]string{clip(subject)}, plain...)
	return typed[:min(len(typed), most)]
}

func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxTyped)], "")
}

// address is the one address a message is from; "" when it names none, or more.
func address(h textproto.MIMEHeader) string {
	if len(h.Values("From")) != 1 {
		return ""
	}
	list, err := (&mail.AddressParser{WordDecoder: new(mime.WordDecoder)}).ParseList(h.Get("From"))
	if err != nil || len(list) != 1 || !plain(list[0].Address) {
		return ""
	}
	return list[0].Address
}

// messageID is the message's own, "" when it has none that can be kept.
func messageID(h textproto.MIMEHeader) string { return short(h.Get("Message-Id")) }

func short(s string) string {
	s = strings.TrimSpace(s)
	if !plain(s) {
		return ""
	}
	return s
}

// token keeps the letters of a header that is one of few words.
func token(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "other"
	}
	return s
}

// essence writes what stays of a message on every way and every retry: all but the
// lines that mail servers put in front. Two copies that came on two ways are one.
func essence(to hash.Hash, raw []byte) {
	n := headerLength(raw)
	header, body := raw[:n], bytes.TrimRight(raw[n:], "\r\n")
	const chunk = 32 << 10
	kept := make([]byte, 0, chunk)
	for _, name := range []string{"message-id", "date", "from", "subject"} {
		kept = append(append(kept, field(header, name)...), '\n')
	}
	for len(body) > 0 {
		line, rest, found := bytes.Cut(body, []byte("\r\n"))
		if kept = append(kept, line...); found {
			kept = append(kept, '\n')
		}
		if body = rest; len(kept) > chunk-1000 { // a line has at most 998 characters, as a rule
			to.Write(kept)
			kept = kept[:0]
		}
	}
	to.Write(kept)
}

// field is the value of the first header field of a name, unfolded.
func field(header []byte, name string) []byte {
	var value []byte
	in := false
	for line := range bytes.Lines(header) {
		switch {
		case in && (line[0] == ' ' || line[0] == '\t'):
			value = append(value, bytes.TrimSpace(line)...)
			continue
		case in:
			return value
		}
		key, rest, ok := bytes.Cut(line, []byte(":"))
		if in = ok && strings.EqualFold(string(bytes.TrimSpace(key)), name); in {
			value = append(value, bytes.TrimSpace(rest)...)
		}
	}
	return value
}
