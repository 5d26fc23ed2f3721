// Package signin holds the lock rule of B3, shared by holders and operators:
// after ten consecutive wrong secrets access is locked for three minutes, and
// every further wrong one locks it again.
//
// It must not know what the secret is or how it is checked.
package signin

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

const (
	wrongBeforeLock = 10
	lockFor         = 3 * time.Minute
)

// Store keeps the counts, by keyed subject, across restarts and processes.
type Store interface {
	CountWrong(ctx context.Context, subject string, next func(dossier.Lock, time.Time) dossier.Lock) (dossier.Lock, error)
	ClearLock(ctx context.Context, subject string) error
}

// Guard stands before every check of a secret.
type Guard struct {
	store Store
	clock clock.Clock
}

// NewGuard returns a guard.
func NewGuard(store Store, clk clock.Clock) *Guard { return &Guard{store: store, clock: clk} }

// Try lets check look at a secret for subject, existing or not. The try is
// counted as wrong before check runs and forgiven when it says yes, so that
// tries made at the same moment cannot outrun the lock. One that ends in a fault of
// ours says nothing of the secret, and is handed back if the store can be reached.
//
// It returns CodeLocked with the seconds left, during a lock without running
// check at all, and CodeCredentialsWrong otherwise.
func (g *Guard) Try(ctx context.Context, subject string, check func(context.Context) (bool, error)) error {
	before, lock, err := g.count(ctx, subject)
	if err != nil {
		return err
	}
	if before.Wrong == lock.Wrong { // a lock stands
		return g.lockedError(lock)
	}
	right, err := check(ctx)
	if err != nil {
		g.handBack(ctx, subject, before, lock, err)
		return err
	}
	if right {
		if err := g.store.ClearLock(ctx, subject); err != nil {
			return fmt.Errorf("clear lock: %w", err)
		}
		return nil
	}
	if g.clock.Now().Before(lock.LockedUntil) {
		return g.lockedError(lock)
	}
	return dossier.Problem(dossier.CodeCredentialsWrong)
}

// Spend takes one try out of a budget of wrong ones, existing or not, and
// reports whether there was one left. Waiting does not refill it; Restore does.
func (g *Guard) Spend(ctx context.Context, budget string, limit int) (bool, error) {
	l, err := g.store.CountWrong(ctx, budget, func(l dossier.Lock, _ time.Time) dossier.Lock {
		l.Wrong = min(l.Wrong+1, limit+1)
		return l
	})
	if err != nil {
		return false, fmt.Errorf("spend try: %w", err)
	}
	return l.Wrong <= limit, nil
}

// Restore fills a budget up again.
func (g *Guard) Restore(ctx context.Context, budget string) error {
	if err := g.store.ClearLock(ctx, budget); err != nil {
		return fmt.Errorf("restore tries: %w", err)
	}
	return nil
}

// count counts a try as wrong; a lock stays as it was, before and after.
func (g *Guard) count(ctx context.Context, subject string) (before, after dossier.Lock, err error) {
	after, err = g.store.CountWrong(ctx, subject, func(l dossier.Lock, now time.Time) dossier.Lock {
		before = l
		if now.Before(l.LockedUntil) {
			return l
		}
		return next(l, now)
	})
	if err != nil {
		return before, after, fmt.Errorf("count try: %w", err)
	}
	return before, after, nil
}

// handBack takes back a try whose check ended in a fault of ours, and the lock that it
// alone had set. Where that fails too it stays counted, as after a crash.
func (g *Guard) handBack(ctx context.Context, subject string, before, counted dossier.Lock, fault error) {
	if code := dossier.CodeOf(fault); code != dossier.CodeInternal && code != dossier.CodeUnavailable {
		return
	}
	_, _ = g.store.CountWrong(context.WithoutCancel(ctx), subject, func(l dossier.Lock, _ time.Time) dossier.Lock {
		l.Wrong = max(l.Wrong-1, 0)
		if l.LockedUntil.Equal(counted.LockedUntil) {
			l.LockedUntil = before.LockedUntil
		}
		return l
	})
}

// next is the count after one more wrong try.
func next(l dossier.Lock, now time.Time) dossier.Lock {
	l.Wrong++
	if l.Wrong >= wrongBeforeLock {
		l.LockedUntil = now.Add(lockFor)
	}
	return l
}

func (g *Guard) lockedError(l dossier.Lock) error {
	left := l.LockedUntil.Sub(g.clock.Now())
	seconds := max(1, int64((left+time.Second-1)/time.Second))
	return &dossier.Error{Code: dossier.CodeLocked, Args: map[string]string{"seconds": strconv.FormatInt(seconds, 10)}}
}
