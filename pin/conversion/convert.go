package conversion

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

// worker is who carries conversions out.
var worker = dossier.System("conversion")

// Convert carries out an approved conversion: in one transaction the PIN
// becomes dispositivo, the dossier converted, the confirmation is queued and
// the task closed. However often it is called, it happens once (C11).
//
// A PIN that changed meanwhile is handled: dispositivo already, or gone, ends
// the dossier as superseded; suspended or lapsed sends it back to a person.
func (s *Service) Convert(ctx context.Context, taskID, dossierID string) error {
	d, err := s.cfg.Store.Dossier(ctx, dossierID)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if d.State != dossier.StateApproved {
		return s.cfg.Store.CloseTask(ctx, taskID) // done, or no longer wanted
	}
	p, err := s.cfg.Store.PINIssue(ctx, d.PINIssueID)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	ch := dossier.Change{Actor: worker, Closes: taskID, Dossier: &dossier.Move{ID: d.ID, Version: d.Version}}
	switch {
	case p.Gone() || p.Kind == dossier.Dispositivo:
		ch.Dossier.Event = dossier.EventSuperseded
	case !p.InUse():
		ch.Dossier.Event = dossier.EventConversionBlocked
	default:
		if err := s.planConversion(ctx, &ch, d, p); err != nil {
			return err
		}
	}
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return retry(err)
	}
	return nil
}

// planConversion converts if the standing approval was given to exactly what
// is there now; else a person looks again.
func (s *Service) planConversion(ctx context.Context, ch *dossier.Change, d dossier.Dossier, p dossier.PINIssue) error {
	decisions, err := s.cfg.Store.Decisions(ctx, d.ID, false)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if len(decisions) == 0 || decisions[len(decisions)-1].SeenHash != d.SeenHash() {
		ch.Dossier.Event = dossier.EventConversionBlocked
		return nil
	}
	ch.Dossier.Event = dossier.EventConverted
	ch.Effects = []dossier.Effect{dossier.ConvertPIN{
		DossierID: d.ID, PINIssueID: p.ID, PINVersion: p.Version, SeenHash: d.SeenHash(),
	}}
	return nil
}

// Expire ends a dossier whose holder's time is over. version is the one the
// deadline was set for: after any change it no longer holds.
func (s *Service) Expire(ctx context.Context, taskID, dossierID string, version int64) error {
	d, err := s.cfg.Store.Dossier(ctx, dossierID)
	if err != nil {
		return fmt.Errorf("expire: %w", err)
	}
	if d.Version != version || !allows(d.State, dossier.EventDeadlinePassed) {
		return s.cfg.Store.CloseTask(ctx, taskID)
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{
		Actor: worker, Closes: taskID, Dossier: &dossier.Move{ID: d.ID, Event: dossier.EventDeadlinePassed, Version: version},
	})
	return retry(err)
}

// retry makes a lost race temporary: the next try sees what is there then.
func retry(err error) error {
	if code := dossier.CodeOf(err); code == dossier.CodeConflict || code == dossier.CodeDossierChanged {
		return &dossier.Error{Code: dossier.CodeConflict, Temporary: true, Err: err}
	}
	return err
}
