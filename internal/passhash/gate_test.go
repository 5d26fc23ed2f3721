package passhash

import (
	"context"
	"errors"
	"testing"
)

// proves B3: all cores while only sign-ins run, one fewer while anybody asks for
// something else, and the order of coming.
func TestGate(t *testing.T) {
	t.Parallel()
	var inFlight int64
	g := &gate{cores: 3, inFlight: func() int64 { return inFlight }}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	enter := func() error { // who has to wait gives up at once
		inFlight++
		return g.enter(gone)
	}
	for n := range 3 {
		if err := enter(); err != nil {
			t.Fatalf("hash %d of 3 waits: %v", n+1, err)
		}
	}
	if err := enter(); !errors.Is(err, context.Canceled) {
		t.Fatalf("a fourth runs: %v", err)
	}
	inFlight-- // it went away
	inFlight++ // somebody asks for a page
	g.leave()
	inFlight--
	if err := enter(); !errors.Is(err, context.Canceled) {
		t.Fatalf("the last core is taken from the page: %v", err)
	}
	inFlight--
	inFlight-- // the page is there
	if err := enter(); err != nil {
		t.Fatalf("the last core is left unused: %v", err)
	}
}

// Who waits is let in when there is room, the first first; and who gives up
// leaves no hole.
func TestGateLetsInInOrder(t *testing.T) {
	t.Parallel()
	g := &gate{cores: 2} // there are always others: one at once
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.enter(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("a second runs: %v", err)
	}
	first, second := make(chan struct{}), make(chan struct{})
	g.waiting, g.inside = append(g.waiting, first, second), g.inside+2
	g.leave()
	select {
	case <-first:
	default:
		t.Fatal("nobody is let in")
	}
	select {
	case <-second:
		t.Fatal("two are let in")
	default:
	}
	g.leave()
	g.leave()
	if g.running != 0 || g.inside != 0 || len(g.waiting) != 0 {
		t.Errorf("left behind: %+v", g)
	}
}
