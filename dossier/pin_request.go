package dossier

import "time"

// TimeBand is when somebody would like to be called back (A1), in Italian time.
type TimeBand string

// The bands.
const (
	BandMorning   TimeBand = "morning"   // 9 to 13
	BandAfternoon TimeBand = "afternoon" // 13 to 17
	BandEvening   TimeBand = "evening"   // 17 to 20
	BandAny       TimeBand = "any"
)

// TimeBands lists every band, in the order people are offered them.
func TimeBands() []TimeBand { return []TimeBand{BandMorning, BandAfternoon, BandEvening, BandAny} }

// PINRequest is one request for a PIN that waits for the call of the contact
// centre (A3). What was asked with is kept beside what is on file, and takes its
// place only when a person confirmed it on the telephone.
type PINRequest struct {
	ID       string
	HolderID string
	// Issue is the PIN asked for: its state says where the request stands, its
	// version which operator was faster.
	Issue PINIssue
	// Asked is what the request said; sealed at rest, and empty in lists.
	Asked AskedData
	Band  TimeBand
	// Attempts counts the calls that nobody answered.
	Attempts int
	AskedAt  time.Time
	// DueAt is until when the contact centre should have called.
	DueAt time.Time
}

// AskedData is what a request said about a person.
type AskedData struct {
	Person Person     `json:"person"`
	Type   HolderType `json:"type"`
	// HalfTo is the contact the first half went to; zero: it waits for the call.
	HalfTo Contact `json:"half_to"`
}

// CallWithin is how soon the contact centre calls (A3).
const CallWithin = 48 * time.Hour

// OpenRequest puts a request on the work list; an older one for the same issue
// leaves it.
type OpenRequest struct{ Request PINRequest }

// CountAttempt notes a call that nobody answered.
type CountAttempt struct{ RequestID string }

// CloseRequest takes a request off the work list. It fails with CodeConflict
// when it is off already.
type CloseRequest struct{ RequestID string }

// NoteAsked writes down that a PIN was asked for in the name of who has one: the
// holder reads it in the log, and every request costs a commit alike.
type NoteAsked struct{ HolderID string }

func (NoteAsked) effect()    {}
func (OpenRequest) effect()  {}
func (CountAttempt) effect() {}
func (CloseRequest) effect() {}
