package pin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/passhash"
)

// challengeFor is how long a code may be typed back, from when it was drawn.
const challengeFor = 30 * time.Minute

// The classes of channels by which a half travels (A7, DESIGN section 5).
const (
	ClassEmail   = "email" // with PEC
	ClassSMS     = "sms"
	ClassPost    = "post"
	ClassVoice   = "voice"
	ClassCounter = "counter"
)

// Minter draws the secrets of messages while they are worded, never earlier. It
// is safe for concurrent use.
type Minter struct {
	hasher *passhash.Hasher
	clock  clock.Clock
	policy Policy
	rome   *time.Location
}

// NewMinter returns a minter; rome is where dates are told in.
func NewMinter(hasher *passhash.Hasher, clk clock.Clock, policy Policy, rome *time.Location) *Minter {
	return &Minter{hasher: hasher, clock: clk, policy: policy, rome: rome}
}

// Mint draws what a message carries; nil for a message without secret.
func (m *Minter) Mint(ctx context.Context, msg dossier.Message, h dossier.Holder) (*dossier.Minted, error) {
	switch msg.Kind { //nolint:exhaustive // the others carry no secret
	case dossier.MessageFirstHalf:
		return m.firstHalf(ctx, msg, h)
	case dossier.MessageSecondHalf:
		return m.secondHalf(ctx, msg, h)
	case dossier.MessageDeviceCode, dossier.MessageContactCode:
		return m.challenge(msg), nil
	case dossier.MessageRecoveryFirst:
		return m.recovered(ctx, msg, 1)
	case dossier.MessageRecoverySecond:
		return m.recovered(ctx, msg, 2)
	case dossier.MessageRecoveryCode, dossier.MessageRevocationCode:
		return m.loss(msg), nil
	case dossier.MessageConversionAsked:
		return stop(msg, h), nil
	case dossier.MessageRecoveryRefused, dossier.MessagePINRecovered, dossier.MessageRevocationElsewhere, dossier.MessagePINUnlocked:
	case dossier.MessageContactChanged, dossier.MessageAskedAgain, dossier.MessagePINReminder, dossier.MessagePINRefused,
		dossier.MessageLetterComing, dossier.MessageLetterBack, dossier.MessagePINActivated, dossier.MessagePINChanged,
		dossier.MessagePINLapsed, dossier.MessagePINSuspended, dossier.MessagePINResumed, dossier.MessagePINRevoked,
		dossier.MessageReceipt, dossier.MessageAskMore, dossier.MessageConfirmation, dossier.MessageRejection,
		dossier.MessageExpiry, dossier.MessageWithdrawn, dossier.MessageSuperseded:
	}
	return nil, nil
}

// firstHalf draws the first half of a PIN, or carries the one that an operator
// read aloud; the window of A8 begins.
func (m *Minter) firstHalf(ctx context.Context, msg dossier.Message, h dossier.Holder) (*dossier.Minted, error) {
	until := m.clock.Now().Add(m.policy.Window)
	minted := &dossier.Minted{To: FirstHalfContact(h.Person.Contacts)}
	if msg.To != nil {
		minted.To = *msg.To
	}
	half := msg.Values["half"]
	if half == "" {
		half = Generate()
		hash, err := m.hasher.Hash(ctx, half)
		if err != nil {
			return nil, fmt.Errorf("draw first half: %w", err)
		}
		minted.Effects = []dossier.Effect{
			dossier.SetHalf{PINIssueID: h.PIN.ID, Half: dossier.Half{N: 1, Hash: hash, Class: ClassOf(minted.To.Kind)}},
			dossier.SetWindow{PINIssueID: h.PIN.ID, Until: until},
		}
	}
	deadline := until.In(m.rome).Format("02/01/2006")
	minted.Values = map[string]string{"half": Group(half), "deadline": deadline}
	minted.Masked = map[string]string{"half": masked(half), "deadline": deadline}
	return minted, nil
}

// secondHalf draws the second half of a PIN that was activated without its
// letter. The store refuses it a channel of the first one's class (A7).
func (m *Minter) secondHalf(ctx context.Context, msg dossier.Message, h dossier.Holder) (*dossier.Minted, error) {
	if msg.To == nil {
		return nil, &dossier.Error{Code: dossier.CodeInternal, Err: errors.New("a second half goes to a confirmed contact alone")}
	}
	half := Generate()
	hash, err := m.hasher.Hash(ctx, half)
	if err != nil {
		return nil, fmt.Errorf("draw second half: %w", err)
	}
	return &dossier.Minted{
		To: *msg.To, Values: map[string]string{"half": Group(half)}, Masked: map[string]string{"half": masked(half)},
		Effects: []dossier.Effect{
			dossier.SetHalf{PINIssueID: h.PIN.ID, Half: dossier.Half{N: 2, Hash: hash, Class: ClassOf(msg.To.Kind)}},
		},
	}, nil
}

// FirstHalfContact is the contact a first half goes to: a mailbox before a
// telephone, as for every message.
func FirstHalfContact(c dossier.Contacts) dossier.Contact {
	for _, kind := range []dossier.ContactKind{dossier.ContactEmail, dossier.ContactPEC, dossier.ContactCitizenPEC, dossier.ContactMobile} {
		if value := c.Get(kind); value != "" {
			return dossier.Contact{Kind: kind, Value: value}
		}
	}
	return dossier.Contact{}
}

// ClassOf is the class of the channel that reaches a contact (A7).
func ClassOf(kind dossier.ContactKind) string {
	if kind == dossier.ContactMobile {
		return ClassSMS
	}
	return ClassEmail
}

// challenge draws the code of a challenge, which the message's occasion names.
func (m *Minter) challenge(msg dossier.Message) *dossier.Minted {
	code := Generate()
	return &dossier.Minted{
		Values: map[string]string{"code": Group(code)}, Masked: map[string]string{"code": masked(code)},
		Effects: []dossier.Effect{dossier.MintChallenge{ID: msg.Occasion, Code: code, Until: m.clock.Now().Add(challengeFor)}},
	}
}

// masked is what stays readable of a secret: its length.
func masked(secret string) string { return Group(strings.Repeat("•", len(secret))) }
