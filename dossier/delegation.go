package dossier

import "time"

// A delegation lets one holder act for another (B10): the delegator grants it,
// the delegate accepts it, either ends it. Its life is one table, in the manner
// of state.go. That its days are over is no event: whoever acts compares them.

// DelegationState is where a delegation stands.
type DelegationState string

// The states of a delegation. The comment says who acts next.
const (
	// DelegationOffered was granted; the delegate accepts or declines.
	DelegationOffered DelegationState = "offered"
	// DelegationActive is accepted: on its days the delegate may act.
	DelegationActive DelegationState = "active"
	// DelegationEnded was declined, ended, or made way for another. Final.
	DelegationEnded DelegationState = "ended"
)

// DelegationEvent is what may happen to a delegation.
type DelegationEvent string

// The events of a delegation.
const (
	DelegationEventAccepted DelegationEvent = "accepted" // by the delegate
	DelegationEventDeclined DelegationEvent = "declined" // by the delegate
	DelegationEventEnded    DelegationEvent = "ended"    // by either side
	DelegationEventLapsed   DelegationEvent = "lapsed"   // its days were over when another was granted
)

// The messages about a delegation. Both sides are told of an end.
const (
	MessageDelegationOffered  MessageKind = "delegation_offered"
	MessageDelegationAccepted MessageKind = "delegation_accepted"
	MessageDelegationDeclined MessageKind = "delegation_declined"
	MessageDelegationEnded    MessageKind = "delegation_ended"
	// MessageGuardianRecorded tells both sides of a guardian.
	MessageGuardianRecorded MessageKind = "guardian_recorded"
)

// delegationTable is the whole life of a delegation; Tell is what the delegator is told.
var delegationTable = map[DelegationState]map[DelegationEvent]Step[DelegationState]{
	DelegationOffered: {
		DelegationEventAccepted: {To: DelegationActive, Tell: MessageDelegationAccepted},
		DelegationEventDeclined: {To: DelegationEnded, Tell: MessageDelegationDeclined},
		DelegationEventEnded:    {To: DelegationEnded, Tell: MessageDelegationEnded},
		DelegationEventLapsed:   {To: DelegationEnded},
	},
	DelegationActive: {
		DelegationEventEnded:  {To: DelegationEnded, Tell: MessageDelegationEnded},
		DelegationEventLapsed: {To: DelegationEnded},
	},
	DelegationEnded: {},
}

// Next returns the step that event causes in state, or a conflict Error when
// the table has none.
func (s DelegationState) Next(event DelegationEvent) (Step[DelegationState], error) {
	return next(delegationTable, s, event)
}

// DelegationKind is in what quality a delegate acts. A holder has one delegate of
// each kind at most.
type DelegationKind string

// The kinds of delegation.
const (
	// DelegationPersonal is to a person, who may act for MaxDelegators at most.
	DelegationPersonal DelegationKind = "personal"
	// DelegationInstitution is to a CAF, a patronato or an intermediary, for any number.
	DelegationInstitution DelegationKind = "institution"
	// DelegationGuardian is that of a guardian named by a court: an operator records
	// and ends it, nobody accepts it, and it counts apart.
	DelegationGuardian DelegationKind = "guardian"
)

// MaxDelegators is how many persons one personal delegate may act for.
const MaxDelegators = 5

// Delegation is one holder's leave for another to act.
type Delegation struct {
	ID string
	// DelegatorID is the holder acted for, DelegateID the one who acts.
	DelegatorID, DelegateID string
	Kind                    DelegationKind
	State                   DelegationState
	// From is the first moment it holds, Until the first it no longer does.
	From, Until time.Time
	GrantedAt   time.Time
}

// InForce reports whether the delegate may act at a moment.
func (d Delegation) InForce(at time.Time) bool {
	return d.State == DelegationActive && !at.Before(d.From) && at.Before(d.Until)
}

// Mandate says for whom an actor acts; zero: for nobody but himself.
type Mandate struct {
	DelegationID string
	// HolderID is the holder acted for.
	HolderID string
}

// GrantDelegation offers a delegation to its delegate, and tells him. It fails
// with CodeDelegationTaken when the delegator has a delegate of that kind whose
// days are not over.
type GrantDelegation struct{ Delegation Delegation }

// RecordGuardian makes a delegation active at once, and tells both sides. It fails as
// GrantDelegation does.
type RecordGuardian struct{ Delegation Delegation }

// MoveDelegation sends a delegation an event. Accepting fails with
// CodeDelegationFull when the delegate acts for as many as he may.
type MoveDelegation struct {
	ID    string
	Event DelegationEvent
}

func (GrantDelegation) effect() {}
func (RecordGuardian) effect()  {}
func (MoveDelegation) effect()  {}
