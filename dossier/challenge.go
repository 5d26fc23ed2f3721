package dossier

import "time"

// Purpose is what a challenge is for.
type Purpose string

// The purposes.
const (
	// PurposeContact proves that a new contact is the holder's (B11).
	PurposeContact Purpose = "contact"
	// PurposeDevice makes a device known, if need be during a lock (B3).
	PurposeDevice Purpose = "device"
)

// PurposeActivation proves a contact that is given while a PIN is activated (B1);
// each kind has a challenge of its own.
func PurposeActivation(kind ContactKind) Purpose { return Purpose("activation " + string(kind)) }

// Challenge is a code sent to a contact, to be typed back by who reads it there.
type Challenge struct {
	ID       string
	HolderID string
	Purpose  Purpose
	// Kind and Value are the contact it is sent to, which need not be on file.
	Kind  ContactKind
	Value string
	// KeyedCode is the keyed hash of the code; empty until it was drawn.
	KeyedCode []byte
	Wrong     int
	// Until is when it is over; before the code is drawn, when that is too late.
	Until time.Time
}

// ContactKind names one of a holder's contacts.
type ContactKind string

// The kinds of contact (A1, B1).
const (
	ContactMobile      ContactKind = "mobile"
	ContactEmail       ContactKind = "email"
	ContactPEC         ContactKind = "pec"
	ContactCitizenPEC  ContactKind = "citizen_pec"
	ContactPhone       ContactKind = "phone"
	ContactOfficePhone ContactKind = "office_phone"
	ContactFax         ContactKind = "fax"
)

// ContactKinds lists every kind, in the order people are asked for them.
func ContactKinds() []ContactKind {
	return []ContactKind{
		ContactMobile, ContactEmail, ContactPEC, ContactCitizenPEC, ContactPhone, ContactOfficePhone, ContactFax,
	}
}

// CanConfirm reports whether a code can be sent to contacts of this kind.
func (k ContactKind) CanConfirm() bool {
	switch k {
	case ContactMobile, ContactEmail, ContactPEC, ContactCitizenPEC:
		return true
	case ContactPhone, ContactOfficePhone, ContactFax:
		return false
	}
	return false
}

// ContactMark says since when a contact is what it is.
type ContactMark struct {
	// ChangedAt is when it was set; ConfirmedAt when a code sent to it was typed
	// back, zero if never.
	ChangedAt   time.Time `json:"changed_at"`
	ConfirmedAt time.Time `json:"confirmed_at"`
}
