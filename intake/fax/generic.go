package fax

import (
	"encoding/json"
	"time"

	"dispositivo/internal/signed"
)

// generic is our own form, for gateways that have none: JSON, signed as package
// signed says. A call sent again, by the
// gateway or by whoever listened, has the first receipt and changes nothing.
type generic struct {
	secret []byte
	now    func() time.Time
}

// GenericFax is the body of a call in our own form.
type GenericFax struct {
	// ID is the gateway's own name of the fax, up to 200 printable characters. Another
	// fax under it is refused with CodeGatewayIDUsed.
	ID   string `json:"id"`
	From string `json:"from,omitempty"`
	// Pages is how many were announced; 0: the gateway does not know.
	Pages Announced `json:"pages,omitempty"`
	// Status is "received", "partial" or "failed".
	Status string `json:"status"`
	// File holds the pages as TIFF or PDF, in base64.
	File []byte `json:"file,omitempty"`
}

func (generic) fields() (id, pages string) { return "id", "file" }

func (g generic) read(c Call) (Notice, error) {
	if !signed.Proves(c.Header, g.secret, g.now(), c.Body) {
		return Notice{}, unproved()
	}
	var f GenericFax
	if err := json.Unmarshal(c.Body, &f); err != nil {
		return Notice{}, unreadable(err, "file")
	}
	n := Notice{Fax: Fax{ID: f.ID, Counted: true, From: f.From, Pages: int(f.Pages), Data: f.File}}
	switch f.Status {
	case "received":
	case "partial":
		n.Incomplete = true
	case "failed":
		n.Failed = true
	default:
		return Notice{}, invalid("status", "is none of received, partial and failed")
	}
	return n, nil
}
