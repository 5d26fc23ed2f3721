package fax

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"time"

	"dispositivo/internal/signed"
)

// telnyx reads the calls of Telnyx's Programmable Fax API: JSON, signed by Ed25519
// over timestamp, "|" and the raw body.
type telnyx struct {
	key ed25519.PublicKey
	now func() time.Time
}

// telnyxEvent is what we need of an event.
type telnyxEvent struct {
	Data struct {
		EventType string `json:"event_type"`
		Payload   struct {
			FaxID          string    `json:"fax_id"`
			From           string    `json:"from"`
			Direction      string    `json:"direction"`
			MediaURL       string    `json:"media_url"`
			PageCount      Announced `json:"page_count"`
			PartialContent bool      `json:"partial_content"`
		} `json:"payload"`
	} `json:"data"`
}

// telnyxMedia is where the pages are.
const telnyxMedia = "data.payload.media_url"

func (telnyx) fields() (id, pages string) { return "data.payload.fax_id", telnyxMedia }

func (t telnyx) read(c Call) (Notice, error) {
	stamp := c.Header.Get("Telnyx-Timestamp")
	signature, err := base64.StdEncoding.DecodeString(c.Header.Get("Telnyx-Signature-Ed25519"))
	if err != nil || !signed.Fresh(stamp, t.now()) || !ed25519.Verify(t.key, append([]byte(stamp+"|"), c.Body...), signature) {
		return Notice{}, unproved()
	}
	var e telnyxEvent
	if err := json.Unmarshal(c.Body, &e); err != nil {
		return Notice{}, unreadable(err, theBody)
	}
	p := e.Data.Payload
	n := Notice{Fax: Fax{ID: p.FaxID, From: p.From, Pages: int(p.PageCount), Incomplete: p.PartialContent}}
	switch {
	case e.Data.EventType == "fax.received":
		if n.MediaURL = p.MediaURL; n.MediaURL == "" {
			return Notice{}, invalid(telnyxMedia, "is missing")
		}
	case e.Data.EventType == "fax.failed" && p.Direction == "inbound":
		n.Failed = true
	default:
		n.Nothing = true
	}
	return n, nil
}
