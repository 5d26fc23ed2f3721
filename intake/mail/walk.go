package mail

import (
	"bytes"
	"errors"
	"maps"
	"net/textproto"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// The limits of one message. They are far above what people send, and keep a
// message that was made to hurt from costing more than its size.
const (
	maxDepth      = 4    // messages within messages, and files that wrap others
	maxMultiparts = 64   // so that parts cannot lie deeper than this
	maxBorders    = 2000 // lines that could begin a part
	maxParts      = 200  // parts that are looked at
	maxHeader     = 256 << 10
)

// smallPicture is up to what size, in bytes, a picture that stands in the text under a
// name of its own is taken for a logo. Telephones put photographs there: what they
// attach is "inline" too.
const smallPicture = 16 << 10

var (
	errComplex = errors.New("mail: too many parts, or too deep")
	errLarge   = errors.New("mail: the parts are larger than allowed")
	errHeader  = errors.New("mail: no header, or too large a one")
)

// part is a leaf of a message: its bytes, decoded, and what its sender says of it.
type part struct {
	typ  string // media type in lower case; "" when there is none
	name string // the sender's; only its ending is looked at
	// shown says that the part belongs to a text, such as a logo in it.
	shown bool
	data  []byte
	// coded are the lines of base64 that data was decoded from, where they were lifted.
	coded []byte
}

// message is a message taken apart.
type message struct {
	header textproto.MIMEHeader
	// typ and params are the media type of the whole.
	typ    string
	params map[string]string
	parts  []part
}

// walk takes a message apart: nested messages, TNEF, signed files and uuencoded
// ones as well. Its parts together hold at most limit bytes.
func walk(raw []byte, limit int64) (message, error) {
	w := walker{left: limit, coded: map[*enmime.Part][]byte{}}
	root, err := w.read(raw)
	if err != nil {
		return message{}, err
	}
	m := message{header: root.Header, typ: strings.ToLower(root.ContentType), params: root.ContentTypeParams}
	if err := w.tree(root, 0, false); err != nil {
		return message{}, err
	}
	m.parts = w.parts
	return m, nil
}

// walker counts what was taken out so far.
type walker struct {
	left  int64
	parts []part
	// coded are the lines that parts were decoded from.
	coded map[*enmime.Part][]byte
}

// read parses one message, as far as it costs no more than it should.
func (w *walker) read(raw []byte) (*enmime.Part, error) {
	root, coded, err := parse(raw, liftFrom)
	maps.Copy(w.coded, coded)
	return root, err
}

// parser keeps what can be kept of damaged parts.
var parser = enmime.NewParser(
	enmime.SkipMalformedParts(true), enmime.DisableCharacterDetection(true), enmime.MaxStoredPartErrors(8),
	enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
)

// affordable counts what could open a multipart or begin a part. The parser has
// no limits of its own: each level reads all of the message again, and each part
// costs a kilobyte.
func affordable(raw []byte) bool {
	if headerLength(raw) > maxHeader {
		return false
	}
	borders := bytes.Count(raw, []byte("\n--"))
	return borders <= maxBorders && countFold(raw, "boundary") <= maxMultiparts
}

// headerLength is how many bytes stand before the first empty line.
func headerLength(raw []byte) int {
	n := len(raw)
	for _, gap := range []string{"\r\n\r\n", "\n\n"} { // in this order: most messages are not looked through
		if i := bytes.Index(raw[:n], []byte(gap)); i >= 0 {
			n = i
		}
	}
	return n
}

// countFold counts a word of lower case letters in any case.
func countFold(raw []byte, word string) int {
	n := 0
	for i := 0; i+len(word) <= len(raw); i++ {
		if raw[i]|0x20 == word[0] && strings.EqualFold(string(raw[i:i+len(word)]), word) {
			n++
			i += len(word) - 1
		}
	}
	return n
}

// tree goes through a parsed message in order. Related: the parts belong to a text.
func (w *walker) tree(p *enmime.Part, depth int, related bool) error {
	if p.FirstChild == nil {
		return w.leaf(part{
			typ: strings.ToLower(p.ContentType), name: p.FileName, data: p.Content, coded: w.coded[p],
			shown: !strings.EqualFold(p.Disposition, "attachment") &&
				(related || p.ContentID != "" || strings.EqualFold(p.Disposition, "inline") && (p.FileName == "" || len(p.Content) < smallPicture)),
		}, depth)
	}
	for child := p.FirstChild; child != nil; child = child.NextSibling {
		if err := w.tree(child, depth, related || p.ContentType == "multipart/related"); err != nil {
			return err
		}
	}
	return nil
}

// leaf keeps a part, or what is in it.
func (w *walker) leaf(p part, depth int) error {
	if depth > maxDepth || len(w.parts) >= maxParts {
		return errComplex
	}
	if w.left -= int64(len(p.data)); w.left < 0 {
		return errLarge
	}
	inner, err := w.unwrap(p, depth)
	if inner || err != nil {
		return err
	}
	w.parts = append(w.parts, p)
	return nil
}

// unwrap opens a part that is a wrapping and nothing else; false: it is none, or
// cannot be opened.
func (w *walker) unwrap(p part, depth int) (bool, error) {
	switch {
	case p.typ == "message/rfc822" || p.typ == "message/global" || p.named(".eml") && !p.isDocument():
		root, err := w.read(p.data)
		if errors.Is(err, errHeader) {
			return false, nil
		}
		if err != nil {
			return true, err
		}
		return true, w.tree(root, depth+1, false)
	case p.typ == "application/ms-tnef" || bytes.HasPrefix(p.data, tnefMagic):
		return w.all(untnef(p.data), depth)
	case p.named(".p7m") || p.typ == "application/pkcs7-mime" || p.typ == "application/x-pkcs7-mime":
		return w.unsign(p, depth)
	case p.typ == "" || p.typ == "text/plain":
		files := uudecode(p.data)
		if _, err := w.all(files, depth); err != nil {
			return true, err
		}
	}
	return false, nil
}

// all keeps the files that were in a wrapping; true when there were some.
func (w *walker) all(files []part, depth int) (bool, error) {
	for _, f := range files {
		if err := w.leaf(f, depth+1); err != nil {
			return true, err
		}
	}
	return len(files) > 0, nil
}

// unsign opens a CAdES envelope. It proves nothing here: who signed a document is
// no question of the mail that brought it.
func (w *walker) unsign(p part, depth int) (bool, error) {
	content, err := signedContent(p.data)
	if err != nil {
		return false, nil //nolint:nilerr // what cannot be opened stays as it came, and is refused with a reason
	}
	inner := part{name: strings.TrimSuffix(strings.ToLower(p.name), ".p7m"), data: content}
	if strings.HasPrefix(p.typ, "application/") && (p.name == "" || strings.HasPrefix(strings.ToLower(p.name), "smime")) {
		inner.typ, inner.name = "message/rfc822", "" // S/MIME: the content is an entity with its own header
	}
	return true, w.leaf(inner, depth+1)
}

// named reports whether the part's name ends so.
func (p part) named(ending string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSpace(p.name)), ending)
}
