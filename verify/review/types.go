package review

import (
	"time"

	"dispositivo/dossier"
)

// PageRef names one page of one document.
type PageRef struct {
	DocumentID string `json:"document_id"`
	N          int    `json:"n"`
}

// Claim is a dossier in one reviewer's hands until the lease ends.
type Claim struct {
	ID         string
	DossierID  string
	Version    int64
	Pages      []PageRef
	LeaseUntil time.Time
}

// Filter narrows the queue; zero fields do not.
type Filter struct {
	State     dossier.State
	Office    string
	Escalated bool
}

// Item is one dossier in the queue.
type Item struct {
	DossierID string
	Protocol  string
	State     dossier.State
	Office    string
	Since     time.Time
	DueAt     time.Time
	Escalated bool
	Claimed   bool // by anybody
	Mine      bool
	ReviewID  string // when mine
	Pages     int
	Findings  []dossier.Finding
}

// Case is everything a reviewer looks at.
type Case struct {
	Claim   Claim
	Dossier dossier.Dossier
	// Person is the data on file today, Form what was printed on the form.
	Person dossier.Person
	Form   dossier.Person
	// Zones is what the machine read off identity documents; each is proved by
	// its check digits, and none decides.
	Zones     []dossier.Zone
	Kind      dossier.Kind
	Seen      map[PageRef]bool
	Decisions []dossier.Decision
	History   []Event
	FourEyes  bool
}

// Event is one line of a dossier's history.
type Event struct {
	At     time.Time
	Actor  string
	Action string
}

// Size is how large a page image is asked for.
type Size string

// The sizes of a page image.
const (
	SizeFull  Size = "full"
	SizeThumb Size = "thumb"
)

// Image is a page as the sandbox re-encoded it.
type Image struct {
	ContentType string
	Data        []byte
}

// Verdict is what the reviewer says.
type Verdict struct {
	Action dossier.Action
	Reason dossier.Reason
	// Note is internal and never shown to the holder.
	Note string
	// Version is the dossier's version the reviewer saw.
	Version int64
}
