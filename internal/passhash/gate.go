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
	// others are who a core is kept for; nil: there are always some.
	others *Others

	mu      sync.Mutex
	running int
	waiting []chan struct{}
}

// limit is how many may run now. The caller holds mu.
func (g *gate) limit() int {
	if g.others != nil && g.others.n.Load() == 0 {
		return g.cores
	}
	return max(1, g.cores-1)
}

// enter waits for a place; leave must follow unless it fails. Who comes may make
// room for those before it: it is no other any more.
func (g *gate) enter(ctx context.Context) error {
	WillHash(ctx)
	turn := make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, turn)
	g.admit()
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	default:
	}
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
