package passhash

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// gate bounds how many hashes are computed at once: all cores while nobody asks
// for anything else, one fewer otherwise, at least one. Who waits is let in in
// the order of coming.
type gate struct {
	cores int
	// inFlight counts the requests that are being answered, those that hash
	// included; nil: there are always others.
	inFlight func() int64

	mu      sync.Mutex
	running int
	inside  int64 // running or waiting
	waiting []chan struct{}
}

// limit is how many may run now. The caller holds mu.
func (g *gate) limit() int {
	if g.inFlight != nil && g.inFlight() <= g.inside {
		return g.cores
	}
	return max(1, g.cores-1)
}

// enter waits for a place; leave must follow unless it fails.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	g.inside++
	if len(g.waiting) == 0 && g.running < g.limit() {
		g.running++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.giveUp(turn)
		return fmt.Errorf("wait to hash: %w", context.Cause(ctx))
	}
}

// giveUp leaves the queue, or the place that came at the last moment.
func (g *gate) giveUp(turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if i := slices.Index(g.waiting, turn); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return
	}
	g.running--
	g.admit()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.running--
	g.admit()
}

// admit lets in who waits, as far as there is room. The caller holds mu.
func (g *gate) admit() {
	for len(g.waiting) > 0 && g.running < g.limit() {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.running++
	}
}
