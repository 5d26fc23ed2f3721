package dossier

// Two lives pass through the system. A Submission is what arrived: some bytes
// on some channel. A Dossier is what they are for: the conversion of one
// holder's PIN, whose own life is in pin_state.go. Each life is one table, state × event → state + tasks. What is
// not in its table cannot happen.

// SubmissionState is where something that arrived stands.
type SubmissionState string

// The states of a submission. The comment says who acts next.
const (
	// SubmissionReceived is safe on disk and protocolled; the worker screens it next.
	SubmissionReceived SubmissionState = "received"
	// SubmissionScreening is being read in the sandbox; the worker finishes, or the sweeper rings again.
	SubmissionScreening SubmissionState = "screening"
	// SubmissionJoined belongs to a dossier. Final: the dossier goes on.
	SubmissionJoined SubmissionState = "joined"
	// SubmissionDuplicate repeats what is here already, byte by byte or pixel by pixel. Final.
	SubmissionDuplicate SubmissionState = "duplicate"
	// SubmissionRefused cannot be used; the sender was told why and how to mend it. Final.
	SubmissionRefused SubmissionState = "refused"
	// SubmissionUnmatched names no dossier; an operator joins or refuses it.
	SubmissionUnmatched SubmissionState = "unmatched"
	// SubmissionQuarantined holds active content or defeated the machine; an operator clears or refuses it.
	SubmissionQuarantined SubmissionState = "quarantined"
	// SubmissionNotASubmission is a receipt, a bounce, an empty mail, or the papers of a
	// PIN issued at the counter (A5). Final.
	SubmissionNotASubmission SubmissionState = "not_a_submission"
)

// SubmissionEvent is what may happen to a submission.
type SubmissionEvent string

// The events of a submission.
const (
	EventReadingStarted SubmissionEvent = "reading_started"  // the worker took it up
	EventReadWell       SubmissionEvent = "read_well"        // screened, and its dossier is known
	EventReadUnmatched  SubmissionEvent = "read_unmatched"   // screened, but no dossier is proved
	EventReadDuplicate  SubmissionEvent = "read_duplicate"   // these bytes, or these very pages, are here already
	EventReadUnusable   SubmissionEvent = "read_unusable"    // a block finding other than quarantine
	EventReadUnsafe     SubmissionEvent = "read_unsafe"      // active or embedded content, or the machine gave up
	EventReadNoDocument SubmissionEvent = "read_no_document" // a receipt, a bounce, an empty mail
	EventCleared        SubmissionEvent = "cleared"          // an operator lets a quarantined one be read again
	EventJoinedByHand   SubmissionEvent = "joined_by_hand"   // an operator matched it
	EventRefusedByHand  SubmissionEvent = "refused_by_hand"  // an operator refused it
)

// State is where a dossier stands.
type State string

// The states of a dossier. The comment says who acts next.
const (
	// StateOpen: the form is made and its token minted; the holder signs and sends it.
	StateOpen State = "open"
	// StateScreening: pages arrived; the machine reads them.
	StateScreening State = "screening"
	// StateWaiting: something is missing for certain; the holder sends it.
	StateWaiting State = "waiting"
	// StateReviewing: a reviewer claims it and decides.
	StateReviewing State = "reviewing"
	// StateSecondReview: four eyes; another reviewer decides.
	StateSecondReview State = "second_review"
	// StateApproved: the worker carries out the conversion.
	StateApproved State = "approved"
	// StateConverted: the PIN is dispositivo. Final.
	StateConverted State = "converted"
	// StateRejected: the reviewer said no, with a reason. Final; the holder may open a new dossier.
	StateRejected State = "rejected"
	// StateExpired: nothing came in time. Final; the holder may open a new dossier.
	StateExpired State = "expired"
	// StateWithdrawn: the holder, or somebody told by a contact on file, stopped it. Final.
	StateWithdrawn State = "withdrawn"
	// StateSuperseded: the PIN is dispositivo already, or that PIN issue is gone. Final.
	StateSuperseded State = "superseded"
)

// Event is what may happen to a dossier.
type Event string

// The events of a dossier.
const (
	EventPagesAdded        Event = "pages_added"        // a submission joined it, or is about to
	EventPartRead          Event = "part_read"          // one submission read, another is still to come
	EventScreened          Event = "screened"           // read; a person decides
	EventScreenedPartly    Event = "screened_partly"    // read with certainty, and something is missing
	EventMachineGaveUp     Event = "machine_gave_up"    // not read; a person looks all the same
	EventFirstApproval     Event = "first_approval"     // approved, and four eyes are asked for
	EventApproved          Event = "approved"           // approved by all who must
	EventRejected          Event = "rejected"           // refused with a reason code
	EventMoreAsked         Event = "more_asked"         // the reviewer needs something else
	EventConverted         Event = "converted"          // the PIN became dispositivo, in the same transaction
	EventConversionBlocked Event = "conversion_blocked" // the PIN is suspended or lapsed, or the approval no longer fits
	EventDeadlinePassed    Event = "deadline_passed"    // the holder's time is over
	EventWithdrawn         Event = "withdrawn"          // the holder stopped it
	EventSuperseded        Event = "superseded"         // the PIN issue it was opened for is gone or dispositivo
)

// TaskKind names work that a transition causes. A task is a row in SQL first,
// and a ring at the queue's door after.
type TaskKind string

// The kinds of task.
const (
	// TaskScreen reads a submission in the sandbox. Subject: submission.
	TaskScreen TaskKind = "screen"
	// TaskOffer puts a dossier into the competent office's review queue. Subject: dossier.
	TaskOffer TaskKind = "offer"
	// TaskEscalate raises a dossier whose review is late. Subject: dossier. Due at the review deadline.
	TaskEscalate TaskKind = "escalate"
	// TaskExpire ends a dossier whose holder's time is over. Subject: dossier. Due at that deadline.
	TaskExpire TaskKind = "expire"
	// TaskConvert carries out an approved conversion. Subject: dossier.
	TaskConvert TaskKind = "convert"
	// TaskSend hands a message to the courier. Subject: message.
	TaskSend TaskKind = "send"
	// TaskDeviceCode sends a code that makes a device known (B3). Subject: keyed codice fiscale, in hex, of anybody.
	TaskDeviceCode TaskKind = "device_code"
	// TaskReissue makes the halves of a PIN anew, if there are any to (A8, A9). Subject: as for TaskDeviceCode.
	TaskReissue TaskKind = "reissue"
	// TaskLapse ends the window of a PIN issue (A8). Subject: PIN issue. Due at its end.
	TaskLapse TaskKind = "lapse"
	// TaskAnswer answers who sent a mail, where that may be. Subject: submission.
	TaskAnswer TaskKind = "answer"
	// TaskNotify tells a subscriber of a state change. Subject: notice.
	TaskNotify TaskKind = "notify"
)

// MessageKind names what the holder is told about a transition.
type MessageKind string

// The messages a transition may cause.
const (
	MessageReceipt      MessageKind = "receipt"
	MessageAskMore      MessageKind = "ask_more"
	MessageConfirmation MessageKind = "confirmation"
	MessageRejection    MessageKind = "rejection"
	MessageExpiry       MessageKind = "expiry"
	MessageWithdrawn    MessageKind = "withdrawn"
	MessageSuperseded   MessageKind = "superseded"
)

// Step is one cell of a table: the state that follows, the tasks that the
// transition causes, and what the holder is told.
type Step[S ~string] struct {
	To    S
	Tasks []TaskKind
	Tell  MessageKind // empty: nothing
}

// submissionTable is the whole life of a submission.
var submissionTable = map[SubmissionState]map[SubmissionEvent]Step[SubmissionState]{
	SubmissionReceived: {
		EventReadingStarted: {To: SubmissionScreening},
	},
	SubmissionScreening: {
		EventReadWell:       {To: SubmissionJoined},
		EventReadUnmatched:  {To: SubmissionUnmatched},
		EventReadDuplicate:  {To: SubmissionDuplicate},
		EventReadUnusable:   {To: SubmissionRefused},
		EventReadUnsafe:     {To: SubmissionQuarantined},
		EventReadNoDocument: {To: SubmissionNotASubmission},
	},
	SubmissionUnmatched: {
		// Read again, beside the dossier it now belongs to.
		EventJoinedByHand:  {To: SubmissionScreening, Tasks: []TaskKind{TaskScreen}},
		EventRefusedByHand: {To: SubmissionRefused},
	},
	SubmissionQuarantined: {
		EventCleared:       {To: SubmissionScreening, Tasks: []TaskKind{TaskScreen}},
		EventRefusedByHand: {To: SubmissionRefused},
	},
	SubmissionJoined:         {},
	SubmissionDuplicate:      {},
	SubmissionRefused:        {},
	SubmissionNotASubmission: {},
}

// forReview is what every way into a review causes.
var forReview = []TaskKind{TaskOffer, TaskEscalate}

// dossierTable is the whole life of a dossier.
var dossierTable = map[State]map[Event]Step[State]{
	StateOpen: {
		EventPagesAdded:     {To: StateScreening, Tell: MessageConversionAsked},
		EventDeadlinePassed: {To: StateExpired, Tell: MessageExpiry},
		EventWithdrawn:      {To: StateWithdrawn, Tell: MessageWithdrawn},
		EventSuperseded:     {To: StateSuperseded, Tell: MessageSuperseded},
	},
	StateScreening: {
		EventPagesAdded:     {To: StateScreening},
		EventPartRead:       {To: StateScreening},
		EventScreened:       {To: StateReviewing, Tasks: forReview},
		EventScreenedPartly: {To: StateWaiting, Tasks: []TaskKind{TaskExpire}, Tell: MessageAskMore},
		EventMachineGaveUp:  {To: StateReviewing, Tasks: forReview},
		EventWithdrawn:      {To: StateWithdrawn, Tell: MessageWithdrawn},
		EventSuperseded:     {To: StateSuperseded, Tell: MessageSuperseded},
	},
	StateWaiting: {
		EventPagesAdded:     {To: StateScreening},
		EventDeadlinePassed: {To: StateExpired, Tell: MessageExpiry},
		EventWithdrawn:      {To: StateWithdrawn, Tell: MessageWithdrawn},
		EventSuperseded:     {To: StateSuperseded, Tell: MessageSuperseded},
	},
	StateReviewing: {
		EventPagesAdded:    {To: StateScreening},
		EventFirstApproval: {To: StateSecondReview, Tasks: forReview},
		EventApproved:      {To: StateApproved, Tasks: []TaskKind{TaskConvert}},
		EventRejected:      {To: StateRejected, Tell: MessageRejection},
		EventMoreAsked:     {To: StateWaiting, Tasks: []TaskKind{TaskExpire}, Tell: MessageAskMore},
		EventWithdrawn:     {To: StateWithdrawn, Tell: MessageWithdrawn},
		EventSuperseded:    {To: StateSuperseded, Tell: MessageSuperseded},
	},
	StateSecondReview: {
		EventPagesAdded: {To: StateScreening},
		EventApproved:   {To: StateApproved, Tasks: []TaskKind{TaskConvert}},
		EventRejected:   {To: StateRejected, Tell: MessageRejection},
		EventMoreAsked:  {To: StateWaiting, Tasks: []TaskKind{TaskExpire}, Tell: MessageAskMore},
		EventWithdrawn:  {To: StateWithdrawn, Tell: MessageWithdrawn},
		EventSuperseded: {To: StateSuperseded, Tell: MessageSuperseded},
	},
	StateApproved: {
		// New pages void the approval: it was given to what was seen then.
		EventPagesAdded:        {To: StateScreening},
		EventConverted:         {To: StateConverted, Tell: MessageConfirmation},
		EventConversionBlocked: {To: StateReviewing, Tasks: forReview},
		EventWithdrawn:         {To: StateWithdrawn, Tell: MessageWithdrawn},
		EventSuperseded:        {To: StateSuperseded, Tell: MessageSuperseded},
	},
	StateConverted:  {},
	StateRejected:   {},
	StateExpired:    {},
	StateWithdrawn:  {},
	StateSuperseded: {},
}

// Next returns the step that event causes in state, or a conflict Error when
// the table has none.
func (s State) Next(event Event) (Step[State], error) {
	return next(dossierTable, s, event)
}

// Next returns the step that event causes in state, or a conflict Error when
// the table has none.
func (s SubmissionState) Next(event SubmissionEvent) (Step[SubmissionState], error) {
	return next(submissionTable, s, event)
}

// Final reports whether nothing can happen to a dossier in this state.
func (s State) Final() bool { return known(dossierTable, s) && len(dossierTable[s]) == 0 }

// Final reports whether nothing can happen to a submission in this state.
func (s SubmissionState) Final() bool {
	return known(submissionTable, s) && len(submissionTable[s]) == 0
}

// Valid reports whether s is a state of the table.
func (s State) Valid() bool { return known(dossierTable, s) }

// Valid reports whether s is a state of the table.
func (s SubmissionState) Valid() bool { return known(submissionTable, s) }

func known[S, E ~string](table map[S]map[E]Step[S], s S) bool {
	_, ok := table[s]
	return ok
}

func next[S, E ~string](table map[S]map[E]Step[S], s S, e E) (Step[S], error) {
	step, ok := table[s][e]
	if !ok {
		return Step[S]{}, &Error{
			Code: CodeConflict,
			Err:  &transitionError{state: string(s), event: string(e)},
		}
	}
	return step, nil
}

// transitionError says which cell of a table is empty.
type transitionError struct{ state, event string }

func (e *transitionError) Error() string { return "no " + e.event + " in state " + e.state }
