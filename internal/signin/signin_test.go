package signin

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// memory keeps the counts as the store does: one caller after the other.
type memory struct {
	clock clock.Clock
	mu    sync.Mutex
	locks map[string]dossier.Lock
}

func (m *memory) CountWrong(_ context.Context, subject string, next func(dossier.Lock, time.Time) dossier.Lock) (dossier.Lock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.locks[subject] = next(m.locks[subject], m.clock.Now())
	return m.locks[subject], nil
}

func (m *memory) ClearLock(_ context.Context, subject string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.locks, subject)
	return nil
}

func newGuard() (*Guard, *clock.Stub) {
	clk := clock.NewStub(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	return NewGuard(&memory{clock: clk, locks: map[string]dossier.Lock{}}, clk), clk
}

func answer(right bool) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) { return right, nil }
}

// proves B3: the lock rule, second by second.
func TestLockRule(t *testing.T) {
	t.Parallel()
	g, clk := newGuard()
	try := func(right bool) (dossier.Code, string) {
		err := g.Try(t.Context(), "holder", answer(right))
		var args map[string]string
		if e, ok := err.(*dossier.Error); ok { //nolint:errorlint // the guard returns it unwrapped
			args = e.Args
		}
		return dossier.CodeOf(err), args["seconds"]
	}
	for i := range 9 {
		if code, _ := try(false); code != dossier.CodeCredentialsWrong {
			t.Fatalf("wrong try %d: %s", i+1, code)
		}
	}
	if code, left := try(false); code != dossier.CodeLocked || left != "180" {
		t.Fatalf("tenth wrong try: %s %s", code, left)
	}
	for second := range 180 {
		if code, _ := try(true); code != dossier.CodeLocked {
			t.Fatalf("second %d of the lock: the right secret gave %q", second, code)
		}
		clk.Advance(time.Second)
	}
	if code, left := try(false); code != dossier.CodeLocked || left != "180" {
		t.Fatalf("one more wrong: %s %s", code, left)
	}
	clk.Advance(179*time.Second + 500*time.Millisecond)
	if code, left := try(true); code != dossier.CodeLocked || left != "1" {
		t.Fatalf("half a second before the end: %s %s", code, left)
	}
	clk.Advance(500 * time.Millisecond)
	if code, _ := try(true); code != "" {
		t.Fatalf("right after the lock: %s", code)
	}
	if code, _ := try(false); code != dossier.CodeCredentialsWrong {
		t.Fatalf("the count did not begin anew: %s", code)
	}
}

// proves B3: tries made at the same moment cannot outrun the lock.
func TestParallelTries(t *testing.T) {
	t.Parallel()
	g, _ := newGuard()
	var checked atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			_ = g.Try(t.Context(), "holder", func(context.Context) (bool, error) {
				checked.Add(1)
				return false, nil
			})
		})
	}
	wg.Wait()
	if n := checked.Load(); n != wrongBeforeLock {
		t.Errorf("%d secrets were looked at, want %d", n, wrongBeforeLock)
	}
}

// proves B3: a try that our own fault ends is none, and the lock it set is lifted; one
// that the check refuses counts as a wrong one does.
func TestFaultsAreNoTries(t *testing.T) {
	t.Parallel()
	g, clk := newGuard()
	try := func(right bool, fault error) dossier.Code {
		return dossier.CodeOf(g.Try(t.Context(), "holder", func(context.Context) (bool, error) { return right, fault }))
	}
	for range 3 * wrongBeforeLock {
		if code := try(false, dossier.Problem(dossier.CodeUnavailable)); code != dossier.CodeUnavailable {
			t.Fatalf("a fault gave %q", code)
		}
	}
	for range wrongBeforeLock - 1 {
		try(false, nil)
	}
	if code := try(false, context.Canceled); code != dossier.CodeInternal {
		t.Fatalf("a fault at the tenth try gave %q", code)
	}
	if code := try(false, nil); code != dossier.CodeLocked {
		t.Fatalf("the tenth wrong try gave %q", code)
	}
	clk.Advance(lockFor)
	try(false, context.Canceled) // set a lock for a moment
	if code := try(true, nil); code != "" {
		t.Fatalf("the right secret after a fault gave %q", code)
	}
	for range wrongBeforeLock - 1 {
		try(false, dossier.Problem(dossier.CodeRequestInvalid))
	}
	if code := try(false, nil); code != dossier.CodeLocked {
		t.Fatalf("after refusals: %q", code)
	}
}

// proves B3: while a lock stands, the end of a slow fault does not lift it.
func TestFaultLeavesAnothersLock(t *testing.T) {
	t.Parallel()
	g, clk := newGuard()
	err := g.Try(t.Context(), "holder", func(ctx context.Context) (bool, error) {
		clk.Advance(time.Second)
		for range wrongBeforeLock {
			_ = g.Try(ctx, "holder", answer(false))
		}
		return false, context.DeadlineExceeded
	})
	if dossier.CodeOf(err) != dossier.CodeInternal {
		t.Fatal(err)
	}
	if code := dossier.CodeOf(g.Try(t.Context(), "holder", answer(true))); code != dossier.CodeLocked {
		t.Errorf("the lock of others is gone: %q", code)
	}
}
