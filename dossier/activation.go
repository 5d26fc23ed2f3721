package dossier

import "time"

// Activation is a PIN on the way from its first half to its second (B1): what
// the holder gave in between, which counts only with the activation itself.
type Activation struct {
	PINIssueID string
	HolderID   string
	// SessionKey is the hash of the token of the session that it goes on in.
	SessionKey []byte
	StartedAt  time.Time
	// Until is when it is over if it was not finished.
	Until time.Time
	// Given are the contacts; sealed at rest, empty before they were given.
	Given []GivenContact
}

// GivenContact is a contact given while a PIN is activated.
type GivenContact struct {
	Kind  ContactKind `json:"kind"`
	Value string      `json:"value"`
	// OnFile: it is the one on file and stays as it is there, because a code that
	// was sent to it came back before, or none can be sent to its kind.
	OnFile bool `json:"on_file"`
	// Confirmed: the code sent to it was typed back.
	Confirmed bool `json:"confirmed"`
}

// Waits reports whether a code is to be typed back before the contact counts.
func (g GivenContact) Waits() bool { return g.Kind.CanConfirm() && !g.OnFile && !g.Confirmed }

// SetActivation notes how far an activation is; the one before it of the same
// issue is forgotten.
type SetActivation struct{ Activation Activation }

// CloseActivation forgets the activation of an issue. It fails with CodeConflict
// when there is none, so that one activation ends once.
type CloseActivation struct{ PINIssueID string }

func (SetActivation) effect()   {}
func (CloseActivation) effect() {}
