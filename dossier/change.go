package dossier

import "time"

// Change is one transaction: at most one submission, one dossier and one PIN
// issue move along their tables, with everything that belongs to it. The store applies it whole
// or not at all; nothing else changes a state.
type Change struct {
	Actor      Actor
	Submission *SubmissionMove
	Dossier    *Move
	PIN        *PINMove
	// Admit brings in a new submission. When it is a repeat of one that is
	// already in, nothing else of the change happens.
	Admit *Admission
	// File files a domanda. When it is a repeat of one that is already filed,
	// nothing else of the change happens.
	File *Filing
	// Effects are applied after the moves, in order.
	Effects []Effect
	// Closes is the task whose work this is; "" when a person caused it.
	Closes string
}

// Move sends a dossier an event.
type Move struct {
	ID    string
	Event Event
	// Version is the one the caller saw; 0 accepts any.
	Version int64
	// Reason is why an operator did it, for the log; a code, never personal.
	Reason string
}

// SubmissionMove sends a submission an event.
type SubmissionMove struct {
	ID    string
	Event SubmissionEvent
	// Refusal is why an operator refused it.
	Refusal RefusalReason
}

// PINMove sends a PIN issue an event.
type PINMove struct {
	ID    string
	Event PINEvent
	// Version is the one the caller saw; 0 accepts any.
	Version int64
	// Reason is why an operator did it; a code, never personal.
	Reason string
}

// Outcome is what a Change led to.
type Outcome struct {
	// State and Version are the dossier's after the change, when one moved.
	State   State
	Version int64
	// Submission is the one admitted, or the earlier one that it repeats.
	Submission Submission
	// Domanda is the one filed, or the earlier one that it repeats.
	Domanda  Domanda
	Repeated bool
}

// Effect is what a Change does besides moving states. The set is closed; the
// store knows each.
type Effect interface{ effect() }

// Admission records a new submission with its files and gives it the next
// number of the register, last of all in the transaction (DESIGN, section 3).
// It causes TaskScreen, and MessageReceipt when the holder is known. A repeat
// is the same external id on the channel, the same idempotency key, or the
// same bytes in the same dossier.
type Admission struct {
	Submission Submission
	// ExternalID is unique within the channel.
	ExternalID string
	// Sender finds what the same sender sent before; kept as a keyed hash. "": unknown.
	Sender string
	// IdempotencyKey is the client's (draft-ietf-httpapi-idempotency-key-header); "" for
	// none. The same key with other bytes fails with CodeIdempotency.
	IdempotencyKey string
	// CompositionID is the composition that the holder confirmed: its originals
	// become evidence of the submission. "" for none.
	CompositionID string
	// Receipt is what the submission certifies of a message of ours, when it is that
	// and its signature was proved; nil otherwise.
	Receipt *PECReceipt
}

// OpenDossier begins a dossier in StateOpen with the data printed on its form.
// It fails with CodeConflict when the PIN issue has an open one.
type OpenDossier struct {
	Dossier Dossier
	Form    Person
	TokenID string
	// StatusCode is kept sealed and as a keyed hash.
	StatusCode string
}

// EraseFile destroys a file's key and forgets where its bytes and images lie,
// so that nothing opens them again; hash, size and protocol remain (C14). The
// caller removes the blobs afterwards, or the sweep does.
type EraseFile struct{ FileID string }

// EraseHolder destroys a holder's key and with it all that is sealed under it, the
// keys of the holder's documents and messages, and the codice fiscale by which
// the holder is found. What remains names nobody: protocol, decisions, hashes, and
// the log, whose proof stays whole. It fails with CodeConflict while a PIN issue
// or a dossier of the holder is not final.
type EraseHolder struct{ HolderID string }

// MarkSent records that the courier handed a message over.
type MarkSent struct {
	MessageID string
	// KeepSecret leaves its secret readable beside the masked words: only a
	// demonstration's.
	KeepSecret bool
}

// AddPages records what the sandbox rendered of a file.
type AddPages struct {
	FileID string
	Format string
	Pages  []Page
	// SealedZones and SealedClues: see File.
	SealedZones, SealedClues []byte
}

// Recode adds to a submission a copy of one of its files that has the same pages in
// fewer bytes, or a photograph's as a document: it is read instead, and the original
// stays as evidence. The copy's id is the original's, a dash and an ending
// (Submission.MadeOf).
type Recode struct {
	OriginalID string
	File       File
}

// SetFindings replaces the findings of a submission.
type SetFindings struct {
	SubmissionID string
	Findings     []Finding
}

// Clear marks a quarantined submission as one that an operator wants read.
type Clear struct{ SubmissionID string }

// Decide records a decision and ends the review it was made in. The store
// fills in the hash of what was seen, from the rows of the same transaction.
type Decide struct{ Decision Decision }

// ConvertPIN makes a PIN dispositivo and releases every domanda that its holder
// has waiting for that (B8). It fails with CodeConflict unless the
// issue still has that version, is active and ordinario, and the approval's
// hash still fits the dossier.
type ConvertPIN struct {
	DossierID  string
	PINIssueID string
	PINVersion int64
	SeenHash   string
}

// AddHolder brings in a person without PIN. It fails with CodeConflict when
// the codice fiscale is known.
type AddHolder struct{ Holder Holder }

// SetPerson replaces what is on file about a holder.
type SetPerson struct {
	HolderID string
	Person   Person
	// Type is the holder's type from now on; "": as it was.
	Type HolderType
	// Version is the one the caller changed; another fails with CodeConflict.
	Version int64
}

// OpenPIN begins an issue of a holder's PIN in Issue.State: PINRequested, or
// what stands at the start of its channel. One that is dispositivo releases what
// its holder has waiting for that, as a conversion does (B8). It fails with CodeConflict when the
// holder has another issue that is not final: whoever replaces one sends it
// PINEventReplaced in the same change.
type OpenPIN struct {
	Issue PINIssue
	// Hash is that of a PIN handed over at once; "" when halves follow.
	Hash string
}

// SetSecret sets the eight characters in use by their hash; halves are
// forgotten, and every session of the issue but KeepSession ends.
type SetSecret struct {
	PINIssueID string
	Hash       string
	// KeepSession is the hash of the token of the session that goes on; nil: none.
	KeepSession []byte
}

// ProposeSecret notes the hash of a PIN that was shown and must be typed back
// before it counts (B2). It stands until a moment.
type ProposeSecret struct {
	PINIssueID string
	Hash       string
	Until      time.Time
}

// OpenChallenge begins a challenge, whose code is not drawn yet.
type OpenChallenge struct{ Challenge Challenge }

// MintChallenge says which code answers a challenge, and until when.
type MintChallenge struct {
	ID    string
	Code  string // kept as a keyed hash
	Until time.Time
}

// CloseChallenge ends a challenge. It fails with CodeConflict when it is over
// already, so that one answer counts once.
type CloseChallenge struct{ ID string }

// SealLetter keeps what was rendered of a message under a key of its own. It
// fails with CodeConflict when somebody rendered it before.
type SealLetter struct {
	MessageID string
	Letter    Letter
	// Masked is what stays when the letter was handed over, because it holds a
	// secret; nil: the letter itself stays.
	Masked *Letter
}

// SetHalf sets one half by its hash in place of the one before. It fails with
// CodeConflict when the other half travelled by a channel of the same class (A7).
type SetHalf struct {
	PINIssueID string
	Half       Half
}

// VoidHalf forgets a half: it opens nothing any more.
type VoidHalf struct {
	PINIssueID string
	N          int
}

// SetWindow says until when an issue must be activated and changed (A8); a task
// TaskLapse becomes due then.
type SetWindow struct {
	PINIssueID string
	Until      time.Time
}

// Enqueue leaves work to a worker. What may not show by its duration whether a
// codice fiscale is known is left to one for everybody alike.
type Enqueue struct {
	Kind    TaskKind
	Subject string
}

// Tell queues a message to a holder that no transition causes; once for each
// kind and occasion.
type Tell struct {
	HolderID string
	Kind     MessageKind
	Occasion string
	// To and Values: see Message. They are kept sealed until it was handed over.
	To     *Contact
	Values map[string]string
}

// Escalate marks a dossier whose review is late.
type Escalate struct{ DossierID string }

// Offer puts a dossier into an office's review queue.
type Offer struct{ DossierID, Office string }

func (OpenDossier) effect() {}
func (EraseFile) effect()   {}
func (EraseHolder) effect() {}
func (MarkSent) effect()    {}
func (AddPages) effect()    {}
func (Recode) effect()      {}
func (SetFindings) effect() {}
func (Clear) effect()       {}
func (Decide) effect()      {}
func (ConvertPIN) effect()  {}
func (Escalate) effect()    {}
func (Offer) effect()       {}
func (AddHolder) effect()   {}
func (SetPerson) effect()   {}
func (OpenPIN) effect()     {}
func (SetSecret) effect()   {}
func (SetHalf) effect()     {}
func (VoidHalf) effect()    {}
func (SetWindow) effect()   {}
func (Tell) effect()        {}

func (Enqueue) effect()        {}
func (ProposeSecret) effect()  {}
func (OpenChallenge) effect()  {}
func (MintChallenge) effect()  {}
func (CloseChallenge) effect() {}
func (SealLetter) effect()     {}

// Policy holds the time limits of a dossier's life (DESIGN, section 2).
type Policy struct {
	// OpenFor is how long a form may stay unsent.
	OpenFor time.Duration
	// WaitingFor is how long the holder may take to send what is missing.
	WaitingFor time.Duration
	// ReviewDays are working days, Monday to Friday.
	ReviewDays int
	// FourEyes asks for a second approval by another reviewer.
	FourEyes bool
	// Protects is how long an approved conversion waits, so that who was told of
	// it can stop it (C12); zero, the default: not at all.
	Protects time.Duration
}

// DefaultPolicy returns 90 days open, 30 waiting, 5 working days for a review,
// one pair of eyes.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{OpenFor: 90 * day, WaitingFor: 30 * day, ReviewDays: 5}
}

// Due returns when the time of a state that began at since is over; zero when
// the state has no limit.
func (p Policy) Due(s State, since time.Time) time.Time {
	switch s {
	case StateOpen:
		return since.Add(p.OpenFor)
	case StateWaiting:
		return since.Add(p.WaitingFor)
	case StateReviewing, StateSecondReview:
		return addWorkingDays(since, p.ReviewDays)
	case StateScreening, StateApproved, StateConverted, StateRejected, StateExpired, StateWithdrawn, StateSuperseded:
		return time.Time{}
	}
	return time.Time{}
}

func addWorkingDays(t time.Time, days int) time.Time {
	for days > 0 {
		t = t.AddDate(0, 0, 1)
		if wd := t.Weekday(); wd != time.Saturday && wd != time.Sunday {
			days--
		}
	}
	return t
}
