package store_test

import (
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/internal/testkit/house"
)

// proves B5: a session ends after 30 minutes without activity, and with its PIN.
func TestSessionsAndLocks(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		h := e.AddHolder("PRVDAA80A41H501X")
		keeper := session.NewKeeper(e.Store, e.Clock, session.DefaultIdle)
		s, err := keeper.Start(ctx, house.Citizen(h), h.PIN.ID)
		if err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(20 * time.Minute)
		if got, err := keeper.Resume(ctx, s.Token); err != nil || got.Actor.ID != h.ID || got.CSRF != s.CSRF {
			t.Fatalf("resume: %+v, %v", got, err)
		}
		e.Clock.Advance(29 * time.Minute)
		if _, err := keeper.Resume(ctx, s.Token); err != nil {
			t.Errorf("activity did not count: %v", err)
		}
		e.Clock.Advance(30 * time.Minute)
		_, err = keeper.Resume(ctx, s.Token)
		house.WantCode(t, err, dossier.CodeUnauthorized)

		early, _ := keeper.Start(ctx, house.Citizen(h), h.PIN.ID)
		e.Clock.Advance(2 * time.Minute)
		if _, err := keeper.Resume(ctx, early.Token); err != nil {
			t.Error(err)
		}
		e.Clock.Advance(29 * time.Minute)
		if _, err := keeper.Resume(ctx, early.Token); err != nil {
			t.Errorf("activity soon after the start did not count: %v", err)
		}

		s2, _ := keeper.Start(ctx, house.Citizen(h), h.PIN.ID)
		e.MovePIN(h.PIN.ID, dossier.PINEventRevoked)
		_, err = keeper.Resume(ctx, s2.Token)
		house.WantCode(t, err, dossier.CodeUnauthorized)

		next := func(l dossier.Lock, now time.Time) dossier.Lock {
			return dossier.Lock{Wrong: l.Wrong + 1, LockedUntil: now.Add(time.Minute)}
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := e.CountWrong(ctx, "UNKNOWN", next); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if l, err := e.Lock(ctx, "UNKNOWN"); err != nil || l.Wrong != 20 || !l.LockedUntil.Equal(e.Clock.Now().Add(time.Minute)) {
			t.Errorf("lock %+v, %v", l, err)
		}
		if err := e.ClearLock(ctx, "UNKNOWN"); err != nil {
			t.Fatal(err)
		}
		if l, err := e.Lock(ctx, "UNKNOWN"); err != nil || l.Wrong != 0 {
			t.Errorf("lock %+v, %v", l, err)
		}
	})
}
