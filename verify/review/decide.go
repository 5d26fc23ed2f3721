package review

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// maxNote bounds the internal note, in bytes.
const maxNote = 4000

// Decide carries out what the reviewer decided, and returns the dossier's new
// state. It refuses with CodeDossierChanged when the dossier is not the one
// that was seen, CodePagesUnseen when approving with a page unseen,
// CodeQuarantined when a submission is in quarantine, CodeLeaseLost,
// CodeOwnDossier, CodeFourEyes, or CodeRequestInvalid.
func (d *Desk) Decide(ctx context.Context, actor dossier.Actor, reviewID string, v Verdict) (dossier.State, error) {
	lease, err := d.mine(ctx, actor, reviewID)
	if err != nil {
		return "", err
	}
	if err := v.check(); err != nil {
		return "", err
	}
	c, err := d.load(ctx, actor, lease)
	if err != nil {
		return "", err
	}
	event, err := d.weigh(ctx, actor, c, v)
	if err != nil {
		return "", err
	}
	out, err := d.cfg.Store.Apply(ctx, dossier.Change{
		Actor:   actor,
		Dossier: &dossier.Move{ID: c.Dossier.ID, Event: event, Version: v.Version},
		Effects: []dossier.Effect{dossier.Decide{Decision: dossier.Decision{
			ID: ident.New(d.cfg.Clock.Now()), DossierID: c.Dossier.ID, ReviewID: lease.ID, OperatorID: actor.ID,
			Action: v.Action, Reason: v.Reason, Note: v.Note, Version: v.Version,
		}}},
	})
	if err != nil {
		return "", fmt.Errorf("decide: %w", err)
	}
	return out.State, nil
}

// check refuses a verdict that says too little: a rejection and a request for
// more need the reason that makes the holder's text.
func (v *Verdict) check() error {
	v.Note = strings.TrimSpace(v.Note)
	known := slices.Contains(dossier.Reasons(), v.Reason)
	invalid := func(field string) error {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Args: map[string]string{"field": field}}
	}
	switch {
	case len(v.Note) > maxNote:
		return invalid("note")
	case v.Action == dossier.ActionApprove && v.Reason != "":
		return invalid("reason")
	case v.Action == dossier.ActionReject && !known, v.Action == dossier.ActionAskMore && !known:
		return invalid("reason")
	case v.Action != dossier.ActionApprove && v.Action != dossier.ActionReject && v.Action != dossier.ActionAskMore:
		return invalid("action")
	}
	return nil
}

// weigh checks a verdict against what is there now and names the event.
func (d *Desk) weigh(ctx context.Context, actor dossier.Actor, c Case, v Verdict) (dossier.Event, error) {
	if c.Dossier.Version != v.Version {
		return "", dossier.Problem(dossier.CodeDossierChanged)
	}
	if err := d.mayDecide(ctx, actor, c.Dossier); err != nil {
		return "", err
	}
	switch v.Action {
	case dossier.ActionReject:
		return dossier.EventRejected, nil
	case dossier.ActionAskMore:
		return dossier.EventMoreAsked, nil
	case dossier.ActionApprove:
	}
	if err := complete(c); err != nil {
		return "", err
	}
	if d.cfg.FourEyes && c.Dossier.State == dossier.StateReviewing {
		return dossier.EventFirstApproval, nil
	}
	return dossier.EventApproved, nil
}

// complete refuses an approval of what was not all seen: every page by this
// reviewer, at least one, and nothing left in quarantine.
func complete(c Case) error {
	for _, s := range c.Dossier.Submissions {
		switch s.State {
		case dossier.SubmissionQuarantined, dossier.SubmissionReceived, dossier.SubmissionScreening:
			return dossier.Problem(dossier.CodeQuarantined)
		case dossier.SubmissionJoined, dossier.SubmissionDuplicate, dossier.SubmissionRefused,
			dossier.SubmissionUnmatched, dossier.SubmissionNotASubmission:
		}
	}
	if len(c.Claim.Pages) == 0 {
		return dossier.Problem(dossier.CodePagesUnseen)
	}
	for _, p := range c.Claim.Pages {
		if !c.Seen[p] {
			return dossier.Problem(dossier.CodePagesUnseen)
		}
	}
	return nil
}

// mayDecide keeps reviewers from their own dossier, and from being both pairs
// of eyes (C10).
func (d *Desk) mayDecide(ctx context.Context, actor dossier.Actor, ds dossier.Dossier) error {
	if err := d.notOwn(ctx, actor, ds.HolderID); err != nil {
		return err
	}
	if ds.State != dossier.StateSecondReview {
		return nil
	}
	standing, err := d.cfg.Store.Decisions(ctx, ds.ID, false)
	if err != nil {
		return fmt.Errorf("read decisions: %w", err)
	}
	for _, one := range standing {
		if one.Action == dossier.ActionApprove && one.OperatorID == actor.ID {
			return dossier.Problem(dossier.CodeFourEyes)
		}
	}
	return nil
}

// notOwn refuses what a reviewer would do to the own dossier.
func (d *Desk) notOwn(ctx context.Context, actor dossier.Actor, holderID string) error {
	h, err := d.cfg.Store.Holder(ctx, holderID)
	if err != nil {
		return fmt.Errorf("read holder: %w", err)
	}
	if bytes.Equal(actor.KeyedCF, d.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	return nil
}
