package dossier

import (
	"slices"
	"time"
)

// PECReceipt is what an operator of PEC certifies of a message of ours: it bore the
// operator's signature (RFC 6109, section 3). The store files it to the message it
// names, if that went by PEC to one of Recipients; else it is filed to nothing, which
// is no error.
type PECReceipt struct {
	// MessageID is that of the message, without angle brackets.
	MessageID string
	Kind      PECReceiptKind
	// Failure is why it was not delivered; "" for a receipt of anything else.
	Failure PECFailure
	// At is the operator's instant; zero: the moment of arrival.
	At time.Time
	// Recipients are the addresses it speaks of; when filed, none.
	Recipients []string
}

// PECReceiptKind is the tipo of a receipt's daticert.xml (DM 2/11/2005, technical
// rules, section 7.4).
type PECReceiptKind string

// The receipts, in the order in which operators give them.
const (
	// Accettazione: our operator took the message.
	Accettazione PECReceiptKind = "accettazione"
	// NonAccettazione: our operator refused it, and sends nothing.
	NonAccettazione PECReceiptKind = "non-accettazione"
	// PresaInCarico: the recipient's operator took it from ours.
	PresaInCarico PECReceiptKind = "presa-in-carico"
	// AvvenutaConsegna: it is in the recipient's box.
	AvvenutaConsegna PECReceiptKind = "avvenuta-consegna"
	// PreavvisoErroreConsegna: not delivered in 12 hours; the operators go on trying.
	PreavvisoErroreConsegna PECReceiptKind = "preavviso-errore-consegna"
	// ErroreConsegna: it will not be delivered.
	ErroreConsegna PECReceiptKind = "errore-consegna"
	// RilevazioneVirus: the recipient's operator found a virus, and keeps it back.
	RilevazioneVirus PECReceiptKind = "rilevazione-virus"
)

// PECReceiptKinds lists every kind.
func PECReceiptKinds() []PECReceiptKind {
	return []PECReceiptKind{
		Accettazione, NonAccettazione, PresaInCarico, AvvenutaConsegna, PreavvisoErroreConsegna, ErroreConsegna, RilevazioneVirus,
	}
}

// Fails reports whether a receipt of this kind says that the message does not arrive.
func (k PECReceiptKind) Fails() bool {
	return k == NonAccettazione || k == ErroreConsegna || k == RilevazioneVirus
}

// PECFailure is why a message by PEC was not delivered; it makes the holder's text.
type PECFailure string

// The failures.
const (
	FailureNoAddress   PECFailure = "unknown_address" // there is no such box
	FailureNoDomain    PECFailure = "unknown_domain"  // no operator of PEC has that domain
	FailureVirus       PECFailure = "virus"           // an operator takes it for harmful
	FailureNotAccepted PECFailure = "not_accepted"    // our operator did not take it
	FailureOther       PECFailure = "other"           // such as a box that is full
)

// Address reports whether the fault may lie in the address, so that another contact
// mends it.
func (f PECFailure) Address() bool { return f != FailureVirus && f != FailureNotAccepted }

// DeliveryState is how far a message by PEC came, by its receipts.
type DeliveryState string

// The states of a delivery. Failed is not the last word: operators give up after 24 hours,
// and a box that answers later still gets the message.
const (
	DeliveryAccepted  DeliveryState = "accepted"
	DeliveryDelayed   DeliveryState = "delayed"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"
)

// DeliveryStates lists every state.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryAccepted, DeliveryDelayed, DeliveryDelivered, DeliveryFailed}
}

// Delivery is what the receipts of a message say together, whatever order they came in.
type Delivery struct {
	State DeliveryState
	// At is when it reached State; AcceptedAt when an operator took it, zero: not known.
	At, AcceptedAt time.Time
	// Failure is why, in DeliveryFailed alone.
	Failure PECFailure
}

// deliveries says what a receipt leads to, the last word first.
var deliveries = []struct {
	kind  PECReceiptKind
	state DeliveryState
}{
	{AvvenutaConsegna, DeliveryDelivered},
	{ErroreConsegna, DeliveryFailed},
	{RilevazioneVirus, DeliveryFailed},
	{NonAccettazione, DeliveryFailed},
	{PreavvisoErroreConsegna, DeliveryDelayed},
	{Accettazione, DeliveryAccepted},
	{PresaInCarico, DeliveryAccepted},
}

// DeliveryOf adds up the receipts of one message; nil when there is none.
func DeliveryOf(receipts []PECReceipt) *Delivery {
	find := func(kind PECReceiptKind) int {
		return slices.IndexFunc(receipts, func(r PECReceipt) bool { return r.Kind == kind })
	}
	for _, d := range deliveries {
		i := find(d.kind)
		if i < 0 {
			continue
		}
		found := &Delivery{State: d.state, At: receipts[i].At, Failure: receipts[i].Failure}
		for _, kind := range []PECReceiptKind{PresaInCarico, Accettazione} { // our own operator's word before another's
			if n := find(kind); n >= 0 {
				found.AcceptedAt = receipts[n].At
			}
		}
		return found
	}
	return nil
}
