// Package throttle bounds how often somebody may try something: a token bucket
// for each key, in memory, for a bounded number of keys.
//
// It is the first fence, for one process; counts that must survive a restart
// live in SQL.
package throttle

import (
	"strconv"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// maxKeys bounds the memory of a Throttle. When it is full the oldest bucket is forgotten.
const maxKeys = 100_000

// Throttle is a set of buckets. It is safe for concurrent use.
type Throttle struct {
	clock clock.Clock
	burst float64
	every time.Duration

	mu      sync.Mutex
	buckets map[string]bucket
	// order holds keys by the time they were first seen.
	order []string
}

type bucket struct {
	tokens float64
	at     time.Time
}

// New allows burst tries at once, and one more each interval after.
func New(clk clock.Clock, burst int, every time.Duration) *Throttle {
	return &Throttle{clock: clk, burst: float64(burst), every: every, buckets: map[string]bucket{}}
}

// Take counts a try by key. It returns CodeRateLimited, with the seconds to
// wait, when there were too many.
func (t *Throttle) Take(key string) error {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.buckets[key]
	if !ok {
		t.makeRoom()
		t.order = append(t.order, key)
		b = bucket{tokens: t.burst, at: now}
	}
	b.tokens = min(t.burst, b.tokens+float64(now.Sub(b.at))/float64(t.every))
	b.at = now
	if b.tokens < 1 {
		t.buckets[key] = b
		wait := time.Duration((1 - b.tokens) * float64(t.every))
		seconds := int64(wait/time.Second) + 1
		return &dossier.Error{Code: dossier.CodeRateLimited, Args: map[string]string{"seconds": strconv.FormatInt(seconds, 10)}}
	}
	b.tokens--
	t.buckets[key] = b
	return nil
}

func (t *Throttle) makeRoom() {
	if len(t.order) < maxKeys {
		return
	}
	half := len(t.order) / 2
	for _, key := range t.order[:half] {
		delete(t.buckets, key)
	}
	t.order = append([]string(nil), t.order[half:]...)
}
