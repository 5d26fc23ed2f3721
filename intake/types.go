package intake

import (
	"io"
	"time"

	"dispositivo/dossier"
)

// Arrival is something at the door of the upload channel.
type Arrival struct {
	Actor dossier.Actor
	// Filename is display text from the client; it is never trusted.
	Filename string
	// Body streams the bytes; it is read at most to the limit and one byte on.
	Body io.Reader
	// Declared is the length the client announced, framing included; 0 or less:
	// unknown. It only words a refusal.
	Declared int64
	// IdempotencyKey lets the client ask again; "" for none.
	IdempotencyKey string
	// CompositionID is the composition that the bytes are the result of; "" for
	// none.
	CompositionID string
}

// Receipt says that an arrival is safe: on disk and committed.
type Receipt struct {
	DossierID    string
	SubmissionID string
	Protocol     string
	State        dossier.State // of an upload's dossier
	ReceivedAt   time.Time     // of post
	// Repeated is true when this very arrival was received before.
	Repeated bool
}
