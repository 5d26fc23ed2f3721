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
	var others Others
	g := &gate{cores: 3, others: &others}
	signIn := func() (waits bool, end func()) { // who has to wait gives up at once
		ctx, end := others.Begin(t.Context())
		gone, cancel := context.WithCancel(ctx)
		cancel()
		err := g.enter(gone)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return err != nil, end
	}
	var ends []func()
	for n := range 3 {
		waits, end := signIn()
		if waits {
			t.Fatalf("hash %d of 3 waits", n+1)
		}
		ends = append(ends, end)
	}
	if waits, end := signIn(); !waits {
		t.Fatal("a fourth runs")
	} else {
		end()
	}
	g.leave() // its request is still being answered, and keeps no core from anybody
	if waits, _ := signIn(); waits {
		t.Fatal("a request that has hashed keeps a core free")
	}
	g.leave()
	_, page := others.Begin(t.Context())
	if waits, _ := signIn(); !waits {
		t.Fatal("the last core is taken from the page")
	}
	page()
	if waits, _ := signIn(); waits {
		t.Fatal("the last core is left unused")
	}
	for _, end := range ends {
		end()
		end() // once is enough
	}
	if n := others.n.Load(); n != 0 {
		t.Errorf("%d others are left", n)
	}
}

// A request that was others' while it looked things up makes room for those who
// wait as soon as it hashes: the last core is theirs again.
func TestGateMakesRoom(t *testing.T) {
	t.Parallel()
	var others Others
	g := &gate{cores: 2, others: &others, running: 1}
	reader, _ := others.Begin(t.Context())
	waits := make(chan struct{})
	g.waiting = append(g.waiting, waits)
	gone, cancel := context.WithCancel(reader)
	cancel()
	if err := g.enter(gone); !errors.Is(err, context.Canceled) {
		t.Fatalf("three run on two cores: %v", err)
	}
	select {
	case <-waits:
	default:
		t.Error("who came first still waits")
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
	g.waiting = append(g.waiting, first, second)
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
	if g.running != 0 || len(g.waiting) != 0 {
		t.Errorf("left behind: %+v", g)
	}
}
