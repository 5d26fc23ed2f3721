package clock_test

import (
	"sync"
	"testing"
	"time"

	"dispositivo/internal/clock"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestSystemIsUTC(t *testing.T) {
	if loc := clock.System().Now().Location(); loc != time.UTC {
		t.Fatalf("location = %v, want UTC", loc)
	}
	timer := clock.System().NewTimer(0)
	<-timer.C()
	ticker := clock.System().NewTicker(time.Millisecond)
	<-ticker.C()
	ticker.Stop()
}

func TestStubFiresTimersInOrder(t *testing.T) {
	c := clock.NewStub(start)
	late, early := c.NewTimer(2*time.Minute), c.NewTimer(time.Minute)
	c.Advance(59 * time.Second)
	select {
	case <-early.C():
		t.Fatal("fired before its time")
	default:
	}
	c.Advance(time.Hour)
	if at := <-early.C(); !at.Equal(start.Add(time.Minute)) {
		t.Errorf("early fired at %v", at)
	}
	if at := <-late.C(); !at.Equal(start.Add(2 * time.Minute)) {
		t.Errorf("late fired at %v", at)
	}
	if want := start.Add(time.Hour + 59*time.Second); !c.Now().Equal(want) {
		t.Errorf("now = %v, want %v", c.Now(), want)
	}
}

func TestStubStopAndReset(t *testing.T) {
	c := clock.NewStub(start)
	timer := c.NewTimer(time.Minute)
	if !timer.Stop() || timer.Stop() {
		t.Fatal("Stop: want true once, then false")
	}
	c.Advance(time.Hour)
	if timer.Reset(time.Minute) {
		t.Fatal("Reset of a stopped timer reports true")
	}
	c.Set(c.Now().Add(time.Minute))
	if timer.Stop() {
		t.Fatal("Stop of a fired timer reports true")
	}
	select {
	case <-timer.C():
		t.Fatal("Stop left a stale value")
	default:
	}
	timer.Reset(0)
	<-timer.C()
}

func TestStubTickerDropsUntakenTicks(t *testing.T) {
	c := clock.NewStub(start)
	ticker := c.NewTicker(time.Second)
	c.Advance(10 * time.Second)
	if at := <-ticker.C(); !at.Equal(start.Add(time.Second)) {
		t.Errorf("first tick at %v", at)
	}
	select {
	case <-ticker.C():
		t.Error("an untaken tick was queued")
	default:
	}
	ticker.Stop()
	c.Advance(10 * time.Second)
	select {
	case <-ticker.C():
		t.Error("a stopped ticker ticked")
	default:
	}
}

func TestStubBackwardFiresNothing(t *testing.T) {
	c := clock.NewStub(start)
	timer := c.NewTimer(time.Second)
	c.Set(start.Add(-time.Hour))
	select {
	case <-timer.C():
		t.Fatal("fired on the way back")
	default:
	}
	c.Set(start.Add(time.Second))
	<-timer.C()
}

func TestStubConcurrentUse(t *testing.T) {
	c := clock.NewStub(start)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { <-c.NewTimer(time.Minute).C() })
	}
	<-c.Waiters(8)
	c.Advance(time.Minute)
	wg.Wait()
}
