package mail

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// maxDaticert bounds daticert.xml, in bytes.
const maxDaticert = 256 << 10

// daticert is what is used of daticert.xml.
type daticert struct {
	Certified

	kind string // posta-certificata, accettazione, …
	// about is the Message-ID of the message that a receipt tells of, without angle
	// brackets; "" when it names none that can be compared.
	about string
	// failed is why it was not delivered, as operators put it: nessuno, no-dest …
	failed string
	// to are the recipients a receipt speaks of: the one it was, or was not, delivered
	// to; of all else, every recipient of the message.
	to []string
}

// daticertXML is the document (DM 2/11/2005, technical rules, section 7.4). It has
// as many destinatari as the message.
type daticertXML struct {
	XMLName    xml.Name `xml:"postacert"`
	Kind       string   `xml:"tipo,attr"`
	Failed     string   `xml:"errore,attr"`
	Sender     string   `xml:"intestazione>mittente"`
	Recipients []string `xml:"intestazione>destinatari"`
	Data       struct {
		Operator string `xml:"gestore-emittente"`
		Date     struct {
			Zone string `xml:"zona,attr"`
			Day  string `xml:"giorno"`
			Time string `xml:"ora"`
		} `xml:"data"`
		ID        string `xml:"identificativo"`
		About     string `xml:"msgid"`
		Delivered string `xml:"consegna"`
	} `xml:"dati"`
}

// readDaticert parses daticert.xml. Go's parser expands no entity but the five of
// XML and fetches nothing; a document type is refused all the same.
func readDaticert(data []byte) (daticert, error) {
	if len(data) == 0 || len(data) > maxDaticert || bytes.Contains(data, []byte("<!")) {
		return daticert{}, fmt.Errorf("%w: no daticert.xml that can be read", errNotProved)
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) { return charset.NewReaderLabel(label, in) }
	var x daticertXML
	if err := dec.Decode(&x); err != nil {
		return daticert{}, fmt.Errorf("%w: daticert.xml: %w", errNotProved, err)
	}
	at, err := time.Parse("02/01/2006 15:04:05 -0700", strings.Join([]string{
		strings.TrimSpace(x.Data.Date.Day), strings.TrimSpace(x.Data.Date.Time), strings.TrimSpace(x.Data.Date.Zone),
	}, " "))
	if err != nil {
		return daticert{}, fmt.Errorf("%w: daticert.xml: time: %w", errNotProved, err)
	}
	d := daticert{
		kind: strings.TrimSpace(x.Kind), failed: strings.TrimSpace(x.Failed), about: strings.Trim(short(x.Data.About), "<>"),
		to: recipients(x), Certified: Certified{
			Sender: strings.TrimSpace(x.Sender), At: at, ID: strings.TrimSpace(x.Data.ID), Operator: strings.TrimSpace(x.Data.Operator),
		},
	}
	if d.kind == "" || !plain(d.Sender) || !plain(d.ID) {
		return daticert{}, fmt.Errorf("%w: daticert.xml names no sender, or no message", errNotProved)
	}
	return d, nil
}

func recipients(x daticertXML) []string {
	all := x.Recipients
	if strings.TrimSpace(x.Data.Delivered) != "" {
		all = []string{x.Data.Delivered}
	}
	var to []string
	for _, r := range all {
		if r = short(r); r != "" {
			to = append(to, r)
		}
	}
	return to
}

// plain reports whether a name from outside can be kept and compared.
func plain(s string) bool {
	return s != "" && len(s) <= 320 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
