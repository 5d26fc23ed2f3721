package dossier

import "time"

// LossKind is what somebody who lost a PIN asks for.
type LossKind string

// The kinds of loss.
const (
	// LossRecovery wants a new PIN in place of the lost one (D1).
	LossRecovery LossKind = "recovery"
	// LossRevocation wants the lost one to open nothing any more (D2).
	LossRevocation LossKind = "revocation"
)

// Loss is what somebody who is not signed in said about a lost PIN. Everybody's
// is written down alike, whether or not there is such a PIN; a worker compares it
// with what is on file. Nothing of it is kept in clear: a stranger may be asking.
type Loss struct {
	ID   string
	Kind LossKind
	// KeyedCF, KeyedMobile and KeyedAddress are keyed hashes of what was said; the
	// contacts are empty for a revocation.
	KeyedCF, KeyedMobile, KeyedAddress []byte
	// KeyedHandle is the keyed hash of what names the loss in its second step: the
	// link of a recovery's message, or what the page of a revocation keeps. Empty
	// while there is none.
	KeyedHandle []byte
	// KeyedCode is the keyed hash of the code that answers it; empty while none was drawn.
	KeyedCode []byte
	// HolderID and PINIssueID are whom and what it is about, once a worker found
	// that it fits; "" before, and for ever when it does not.
	HolderID, PINIssueID string
	Wrong                int
	// Until is when it is over.
	Until time.Time
}

// OpenLoss writes a loss down. The handle is kept as a keyed hash; "": there is
// none yet.
type OpenLoss struct {
	Loss   Loss
	Handle string
}

// SettleLoss notes what a worker found out about a loss, and until when it may be
// answered. HolderID "": it fits nobody.
type SettleLoss struct {
	ID, HolderID, PINIssueID string
	Until                    time.Time
}

// MintLoss says which code answers a loss, and until when; Handle is its link, ""
// when it has one already. It fails with CodeConflict when the loss is over.
type MintLoss struct {
	ID, Handle, Code string // both kept as keyed hashes
	Until            time.Time
}

// CloseLoss ends a loss. It fails with CodeConflict when it is over already, so
// that one code counts once.
type CloseLoss struct{ ID string }

// ClearLocks forgets the wrong tries that are counted against a holder's codice
// fiscale (D3); Subjects are those of package pin.
type ClearLocks struct {
	HolderID string
	Subjects []string
	// Reason is a code, never personal.
	Reason string
}

// NotePIN keeps what an operator wrote beside a reason: sealed under the holder's
// key, apart from everything the holder is told.
type NotePIN struct{ ID, HolderID, PINIssueID, Action, Reason, Note string }

// PINNote is what NotePIN kept. Operator is an account's id, or its name where
// people read it.
type PINNote struct {
	At                             time.Time
	Operator, Action, Reason, Note string
}

func (OpenLoss) effect()   {}
func (SettleLoss) effect() {}
func (MintLoss) effect()   {}
func (CloseLoss) effect()  {}
func (ClearLocks) effect() {}
func (NotePIN) effect()    {}

// The tasks of a loss.
const (
	// TaskRecover compares a recovery with what is on file. Subject: loss.
	TaskRecover TaskKind = "recover"
	// TaskRevoke compares a revocation with what is on file. Subject: loss.
	TaskRevoke TaskKind = "revoke"
)

// The messages about a lost PIN.
const (
	// MessageRecoveryCode carries link and code of a recovery (D1).
	MessageRecoveryCode MessageKind = "recovery_code"
	// MessageRecoveryRefused tells who named both contacts that this PIN cannot be recovered.
	MessageRecoveryRefused MessageKind = "recovery_refused"
	// MessageRecoveryFirst carries the first half of a recovered PIN, by SMS.
	MessageRecoveryFirst MessageKind = "recovery_first"
	// MessageRecoverySecond carries the second half of a recovered PIN, by e-mail or PEC.
	MessageRecoverySecond MessageKind = "recovery_second"
	// MessagePINRecovered tells every contact on file that the PIN was recovered.
	MessagePINRecovered MessageKind = "pin_recovered"
	// MessageRevocationCode carries the code of a revocation (D2).
	MessageRevocationCode MessageKind = "revocation_code"
	// MessageRevocationElsewhere tells who has no e-mail or PEC on file where to have a PIN revoked.
	MessageRevocationElsewhere MessageKind = "revocation_elsewhere"
	// MessagePINUnlocked tells that an operator ended a lock (D3).
	MessagePINUnlocked MessageKind = "pin_unlocked"
)
