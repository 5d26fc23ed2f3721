package dossier

import "time"

// MessageConversionAsked tells every contact on file that a conversion was asked
// for, by which channel, and brings the link that stops it (C12).
const MessageConversionAsked MessageKind = "conversion_asked"

// Stop is what a link leads to that stops a conversion. Each message that tells
// of one has a link of its own, which is used once; whoever holds it need not
// be signed in.
type Stop struct {
	MessageID, HolderID, DossierID string
}

// MintStop says which link a message brings; a message that is worded anew has
// another one, and the one before leads nowhere.
type MintStop struct {
	MessageID string
	Handle    string // kept as a keyed hash
}

// UseStop ends a link. It fails with CodeConflict when it was used already.
type UseStop struct {
	MessageID string
	// Suspends opens a case: the conversion was carried out before, and the PIN is
	// suspended in the same change.
	Suspends bool
}

// StopCase is a PIN that a link suspended after its conversion, until an operator
// resumes or revokes it. It names nobody.
type StopCase struct {
	HolderID, DossierID string
	At                  time.Time
}

func (MintStop) effect() {}
func (UseStop) effect()  {}
