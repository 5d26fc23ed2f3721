package throttle

import (
	"strconv"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

func TestTake(t *testing.T) {
	t.Parallel()
	clk := clock.NewStub(time.Unix(1_800_000_000, 0))
	th := New(clk, 3, time.Minute)
	for i := range 3 {
		if err := th.Take("a"); err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if err := th.Take("a"); dossier.CodeOf(err) != dossier.CodeRateLimited {
		t.Errorf("the fourth try at once: %v", err)
	}
	if err := th.Take("b"); err != nil {
		t.Errorf("another key: %v", err)
	}
	clk.Advance(time.Minute)
	if err := th.Take("a"); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	if err := th.Take("a"); err == nil {
		t.Error("a minute gave two tries")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	th := New(clock.NewStub(time.Unix(1_800_000_000, 0)), 1, time.Minute)
	for i := range maxKeys + 10 {
		if err := th.Take(strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(th.buckets) > maxKeys || len(th.order) > maxKeys {
		t.Errorf("%d buckets, %d keys", len(th.buckets), len(th.order))
	}
}
