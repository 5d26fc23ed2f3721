package pin

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/session"
)

// proposalFor is how long a proposed PIN may be typed back.
const proposalFor = 15 * time.Minute

// Proposal is a new PIN that its holder has yet to type back.
type Proposal struct {
	// PIN is in clear: it is shown once and kept nowhere.
	PIN string
	// Until is when it can no longer be typed back.
	Until time.Time
}

// ProposeChange draws a new PIN for the holder and returns it: it is shown once
// and counts when it was typed back (B2). Asking again draws another.
func (a *Access) ProposeChange(ctx context.Context, s session.Session) (Proposal, error) {
	if err := s.Actor.Require(dossier.RoleCitizen, dossier.RoleMustChange); err != nil {
		return Proposal{}, err
	}
	if s.PINIssueID == "" { // an identity of elsewhere shows no PIN
		return Proposal{}, dossier.Problem(dossier.CodeForbidden)
	}
	p := Proposal{PIN: Generate(), Until: a.cfg.Clock.Now().Add(proposalFor)}
	hash, err := a.cfg.Hasher.Hash(ctx, p.PIN)
	if err != nil {
		return Proposal{}, fmt.Errorf("propose PIN: %w", err)
	}
	_, err = a.cfg.Store.Apply(ctx, dossier.Change{Actor: s.Actor, Effects: []dossier.Effect{
		dossier.ProposeSecret{PINIssueID: s.PINIssueID, Hash: hash, Until: p.Until},
	}})
	if err != nil {
		return Proposal{}, fmt.Errorf("propose PIN: %w", err)
	}
	return p, nil
}

// Change makes the proposed PIN the one in use, when it is typed back right. It
// returns CodePINNotRepeated when it is not, and CodePINProposalOver when there
// is none any more. All other sessions of the holder end.
func (a *Access) Change(ctx context.Context, s session.Session, typed string) error {
	if err := s.Actor.Require(dossier.RoleCitizen, dossier.RoleMustChange); err != nil {
		return err
	}
	p, err := a.cfg.Store.PINIssue(ctx, s.PINIssueID)
	if err != nil {
		return fmt.Errorf("change PIN: %w", err)
	}
	hash, err := a.cfg.Store.ProposedSecret(ctx, p.ID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return dossier.Problem(dossier.CodePINProposalOver)
	}
	if err != nil {
		return fmt.Errorf("change PIN: %w", err)
	}
	right, err := a.cfg.Hasher.Verify(ctx, hash, Normalize(typed))
	if err != nil {
		return fmt.Errorf("change PIN: %w", err)
	}
	if !right {
		return dossier.Problem(dossier.CodePINNotRepeated)
	}
	event := dossier.PINEventChanged
	if p.State == dossier.PINLapsed {
		event = dossier.PINEventRenewed
	}
	_, err = a.cfg.Store.Apply(ctx, dossier.Change{
		Actor: s.Actor, PIN: &dossier.PINMove{ID: p.ID, Event: event, Version: p.Version},
		Effects: []dossier.Effect{dossier.SetSecret{PINIssueID: p.ID, Hash: hash, KeepSession: s.Key()}},
	})
	if err != nil {
		return fmt.Errorf("change PIN: %w", err)
	}
	return nil
}
