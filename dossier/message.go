package dossier

import "time"

// Message is something the holder is told. It is rendered when it is sent,
// then kept sealed, so that a second try sends the very same bytes.
type Message struct {
	ID        string
	HolderID  string
	DossierID string
	Kind      MessageKind
	// Occasion tells messages of one kind apart: a dossier's version, or the
	// submission a receipt is for.
	Occasion  string
	Sent      bool
	CreatedAt time.Time
	SentAt    time.Time
	// Letter is what was rendered; nil before.
	Letter *Letter
}

// Letter is a rendered message.
type Letter struct {
	Class     string `json:"class"`
	To        string `json:"to"`
	Subject   string `json:"subject"`
	Text      string `json:"text"`
	MessageID string `json:"message_id"`
}
