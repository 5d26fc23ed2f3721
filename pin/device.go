package pin

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/throttle"
)

// wrongAnswers is how often the code of a challenge may be typed wrongly.
const wrongAnswers = 5

// challengeWaits is how long a challenge may wait for its message to be worded.
const challengeWaits = 24 * time.Hour

// DeviceStore is what Devices needs of the database.
type DeviceStore interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	HolderByKeyedCF(ctx context.Context, keyed []byte) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	CloseTask(ctx context.Context, id string) error
	OpenChallengeOf(ctx context.Context, holderID string, purpose dossier.Purpose) (dossier.Challenge, error)
	CountWrongAnswer(ctx context.Context, id string, limit int) error
	KeyChallenge(code string) []byte
	RememberDevice(ctx context.Context, codiceFiscale, device string, until time.Time) error
}

// Devices makes devices known by a code sent to a confirmed contact, so that a
// lock cannot keep a holder out (B3). It is safe for concurrent use.
type Devices struct {
	store DeviceStore
	clock clock.Clock
	tries *throttle.Throttle
}

// NewDevices returns the way to make devices known. tries bounds asking and
// answering by source, and asking by codice fiscale.
func NewDevices(store DeviceStore, clk clock.Clock, tries *throttle.Throttle) *Devices {
	return &Devices{store: store, clock: clk, tries: tries}
}

// Ask has a code sent to a confirmed contact of a codice fiscale, if there is
// one. The answer is the same whether or not there is, and takes as long: a
// worker finds out. It returns nil, or CodeRateLimited.
func (d *Devices) Ask(ctx context.Context, codiceFiscale, source string) error {
	cf, err := d.take(codiceFiscale, source)
	if err != nil || cf == "" {
		return err
	}
	if err := d.tries.Take("code " + cf); err != nil { // a mailbox is not flooded
		return err
	}
	_, err = d.store.Apply(ctx, dossier.Change{Actor: worker, Effects: []dossier.Effect{
		dossier.Enqueue{Kind: dossier.TaskDeviceCode, Subject: hex.EncodeToString(d.store.KeyCF(cf))},
	}})
	if err != nil {
		return fmt.Errorf("ask for device code: %w", err)
	}
	return nil
}

// Send carries out what Ask left to a worker.
func (d *Devices) Send(ctx context.Context, taskID, subject string) error {
	keyed, err := hex.DecodeString(subject)
	if err != nil {
		return &dossier.Error{Code: dossier.CodeInternal, Err: fmt.Errorf("task without keyed code: %w", err)}
	}
	h, err := d.store.HolderByKeyedCF(ctx, keyed)
	if err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
		return fmt.Errorf("send device code: %w", err)
	}
	to, ok := confirmedContact(h.Person.Contacts)
	if !ok {
		return d.store.CloseTask(ctx, taskID) // nobody, or nowhere to send it
	}
	now := d.clock.Now()
	c := dossier.Challenge{ID: ident.New(now), HolderID: h.ID, Purpose: dossier.PurposeDevice, Kind: to.Kind, Value: to.Value, Until: now.Add(challengeWaits)}
	_, err = d.store.Apply(ctx, dossier.Change{Actor: worker, Closes: taskID, Effects: []dossier.Effect{
		dossier.OpenChallenge{Challenge: c},
		dossier.Tell{HolderID: h.ID, Kind: dossier.MessageDeviceCode, Occasion: c.ID, To: &to},
	}})
	if err != nil {
		return fmt.Errorf("send device code: %w", err)
	}
	return nil
}

// Answer makes a device known when the code is right, once; else it returns
// CodeChallengeWrong, the same for an unknown codice fiscale. Tries are bounded by
// source and by challenge, not by codice fiscale: somebody else's would keep its
// holder from answering.
func (d *Devices) Answer(ctx context.Context, codiceFiscale, code, device, source string) error {
	cf, err := d.take(codiceFiscale, source)
	if err != nil {
		return err
	}
	if cf == "" {
		return dossier.Problem(dossier.CodeChallengeWrong)
	}
	h, err := d.store.HolderByCF(ctx, cf)
	if err == nil {
		err = Answer(ctx, d.store, h.ID, dossier.PurposeDevice, code, func(dossier.Challenge) (dossier.Change, error) {
			return dossier.Change{Actor: dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID}}, nil
		})
	}
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		// A wrong answer to a challenge is written down. So is one to none, or the time
		// it takes would tell who was sent a code. Nothing comes of it.
		if err := d.store.RememberDevice(ctx, cf, "no challenge for "+device, d.clock.Now()); err != nil {
			return fmt.Errorf("answer device code: %w", err)
		}
		return dossier.Problem(dossier.CodeChallengeWrong)
	}
	if err != nil {
		return fmt.Errorf("answer device code: %w", err)
	}
	return d.store.RememberDevice(ctx, cf, device, d.clock.Now().Add(deviceFor))
}

// take bounds tries of a source; it returns "" for what is no codice fiscale.
func (d *Devices) take(codiceFiscale, source string) (string, error) {
	if err := d.tries.Take("source " + source); err != nil {
		return "", err
	}
	cf, err := codicefiscale.Parse(codiceFiscale)
	if err != nil {
		return "", nil //nolint:nilerr // answered like a code that nobody has
	}
	return cf.String(), nil
}

// confirmedContact is a contact that a code may go to.
func confirmedContact(c dossier.Contacts) (dossier.Contact, bool) {
	for _, kind := range dossier.ContactKinds() {
		if kind.CanConfirm() && c.Confirmed(kind) {
			return dossier.Contact{Kind: kind, Value: c.Get(kind)}, true
		}
	}
	return dossier.Contact{}, false
}

// AnswerStore is what answering a challenge needs of the database.
type AnswerStore interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	OpenChallengeOf(ctx context.Context, holderID string, purpose dossier.Purpose) (dossier.Challenge, error)
	CountWrongAnswer(ctx context.Context, id string, limit int) error
	KeyChallenge(code string) []byte
}

// Answer compares a typed code with the holder's open challenge and, when it is
// right, applies what follows together with the challenge's end. CodeChallengeWrong
// when it is wrong or was wrong too often, CodeNotFound when there is none.
func Answer(
	ctx context.Context, s AnswerStore, holderID string, purpose dossier.Purpose, typed string,
	follows func(dossier.Challenge) (dossier.Change, error),
) error {
	c, err := s.OpenChallengeOf(ctx, holderID, purpose)
	if err != nil {
		return err
	}
	// Counted before it is compared: tries at the same moment cannot outrun it.
	if err := s.CountWrongAnswer(ctx, c.ID, wrongAnswers); err != nil {
		return err
	}
	if len(c.KeyedCode) == 0 || subtle.ConstantTimeCompare(c.KeyedCode, s.KeyChallenge(Normalize(typed))) != 1 {
		return dossier.Problem(dossier.CodeChallengeWrong)
	}
	ch, err := follows(c)
	if err != nil {
		return err
	}
	ch.Effects = append([]dossier.Effect{dossier.CloseChallenge{ID: c.ID}}, ch.Effects...)
	_, err = s.Apply(ctx, ch)
	return err
}
