package letters

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

// Lapse ends the window of a PIN issue (A8): the work of a task TaskLapse. A
// window that was set anew, or that an activated and changed PIN no longer has,
// closes the task alone.
func (s *Service) Lapse(ctx context.Context, taskID, pinIssueID string) error {
	p, err := s.cfg.Store.PINIssue(ctx, pinIssueID)
	if err != nil {
		return fmt.Errorf("end window: %w", err)
	}
	_, closes := p.State.Next(dossier.PINEventWindowPassed)
	if p.WindowUntil.IsZero() || s.cfg.Clock.Now().Before(p.WindowUntil) || closes != nil {
		return s.cfg.Store.CloseTask(ctx, taskID)
	}
	ch := windowPassed(p)
	ch.Closes = taskID
	if _, err = s.cfg.Store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("end window: %w", retry(err))
	}
	return nil
}

func windowPassed(p dossier.PINIssue) dossier.Change {
	return dossier.Change{Actor: worker, PIN: &dossier.PINMove{ID: p.ID, Event: dossier.PINEventWindowPassed, Version: p.Version}}
}

// LapseResumed ends the windows that closed while their PINs were suspended: the
// holder renews such a PIN, which could not be changed any more otherwise.
func (s *Service) LapseResumed(ctx context.Context) error {
	issues, err := s.cfg.Store.OverduePINs(ctx, look)
	if err != nil {
		return fmt.Errorf("end windows: %w", err)
	}
	for _, p := range issues {
		if _, err := s.cfg.Store.Apply(ctx, windowPassed(p)); err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
			return fmt.Errorf("end windows: %w", err)
		}
	}
	return nil
}

// Remind tells everybody whose window closes soon, once for each window.
func (s *Service) Remind(ctx context.Context) error {
	for {
		issues, err := s.cfg.Store.ClosingPINs(ctx, s.cfg.Clock.Now().Add(s.cfg.Policy.RemindBefore), look)
		if err != nil {
			return fmt.Errorf("remind: %w", err)
		}
		for _, p := range issues {
			if err := s.remind(ctx, p); err != nil {
				return fmt.Errorf("remind: %w", err)
			}
		}
		if len(issues) < look {
			return nil
		}
	}
}

func (s *Service) remind(ctx context.Context, p dossier.PINIssue) error {
	_, err := s.cfg.Store.Apply(ctx, dossier.Change{Actor: worker, Effects: []dossier.Effect{dossier.Tell{
		HolderID: p.HolderID, Kind: dossier.MessagePINReminder, Occasion: windowOf(p),
		Values: map[string]string{"deadline": p.WindowUntil.In(s.cfg.Rome).Format("02/01/2006")},
	}}})
	return err
}

// windowOf names a window, by which ClosingPINs knows who was reminded.
func windowOf(p dossier.PINIssue) string {
	return dossier.VersionedSubject(p.ID, p.WindowUntil.UnixMicro())
}

// MakeDaily makes the day's letters, when it is called in the hour of Rome for
// them. More than once an hour is fine: what was printed is not printed again.
func (s *Service) MakeDaily(ctx context.Context, hour int) error {
	if s.cfg.Clock.Now().In(s.cfg.Rome).Hour() != hour {
		return nil
	}
	return s.MakeAll(ctx)
}
