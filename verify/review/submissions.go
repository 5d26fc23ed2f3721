package review

import (
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
)

// Submissions lists the oldest submissions in a state that an operator handles:
// quarantined or unmatched. An operator of an office sees that office's, and
// those that belong to nobody yet and were not scanned at another.
func (d *Desk) Submissions(ctx context.Context, actor dossier.Actor, state dossier.SubmissionState) ([]dossier.Submission, error) {
	if err := actor.Require(everyone...); err != nil {
		return nil, err
	}
	if state != dossier.SubmissionQuarantined && state != dossier.SubmissionUnmatched {
		return nil, dossier.Problem(dossier.CodeRequestInvalid)
	}
	subs, err := d.cfg.Store.SubmissionsIn(ctx, state, queueLimit)
	if err != nil {
		return nil, fmt.Errorf("list submissions: %w", err)
	}
	if actor.Office == "" {
		return subs, nil
	}
	var own []dossier.Submission
	for _, sub := range subs {
		if sub.DossierID == "" && !actor.Sees(sub.Office) {
			continue
		}
		if sub.DossierID != "" {
			ds, err := d.cfg.Store.Dossier(ctx, sub.DossierID)
			if err != nil {
				return nil, fmt.Errorf("list submissions: %w", err)
			}
			if ds.Office != actor.Office {
				continue
			}
		}
		own = append(own, sub)
	}
	return own, nil
}

// Clear lets a quarantined submission be read again in spite of its active
// content; its pages are still shown as pixels only. The dossier goes through
// screening once more.
func (d *Desk) Clear(ctx context.Context, actor dossier.Actor, submissionID string) error {
	sub, err := d.handled(ctx, actor, submissionID)
	if err != nil {
		return err
	}
	ch := dossier.Change{
		Actor:      actor,
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventCleared},
		Effects:    []dossier.Effect{dossier.Clear{SubmissionID: sub.ID}},
	}
	return d.moveBoth(ctx, ch, sub)
}

// Refuse ends a quarantined or unmatched submission for a reason, which goes into the
// log and to who sent it, where a mail may be answered. The dossier it came for,
// if any, stays with its reviewer, who decides or asks for more.
func (d *Desk) Refuse(ctx context.Context, actor dossier.Actor, submissionID string, reason dossier.RefusalReason) error {
	sub, err := d.handled(ctx, actor, submissionID)
	if err != nil {
		return err
	}
	if !slices.Contains(dossier.RefusalReasons(), reason) {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	ch := dossier.Change{
		Actor: actor, Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventRefusedByHand, Refusal: reason},
	}
	if sub.Channel == dossier.ChannelMail || sub.Channel == dossier.ChannelPEC {
		ch.Effects = []dossier.Effect{dossier.Enqueue{Kind: dossier.TaskAnswer, Subject: sub.ID}}
	}
	_, err = d.cfg.Store.Apply(ctx, ch)
	if err != nil {
		return fmt.Errorf("refuse submission: %w", err)
	}
	return nil
}

// moveBoth sends the submission's dossier back to screening with it, unless it
// ended meanwhile.
func (d *Desk) moveBoth(ctx context.Context, ch dossier.Change, sub dossier.Submission) error {
	if sub.DossierID != "" {
		ds, err := d.cfg.Store.Dossier(ctx, sub.DossierID)
		if err != nil {
			return fmt.Errorf("read dossier: %w", err)
		}
		if ds.State.Final() {
			return dossier.Problem(dossier.CodeConversionClosed)
		}
		ch.Dossier = &dossier.Move{ID: ds.ID, Event: dossier.EventPagesAdded, Version: ds.Version}
	}
	if _, err := d.cfg.Store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("clear submission: %w", err)
	}
	return nil
}

// handled returns a submission that this operator may clear or refuse.
func (d *Desk) handled(ctx context.Context, actor dossier.Actor, id string) (dossier.Submission, error) {
	if err := actor.Require(reviewers...); err != nil {
		return dossier.Submission{}, err
	}
	sub, err := d.cfg.Store.Submission(ctx, id)
	if err != nil {
		return dossier.Submission{}, fmt.Errorf("read submission: %w", err)
	}
	if err := d.mayLook(ctx, actor, sub); err != nil {
		return dossier.Submission{}, err
	}
	if sub.HolderID != "" {
		if err := d.notOwn(ctx, actor, sub.HolderID); err != nil {
			return dossier.Submission{}, err
		}
	}
	return sub, nil
}
