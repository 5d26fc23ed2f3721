package dossier

// A PIN has a life of its own beside the conversion: asked for, sent in two
// halves, activated, changed, locked, replaced. Each issue is a row of its own,
// which dossiers refer to, and its life is one table, in the manner of state.go.
// What a PIN empowers (Kind) is no part of it: only the conversion, the office
// and the recovery of a PIN that was dispositivo raise that.

// PINState is where an issue of a PIN stands.
type PINState string

// The states of a PIN issue. The comment says who acts next.
const (
	// PINRequested was asked for; the first half is on its way, the contact centre calls within 48 hours (A3).
	PINRequested PINState = "requested"
	// PINCallBack was called and not reached; the contact centre calls again.
	PINCallBack PINState = "call_back"
	// PINLetterReleased is confirmed; the second half goes into the next batch of letters (A9).
	PINLetterReleased PINState = "letter_released"
	// PINAwaitingActivation has both halves out; the holder activates it (B1).
	PINAwaitingActivation PINState = "awaiting_activation"
	// PINMustChange opens one door: the change to a new PIN (B2, B4). The holder acts.
	PINMustChange PINState = "must_change"
	// PINActive is in use.
	PINActive PINState = "active"
	// PINUnclaimed was not activated in time (A8); the holder has it issued again.
	PINUnclaimed PINState = "unclaimed"
	// PINLapsed was activated, but not changed in time (A8); the holder renews it against the old one (D4).
	PINLapsed PINState = "lapsed"
	// PINSuspended was stopped by an operator, or by the holder's stop link (C12); an operator resumes or revokes it.
	PINSuspended PINState = "suspended"
	// PINRefused was asked for and not granted. Final: the person may ask again.
	PINRefused PINState = "refused"
	// PINRevoked never opens anything again. Final.
	PINRevoked PINState = "revoked"
	// PINReplaced gave way to a newer issue ("sostituzione", A5). Final.
	PINReplaced PINState = "replaced"
)

// PINEvent is what may happen to a PIN issue.
type PINEvent string

// The events of a PIN issue.
const (
	PINEventUnreached      PINEvent = "unreached"       // called, nobody answered; counted
	PINEventConfirmed      PINEvent = "confirmed"       // the person was reached, the data hold or were corrected
	PINEventRefused        PINEvent = "refused"         // the contact centre does not grant it
	PINEventLetterPrinted  PINEvent = "letter_printed"  // the second half is in a batch for the print house
	PINEventLetterReturned PINEvent = "letter_returned" // the second half came back and is void; the address is asked again
	PINEventReissued       PINEvent = "reissued"        // a half is made anew, and a letter goes out
	PINEventAskedAgain     PINEvent = "asked_again"     // lapsed before anybody was reached: asked for once more
	PINEventActivated      PINEvent = "activated"       // both halves proved, contacts given
	PINEventChanged        PINEvent = "changed"         // the new PIN was shown once and typed back
	PINEventChangeDue      PINEvent = "change_due"      // too old for the policy of its holder's type (B4)
	PINEventWindowPassed   PINEvent = "window_passed"   // 90 days went by without activation or first change (A8)
	PINEventRenewed        PINEvent = "renewed"         // renewed against the complete old PIN (D4)
	PINEventSuspended      PINEvent = "suspended"       // an operator stopped it
	PINEventResumed        PINEvent = "resumed"         // an operator lets it be used again
	PINEventRevoked        PINEvent = "revoked"         // by its holder or an operator
	PINEventReplaced       PINEvent = "replaced"        // a newer issue takes its place
)

// The messages that the life of a PIN causes.
const (
	MessagePINRefused   MessageKind = "pin_refused"
	MessageLetterComing MessageKind = "letter_coming"
	MessageLetterBack   MessageKind = "letter_back"
	MessagePINActivated MessageKind = "pin_activated"
	MessagePINChanged   MessageKind = "pin_changed"
	MessagePINLapsed    MessageKind = "pin_lapsed"
	MessagePINSuspended MessageKind = "pin_suspended"
	MessagePINResumed   MessageKind = "pin_resumed"
	MessagePINRevoked   MessageKind = "pin_revoked"
)

// gone is what may befall an issue in any state that is not final.
var gone = map[PINEvent]Step[PINState]{
	PINEventRevoked:  {To: PINRevoked, Tell: MessagePINRevoked},
	PINEventReplaced: {To: PINReplaced}, // the newer issue speaks for itself
}

// Ends reports whether an issue is gone after the event, in whatever state it was.
func (e PINEvent) Ends() bool { _, ok := gone[e]; return ok || e == PINEventRefused }

// pinTable is the whole life of a PIN issue.
var pinTable = map[PINState]map[PINEvent]Step[PINState]{
	PINRequested: with(gone, map[PINEvent]Step[PINState]{
		PINEventUnreached:    {To: PINCallBack},
		PINEventConfirmed:    {To: PINLetterReleased, Tell: MessageLetterComing},
		PINEventRefused:      {To: PINRefused, Tell: MessagePINRefused},
		PINEventWindowPassed: {To: PINUnclaimed, Tell: MessagePINLapsed},
	}),
	PINCallBack: with(gone, map[PINEvent]Step[PINState]{
		PINEventUnreached:    {To: PINCallBack},
		PINEventConfirmed:    {To: PINLetterReleased, Tell: MessageLetterComing},
		PINEventRefused:      {To: PINRefused, Tell: MessagePINRefused},
		PINEventWindowPassed: {To: PINUnclaimed, Tell: MessagePINLapsed},
	}),
	PINLetterReleased: with(gone, map[PINEvent]Step[PINState]{
		PINEventLetterPrinted: {To: PINAwaitingActivation},
		PINEventWindowPassed:  {To: PINUnclaimed, Tell: MessagePINLapsed},
	}),
	PINAwaitingActivation: with(gone, map[PINEvent]Step[PINState]{
		PINEventActivated:      {To: PINMustChange, Tell: MessagePINActivated},
		PINEventLetterReturned: {To: PINCallBack, Tell: MessageLetterBack},
		PINEventReissued:       {To: PINLetterReleased, Tell: MessageLetterComing},
		PINEventWindowPassed:   {To: PINUnclaimed, Tell: MessagePINLapsed},
	}),
	PINMustChange: with(gone, map[PINEvent]Step[PINState]{
		PINEventChanged:      {To: PINActive, Tell: MessagePINChanged},
		PINEventWindowPassed: {To: PINLapsed, Tell: MessagePINLapsed},
		PINEventSuspended:    {To: PINSuspended, Tell: MessagePINSuspended},
	}),
	PINActive: with(gone, map[PINEvent]Step[PINState]{
		PINEventChanged:   {To: PINActive, Tell: MessagePINChanged},
		PINEventChangeDue: {To: PINMustChange}, // the page says so at once
		PINEventSuspended: {To: PINSuspended, Tell: MessagePINSuspended},
	}),
	PINUnclaimed: with(gone, map[PINEvent]Step[PINState]{
		PINEventReissued:   {To: PINLetterReleased, Tell: MessageLetterComing},
		PINEventAskedAgain: {To: PINRequested},
	}),
	PINLapsed: with(gone, map[PINEvent]Step[PINState]{
		PINEventRenewed: {To: PINActive, Tell: MessagePINChanged},
	}),
	PINSuspended: with(gone, map[PINEvent]Step[PINState]{
		// Whoever made an operator stop it may know the old one.
		PINEventResumed: {To: PINMustChange, Tell: MessagePINResumed},
	}),
	PINRefused:  {},
	PINRevoked:  {},
	PINReplaced: {},
}

// with joins what holds in several states to what holds in one.
func with[S, E ~string](common, own map[E]Step[S]) map[E]Step[S] {
	for e, step := range common {
		own[e] = step
	}
	return own
}

// Next returns the step that event causes in state, or a conflict Error when
// the table has none.
func (s PINState) Next(event PINEvent) (Step[PINState], error) {
	return next(pinTable, s, event)
}

// Final reports whether nothing can happen to an issue in this state.
func (s PINState) Final() bool { return known(pinTable, s) && len(pinTable[s]) == 0 }

// Valid reports whether s is a state of the table.
func (s PINState) Valid() bool { return known(pinTable, s) }
