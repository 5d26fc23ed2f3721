package review

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

// worker is who queues and escalates reviews.
var worker = dossier.System("review")

// Offer puts a dossier into the review queue of the competent office (C10).
// version is the one the task was made for.
func (d *Desk) Offer(ctx context.Context, taskID, dossierID string, version int64) error {
	return d.ifStill(ctx, taskID, dossierID, version, func(ds dossier.Dossier) dossier.Effect {
		return dossier.Offer{DossierID: ds.ID, Office: ds.Office}
	})
}

// Escalate raises a dossier whose review is late: it goes first, and
// supervisors see it.
func (d *Desk) Escalate(ctx context.Context, taskID, dossierID string, version int64) error {
	return d.ifStill(ctx, taskID, dossierID, version, func(ds dossier.Dossier) dossier.Effect {
		return dossier.Escalate{DossierID: ds.ID}
	})
}

func (d *Desk) ifStill(ctx context.Context, taskID, dossierID string, version int64, effect func(dossier.Dossier) dossier.Effect) error {
	ds, err := d.cfg.Store.Dossier(ctx, dossierID)
	if err != nil {
		return fmt.Errorf("review task: %w", err)
	}
	if ds.Version != version {
		return d.cfg.Store.CloseTask(ctx, taskID)
	}
	_, err = d.cfg.Store.Apply(ctx, dossier.Change{Actor: worker, Closes: taskID, Effects: []dossier.Effect{effect(ds)}})
	if err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		return fmt.Errorf("review task: %w", err)
	}
	return nil
}
