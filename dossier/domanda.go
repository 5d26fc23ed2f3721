package dossier

// A domanda is an application for a benefit, filed for its holder on the portal
// (B8). It is protocolled at once, because that stops time limits; whether it is
// worked at once or held depends on what the PIN empowers at that moment. Its
// life is one table, in the manner of state.go.

// DomandaState is where a domanda stands.
type DomandaState string

// The states of a domanda. The comment says who acts next.
const (
	// DomandaFiling is on its way in: no row stays in it. The transaction that
	// gives it a number decides.
	DomandaFiling DomandaState = "filing"
	// DomandaHeld was filed with a PIN that may not act; the holder converts it.
	DomandaHeld DomandaState = "held"
	// DomandaInWork is with the office that decides it. Final here: its system goes on.
	DomandaInWork DomandaState = "in_work"
)

// DomandaEvent is what may happen to a domanda.
type DomandaEvent string

// The events of a domanda.
const (
	DomandaEventTaken    DomandaEvent = "taken"    // filed with a PIN that may act
	DomandaEventHeld     DomandaEvent = "held"     // filed with one that may not
	DomandaEventReleased DomandaEvent = "released" // the PIN became dispositivo, in the same transaction
)

// The messages that the life of a domanda causes.
const (
	MessageDomandaFiled    MessageKind = "domanda_filed"
	MessageDomandaHeld     MessageKind = "domanda_held"
	MessageDomandaReleased MessageKind = "domanda_released"
)

// domandaTable is the whole life of a domanda.
var domandaTable = map[DomandaState]map[DomandaEvent]Step[DomandaState]{
	DomandaFiling: {
		DomandaEventTaken: {To: DomandaInWork, Tell: MessageDomandaFiled},
		DomandaEventHeld:  {To: DomandaHeld, Tell: MessageDomandaHeld},
	},
	DomandaHeld: {
		DomandaEventReleased: {To: DomandaInWork, Tell: MessageDomandaReleased},
	},
	DomandaInWork: {},
}

// Next returns the step that event causes in state, or a conflict Error when
// the table has none.
func (s DomandaState) Next(event DomandaEvent) (Step[DomandaState], error) {
	return next(domandaTable, s, event)
}

// Final reports whether nothing more can happen to a domanda here.
func (s DomandaState) Final() bool { return known(domandaTable, s) && len(domandaTable[s]) == 0 }
