package conversion

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/token"
)

const (
	// stopsAfter is how long a stop link still suspends the PIN after the
	// conversion. Before it, the link lives as long as the dossier: half an hour, as
	// other links have, would be over before a person looks at what came by post.
	stopsAfter = 30 * 24 * time.Hour
	// races bounds how often a stop looks again after something else happened to
	// the dossier or the PIN at the same moment.
	races = 5
)

// stopper is who acts when a link is used: whoever holds it is not known.
var stopper = dossier.System("stop_link")

// Stopped is what a stop link led to.
type Stopped string

// The ends of a stop link.
const (
	// StoppedWithdrawn: the conversion was under way and is withdrawn.
	StoppedWithdrawn Stopped = "withdrawn"
	// StoppedSuspended: the PIN was dispositivo already; it is suspended, and an
	// operator's case.
	StoppedSuspended Stopped = "suspended"
)

// Stop carries out what a stop link is for, without sign-in (C12): a conversion
// under way is withdrawn; after it, for 30 days, the PIN is suspended and becomes
// an operator's case. CodeStopOver: the link is none, was used, or what it stops
// is over. CodeRateLimited by source.
func (s *Service) Stop(ctx context.Context, link, source string) (Stopped, error) {
	if err := s.cfg.Tries.Take("stop source " + source); err != nil {
		return "", err
	}
	var err error
	for range races {
		var ch dossier.Change
		var end Stopped
		if ch, end, err = s.planStop(ctx, token.Normalize(link)); err != nil {
			return "", err
		}
		if _, err = s.cfg.Store.Apply(ctx, ch); err == nil {
			return end, nil
		}
		if code := dossier.CodeOf(err); code != dossier.CodeConflict && code != dossier.CodeDossierChanged {
			break
		}
	}
	return "", fmt.Errorf("stop conversion: %w", err)
}

// planStop is what a link does as things stand.
func (s *Service) planStop(ctx context.Context, handle string) (dossier.Change, Stopped, error) {
	ch := dossier.Change{Actor: stopper}
	stop, err := s.cfg.Store.StopByHandle(ctx, handle)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return ch, "", &dossier.Error{Code: dossier.CodeStopOver, Err: errors.New("no such link")}
	}
	if err != nil {
		return ch, "", fmt.Errorf("stop conversion: %w", err)
	}
	d, err := s.cfg.Store.Dossier(ctx, stop.DossierID)
	if err != nil {
		return ch, "", fmt.Errorf("stop conversion: %w", err)
	}
	if allows(d.State, dossier.EventWithdrawn) {
		ch.Dossier = &dossier.Move{ID: d.ID, Event: dossier.EventWithdrawn, Version: d.Version}
		ch.Effects = []dossier.Effect{dossier.UseStop{MessageID: stop.MessageID}}
		return ch, StoppedWithdrawn, nil
	}
	// The PIN in use may be a later issue, which kept what the conversion gave.
	h, err := s.cfg.Store.Holder(ctx, stop.HolderID)
	if err != nil {
		return ch, "", fmt.Errorf("stop conversion: %w", err)
	}
	p := h.PIN
	if d.State != dossier.StateConverted || p.Kind != dossier.Dispositivo || !p.InUse() || !s.cfg.Clock.Now().Before(d.ChangedAt.Add(stopsAfter)) {
		return ch, "", &dossier.Error{Code: dossier.CodeStopOver, Err: errors.New("nothing is left to stop")}
	}
	ch.PIN = &dossier.PINMove{ID: p.ID, Event: dossier.PINEventSuspended, Version: p.Version, Reason: "stop_link"}
	ch.Effects = []dossier.Effect{dossier.UseStop{MessageID: stop.MessageID, Suspends: true}}
	return ch, StoppedSuspended, nil
}

// mayReopen refuses a holder who would open a dossier after a withdrawal: who made
// somebody stop it may hold the PIN. The desk may (C12).
func (s *Service) mayReopen(ctx context.Context, actor dossier.Actor, h dossier.Holder) error {
	if !actor.IsHolder() {
		return nil
	}
	all, err := s.cfg.Store.DossiersOf(ctx, h.ID)
	if err != nil {
		return fmt.Errorf("open dossier: %w", err)
	}
	for _, d := range all { // the newest first
		if d.PINIssueID == h.PIN.ID {
			if d.State == dossier.StateWithdrawn {
				return dossier.Problem(dossier.CodeConversionStopped)
			}
			return nil
		}
	}
	return nil
}
