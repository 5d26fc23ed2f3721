package dossier

import "time"

// Kind is what a PIN empowers its holder to do.
type Kind string

// The kinds of PIN (A10, B7).
const (
	// Semplificato is the first half alone: it opens only services marked for it.
	Semplificato Kind = "semplificato"
	// Ordinario may read.
	Ordinario Kind = "ordinario"
	// Dispositivo may act.
	Dispositivo Kind = "dispositivo"
)

// PINChannel is how a PIN was asked for.
type PINChannel string

// The channels of a request (A1, A4, A5, A6).
const (
	PINOnline         PINChannel = "online"
	PINContactCentre  PINChannel = "contact_centre"
	PINOffice         PINChannel = "office"
	PINAdministration PINChannel = "public_administration"
)

// PINIssue is one issue of a holder's PIN: never the secret, only what it
// empowers and how it stands.
type PINIssue struct {
	ID       string
	HolderID string
	Kind     Kind
	State    PINState
	Version  int64
	Channel  PINChannel
	// ConfirmedAt is when the contact centre confirmed the request (A3), or the
	// operator had the person before him; zero before.
	ConfirmedAt time.Time
	// ActivatedAt is when both halves were proved (B1); zero before.
	ActivatedAt time.Time
	// WindowUntil is when an issue that is not activated and changed by then
	// lapses (A8); zero: it has no such limit, or no longer.
	WindowUntil time.Time
	// SecretAt is when the PIN in use was set (B4).
	SecretAt time.Time
}

// Gone reports whether the issue will never open anything again.
func (p PINIssue) Gone() bool { return p.State.Final() }

// InUse reports whether the issue is one that its holder uses, if only to
// change it: what may be converted.
func (p PINIssue) InUse() bool { return p.State == PINActive || p.State == PINMustChange }

// Opens returns the role that the proved PIN gives its holder; "" for none.
// Before the activation the first half alone opens what is marked for it (A10);
// a PIN that must be changed, or lapsed in use, opens the change alone.
func (p PINIssue) Opens() Role {
	switch p.State {
	case PINActive:
		return RoleCitizen
	case PINMustChange, PINLapsed:
		return RoleMustChange
	case PINRequested, PINCallBack, PINLetterReleased, PINAwaitingActivation:
		return RoleSimplified
	case PINUnclaimed, PINSuspended, PINRefused, PINRevoked, PINReplaced:
		return ""
	}
	return ""
}

// Half is one of the two halves of a PIN (A7), as it is kept: hashed by itself.
type Half struct {
	N    int // 1 or 2
	Hash string
	// Class is the class of the channel it travelled by (internal/notify, and
	// post, voice, counter). The two halves of an issue never share one.
	Class string
}

// PINSecrets is what checking a PIN needs.
type PINSecrets struct {
	Issue PINIssue
	// Hash is the peppered Argon2id hash of the eight characters in use, never the
	// PIN; "" while the issue has two halves.
	Hash string
	// First and Second are the halves that still hold; zero without.
	First, Second Half
}
