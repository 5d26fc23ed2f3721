package pin

import (
	"context"
	"errors"
	"fmt"

	"dispositivo/dossier"
)

// LossFor is how long the code of a loss may be typed back, from when it was drawn.
const LossFor = challengeFor

// LossStore is what settling a loss needs of the database.
type LossStore interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	// Loss returns CodeNotFound for one that is over.
	Loss(ctx context.Context, id string) (dossier.Loss, error)
	HolderByKeyedCF(ctx context.Context, keyed []byte) (dossier.Holder, error)
}

// SettleLoss does what who lost a PIN has asked for and a worker has to do, so that
// the answer tells nothing: by what is on file just now, settle says what comes of it.
// Nothing comes of a loss that is over.
func SettleLoss(
	ctx context.Context, store LossStore, taskID, lossID string, settle func(taskID string, l dossier.Loss, h dossier.Holder) dossier.Change,
) error {
	l, err := store.Loss(ctx, lossID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return store.CloseTask(ctx, taskID)
	}
	if err != nil {
		return fmt.Errorf("settle loss: %w", err)
	}
	h, err := store.HolderByKeyedCF(ctx, l.KeyedCF)
	if err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
		return fmt.Errorf("settle loss: %w", err)
	}
	if _, err := store.Apply(ctx, settle(taskID, l, h)); err != nil {
		return fmt.Errorf("settle loss: %w", err)
	}
	return nil
}

// IssueOf is the value by which a message says which issue its half is for: the
// holder may have another one by the time it is worded.
const IssueOf = "pin"

// recovered draws a half of a recovered PIN (D1). The first one begins the window
// in which the PIN must be changed (A8).
func (m *Minter) recovered(ctx context.Context, msg dossier.Message, n int) (*dossier.Minted, error) {
	id := msg.Values[IssueOf]
	if msg.To == nil || id == "" {
		return nil, &dossier.Error{Code: dossier.CodeInternal, Err: errors.New("a recovered half names its issue and whom it goes to")}
	}
	half := Generate()
	hash, err := m.hasher.Hash(ctx, half)
	if err != nil {
		return nil, fmt.Errorf("draw recovered half: %w", err)
	}
	until := m.clock.Now().Add(m.policy.Window)
	minted := &dossier.Minted{
		To: *msg.To, Values: map[string]string{"half": Group(half)}, Masked: map[string]string{"half": masked(half)},
		Effects: []dossier.Effect{
			dossier.SetHalf{PINIssueID: id, Half: dossier.Half{N: n, Hash: hash, Class: ClassOf(msg.To.Kind)}},
		},
	}
	if n == 1 {
		minted.Effects = append(minted.Effects, dossier.SetWindow{PINIssueID: id, Until: until})
	}
	return minted, nil
}

// loss draws the code of a loss, which the message's occasion names, and the link
// of a recovery.
func (m *Minter) loss(msg dossier.Message) *dossier.Minted {
	mint := dossier.MintLoss{ID: msg.Occasion, Code: Generate(), Until: m.clock.Now().Add(LossFor)}
	minted := &dossier.Minted{Values: map[string]string{}, Masked: map[string]string{}}
	if msg.Kind == dossier.MessageRecoveryCode {
		mint.Code, mint.Handle = draw(letters, Length), Handle()
		minted.Values["link"], minted.Masked["link"] = mint.Handle, "…"
	}
	minted.Values["code"], minted.Masked["code"] = Group(mint.Code), masked(mint.Code)
	minted.Effects = []dossier.Effect{mint}
	return minted
}
