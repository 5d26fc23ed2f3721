package dossier

import "time"

// Message is something the holder is told. It is rendered when it is sent,
// then kept sealed, so that a second try sends the very same bytes.
type Message struct {
	ID        string
	HolderID  string // "": it answers a mail of anybody, see Answer
	DossierID string
	Kind      MessageKind
	// Occasion tells messages of one kind apart: a dossier's version, or the
	// submission a receipt is for.
	Occasion  string
	Sent      bool
	CreatedAt time.Time
	SentAt    time.Time
	// To is whom it goes to; nil: a contact on file.
	To *Contact
	// Values were drawn before it is worded; nil: none.
	Values map[string]string
	// Letter is what was rendered; nil before. A secret in it is masked once it
	// was handed over.
	Letter *Letter
	// Delivery is what receipts of PEC say of it; nil: there is none.
	Delivery *Delivery
}

// Contact is one contact of a holder.
type Contact struct {
	Kind  ContactKind `json:"kind"`
	Value string      `json:"value"`
}

// Minted is a secret drawn for a message while it is worded, never earlier
// (DESIGN, section 5).
type Minted struct {
	// To is whom the secret goes to; zero: whom the message goes to anyway.
	To Contact
	// Values fill the text; Masked take their place once it was handed over.
	Values, Masked map[string]string
	// Effects keep what proves the secret, in the transaction that seals the text.
	Effects []Effect
}

// The messages about a PIN that no transition causes.
const (
	// MessageFirstHalf carries the first half of a PIN (A7).
	MessageFirstHalf MessageKind = "first_half"
	// MessageSecondHalf carries the second half of a PIN that is sent instead of
	// posted, where the agency switched that on (B1).
	MessageSecondHalf MessageKind = "second_half"
	// MessageDeviceCode carries a code that makes a device known (B3).
	MessageDeviceCode MessageKind = "device_code"
	// MessageContactCode carries a code to a new contact (B11).
	MessageContactCode MessageKind = "contact_code"
	// MessageContactChanged tells an old contact of a new one (B11).
	MessageContactChanged MessageKind = "contact_changed"
	// MessageAskedAgain tells a holder that a PIN was asked for in his name while he has one.
	MessageAskedAgain MessageKind = "pin_asked_again"
	// MessageLetterUnderway tells who asked for another letter that one is on its way, and until when to wait (A9).
	MessageLetterUnderway MessageKind = "letter_underway"
	// MessagePINHandedOver tells that a PIN was handed over at an office (A5).
	MessagePINHandedOver MessageKind = "pin_handed_over"
	// MessagePINReminder tells that the window of a PIN closes soon (A9).
	MessagePINReminder MessageKind = "pin_reminder"
)

// LetterByPEC is the Class of a Letter that goes by PEC (internal/notify).
const LetterByPEC = "pec"

// Letter is a rendered message.
type Letter struct {
	Class     string `json:"class"`
	To        string `json:"to"`
	Subject   string `json:"subject"`
	Text      string `json:"text"`
	MessageID string `json:"message_id"`
	// InReplyTo is the Message-ID of the mail that this answers, with its angle
	// brackets; "": none.
	InReplyTo string `json:"in_reply_to,omitempty"`
}
