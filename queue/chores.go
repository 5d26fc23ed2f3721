package queue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dispositivo/internal/clock"
)

// Chore is housekeeping that is done now and then, and does no harm when two
// processes do it.
type Chore struct {
	Name  string
	Every time.Duration
	Do    func(context.Context) error
}

// RunChores does each chore at once and then at its interval until ctx ends.
// A chore that fails is logged and done again the next time.
func RunChores(ctx context.Context, clk clock.Clock, logger *slog.Logger, chores []Chore) {
	var wg sync.WaitGroup
	for _, c := range chores {
		wg.Go(func() { runChore(ctx, clk, logger, c) })
	}
	wg.Wait()
}

func runChore(ctx context.Context, clk clock.Clock, logger *slog.Logger, c Chore) {
	tick := clk.NewTicker(c.Every)
	defer tick.Stop()
	for {
		if err := c.Do(ctx); err != nil && ctx.Err() == nil {
			logger.LogAttrs(ctx, slog.LevelWarn, "chore failed", slog.String("chore", c.Name), slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C():
		}
	}
}
