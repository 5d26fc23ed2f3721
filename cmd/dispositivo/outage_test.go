package main

import (
	"net/http"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
)

// proves promise 2 and C11: while Redis is dead uploads and approvals are
// answered as ever, and when it is back, empty, everything goes on.
func TestRedisDead(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, ground{redis: testkit.Redis(t)}, 6)
	before, during := tr.holders[:3], tr.holders[3:]
	for _, h := range before {
		tr.send(h, 1)
	}
	tr.awaitStates(before, dossier.StateReviewing)

	tr.ground.redis.Stop()
	tr.startDesk()
	for _, h := range during {
		tr.send(h, 2)
	}
	tr.senders.Wait()
	for _, h := range during {
		for _, p := range h.papers {
			if p.status != http.StatusCreated || p.tries != 1 {
				t.Errorf("an upload while Redis is dead: status %d at try %d", p.status, p.tries)
			}
		}
	}
	tr.awaitApprovals(len(before))
	tr.awaitStates(before, dossier.StateApproved)
	tr.ground.redis.Start()

	tr.settle()
	if f := tr.prove(); f.conversions != len(tr.holders) {
		t.Errorf("%+v", f)
	}
}

// proves promise 2: Redis forgets everything again and again in mid-run.
func TestRedisForgets(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, ground{redis: testkit.Redis(t)}, 6)
	tr.startDesk()
	for _, h := range tr.holders {
		tr.send(h, 2)
		if err := tr.ground.redis.FlushAll(); err != nil {
			t.Error(err)
		}
	}
	for range 10 {
		<-time.After(100 * time.Millisecond)
		if err := tr.ground.redis.FlushAll(); err != nil {
			t.Error(err)
		}
	}
	tr.settle()
	if f := tr.prove(); f.conversions != len(tr.holders) {
		t.Errorf("%+v", f)
	}
}

// proves promise 2: the embedded queue is memory only, and whatever lay in it
// at a restart is rung again.
func TestEmbeddedQueueForgets(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, embedded(), 6)
	for _, h := range tr.holders[:3] {
		tr.send(h, 1)
	}
	tr.senders.Wait()
	tr.kill()
	tr.server.start()
	for _, h := range tr.holders[3:] {
		tr.send(h, 1)
	}
	tr.senders.Wait()
	tr.server.stop() // a polite end forgets as much
	tr.life.Add(1)
	tr.server.start()
	tr.startDesk()
	tr.settle()
	if f := tr.prove(); f.conversions != len(tr.holders) || f.receipts != len(tr.holders) {
		t.Errorf("%+v", f)
	}
}

// awaitStates waits until every holder's dossier is in the state.
func (tr *trial) awaitStates(holders []*holder, want dossier.State) {
	tr.t.Helper()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	err := testkit.WaitFor(time.Minute, func() error {
		for _, who := range holders {
			ds, err := h.store.DossiersOf(tr.t.Context(), who.id)
			if err != nil {
				return err
			}
			if len(ds) != 1 || ds[0].State != want {
				return errNotYet("want %s: %+v", want, ds)
			}
		}
		return nil
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

// awaitApprovals waits until so many dossiers were approved.
func (tr *trial) awaitApprovals(want int) {
	tr.t.Helper()
	err := testkit.WaitFor(time.Minute, func() error {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		if len(tr.approved) < want {
			return errNotYet("%d of %d dossiers are approved", len(tr.approved), want)
		}
		return nil
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}
