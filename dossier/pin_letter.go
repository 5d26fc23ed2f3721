package dossier

import "time"

// A letter carries the second half of a PIN by post (A9). Its life is one
// table, in the manner of state.go.

// LetterState is where a letter stands.
type LetterState string

// The states of a letter. The comment says who acts next.
const (
	// LetterQueued is wanted: its PIN issue is in PINLetterReleased, and there is no
	// row of it yet. The next batch prints it.
	LetterQueued LetterState = "queued"
	// LetterPrinted is in a batch, sealed; the print house fetches it, and a supervisor says when it was posted.
	LetterPrinted LetterState = "printed"
	// LetterPosted is with the post; nobody can print it again. The holder activates the PIN.
	LetterPosted LetterState = "posted"
	// LetterLost never arrived, or too late: the half in it is void, another letter takes its place. It may still come back.
	LetterLost LetterState = "lost"
	// LetterReturned came back. Final.
	LetterReturned LetterState = "returned"
)

// LetterEvent is what may happen to a letter.
type LetterEvent string

// The events of a letter.
const (
	LetterEventPrinted  LetterEvent = "printed"  // the half was drawn, and the letter sealed
	LetterEventPosted   LetterEvent = "posted"   // the whole batch left; its keys are destroyed
	LetterEventLost     LetterEvent = "lost"     // the PIN is issued again
	LetterEventReturned LetterEvent = "returned" // the post brought it back
)

// letterTable is the whole life of a letter.
var letterTable = map[LetterState]map[LetterEvent]Step[LetterState]{
	LetterQueued: {
		LetterEventPrinted: {To: LetterPrinted},
	},
	LetterPrinted: {
		LetterEventPosted: {To: LetterPosted},
		LetterEventLost:   {To: LetterLost},
	},
	LetterPosted: {
		LetterEventLost:     {To: LetterLost},
		LetterEventReturned: {To: LetterReturned},
	},
	LetterLost: {
		LetterEventReturned: {To: LetterReturned},
	},
	LetterReturned: {},
}

// Next returns the step that event causes in state, or a conflict Error when
// the table has none.
func (s LetterState) Next(event LetterEvent) (Step[LetterState], error) {
	return next(letterTable, s, event)
}

// Destination is how far a letter travels: what its waiting time depends on.
type Destination string

// The destinations.
const (
	ToItaly     Destination = "italy"
	ToEurope    Destination = "europe"
	ToElsewhere Destination = "elsewhere"
)

// PINLetter is one letter, without what is in it.
type PINLetter struct {
	ID         string // also on its bar code; opaque
	PINIssueID string
	BatchID    string
	// N counts within the batch from 1.
	N           int
	State       LetterState
	Destination Destination
	// PrintedAt is when its half was drawn; PostedAt is zero before it was.
	PrintedAt, PostedAt time.Time
}

// Sheet is everything that a letter says. It is drawn once and kept sealed under
// a key of its own until it was posted, so that what is printed is what counts,
// however often it is printed. It must not get into logs: it prints as nothing.
type Sheet struct {
	Half    string    `json:"half"`
	Lang    string    `json:"lang"`
	Name    string    `json:"name"`
	Address Address   `json:"address"`
	Made    time.Time `json:"made"`
	// Expires is a moment of the last day on which the first half is good.
	Expires time.Time `json:"expires"`
	Agency  string    `json:"agency"`
	Return  string    `json:"return"`
	Portal  string    `json:"portal"`
	Phone   string    `json:"phone"`
}

// String keeps the half to itself.
func (Sheet) String() string { return "sheet" }

// GoString keeps the half to itself.
func (Sheet) GoString() string { return "sheet" }

// PrintedLetter is a letter that was opened to be printed.
type PrintedLetter struct {
	PINLetter
	Sheet Sheet
}

// LetterBatch is what goes to the print house at once (A9).
type LetterBatch struct {
	ID string
	// Day is that of Europe/Rome, ISO 8601.
	Day    string
	MadeAt time.Time
	// TakenAt is when a file of it was first handed out: it takes no more letters
	// since. FetchedAt is when that was the letters themselves, PostedAt when it left.
	// They are zero before.
	TakenAt, FetchedAt, PostedAt time.Time
	// Letters counts all of them, Lost and Returned some.
	Letters, Lost, Returned int
}

// PrintLetter puts a letter into the day's batch that was not taken yet, and
// begins one when there is none. It belongs into the change that moves the PIN
// issue by PINEventLetterPrinted and sets the half that is on the sheet.
type PrintLetter struct {
	LetterID   string
	PINIssueID string
	// Day is that of Europe/Rome, ISO 8601.
	Day         string
	Destination Destination
	Sheet       Sheet
}

// MoveLetter sends a letter an event: LetterEventLost or LetterEventReturned.
type MoveLetter struct {
	ID    string
	Event LetterEvent
}

// BatchFile names one of a batch's two files.
type BatchFile string

// The files of a batch.
const (
	FileLetters  BatchFile = "letters"
	FileManifest BatchFile = "manifest"
)

// TakeBatch records that a file of a batch is handed out; from the first time on
// the batch takes no more letters. It fails with CodeBatchPosted when the keys
// are gone.
type TakeBatch struct {
	BatchID string
	File    BatchFile
}

// PostBatch records that a batch left, and destroys the keys of its letters. It
// fails with CodeBatchPosted when it did before, and with CodeBatchNotTaken when
// nobody has its letters.
type PostBatch struct{ BatchID string }

func (PrintLetter) effect() {}
func (MoveLetter) effect()  {}
func (TakeBatch) effect()   {}
func (PostBatch) effect()   {}
