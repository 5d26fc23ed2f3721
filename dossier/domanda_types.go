package dossier

import "time"

// Domanda is an application as it was filed.
type Domanda struct {
	ID       string
	HolderID string
	// Service is the id of the service it was filed for (pin/services).
	Service string
	State   DomandaState
	// DelegateID is the holder who filed it for this one (B10); "" for nobody.
	DelegateID string
	// Protocol is its entry in the register: when it was filed, for all time limits.
	Protocol Protocol
	// Title is the service's name as the holder read it; Note what the holder
	// wrote. At rest both are sealed under the holder's key.
	Title, Note string
	// ReleasedAt is when the conversion released it; zero: it was never held, or still is.
	ReleasedAt time.Time
}

// WasHeld reports whether it was filed with a PIN that might not act.
func (d Domanda) WasHeld() bool { return d.State == DomandaHeld || !d.ReleasedAt.IsZero() }

// Filing files a domanda and gives it the next number of the register, last of
// all in the transaction (DESIGN, section 3). What the PIN empowers is read from
// its row, locked in the same transaction, so that a conversion at the same
// moment comes wholly before or wholly after: taken if it covers Needs, held if
// MayBeHeld, else refused with CodeForbidden. A PIN that is no longer what the
// caller saw it to be, gone or not in use, fails with CodeConflict.
//
// A repeat is the same idempotency key of the same holder; with another content
// it fails with CodeIdempotency.
type Filing struct {
	Domanda    Domanda
	PINIssueID string
	Needs      Kind
	MayBeHeld  bool
	// IdempotencyKey is the client's, or the form's; "" for none.
	IdempotencyKey string
}

// NoteEntry writes into the log that a holder entered a service.
type NoteEntry struct{ HolderID, Service string }

func (NoteEntry) effect() {}
