package review

import (
	"context"
	"encoding/json"
	"fmt"

	"dispositivo/dossier"
)

// Arrival is a submission that nothing led to a dossier, with what its channel says.
type Arrival struct {
	dossier.Submission
	// From is the sender as the channel names it, such as a caller's number: a hint,
	// which may be false, and never identity (C9). "" when it says nothing, or when
	// that was erased.
	From string
}

// Arrival opens one unmatched submission, and logs the look before it is granted
// (promise 5): who sent it is personal. CodeNotFound says that none of that id is
// unmatched, or that it was scanned at another office.
func (d *Desk) Arrival(ctx context.Context, actor dossier.Actor, submissionID string) (Arrival, error) {
	if err := actor.Require(everyone...); err != nil {
		return Arrival{}, err
	}
	sub, err := d.cfg.Store.Submission(ctx, submissionID)
	if err != nil {
		return Arrival{}, fmt.Errorf("open arrival: %w", err)
	}
	if sub.State != dossier.SubmissionUnmatched || !actor.Sees(sub.Office) {
		return Arrival{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err := d.cfg.Store.NoteLook(ctx, actor, "submission.viewed", sub.ID, sub.HolderID, `{}`); err != nil {
		return Arrival{}, fmt.Errorf("log view: %w", err)
	}
	a := Arrival{Submission: sub}
	if len(sub.Documents) == 0 || len(sub.Documents[0].SealedOrigin) == 0 {
		return a, nil
	}
	note, err := d.cfg.Pictures.OpenNote(sub.Documents[0], sub.Documents[0].SealedOrigin)
	if err != nil {
		return Arrival{}, fmt.Errorf("open origin: %w", err)
	}
	var origin dossier.Origin
	if err := json.Unmarshal(note, &origin); err != nil {
		return Arrival{}, fmt.Errorf("decode origin: %w", err)
	}
	a.From = origin.From
	return a, nil
}
