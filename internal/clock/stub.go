package clock

import (
	"sync"
	"time"
)

// Stub is a clock for tests: it stands still until it is moved. It is safe for concurrent use.
type Stub struct {
	mu      sync.Mutex
	now     time.Time
	alarms  map[*alarm]struct{}
	changed chan struct{} // closed and replaced whenever an alarm is set
}

// NewStub returns a clock that stands at t.
func NewStub(t time.Time) *Stub {
	return &Stub{now: t.UTC(), alarms: map[*alarm]struct{}{}, changed: make(chan struct{})}
}

// Now is the time the stub was last moved to.
func (s *Stub) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the clock forward by d and fires, in the order of their times, all timers and tickers
// that fall due on the way; while one fires, Now is its own due time.
func (s *Stub) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moveTo(s.now.Add(d))
}

// Set moves the clock to t. Forward it fires what falls due; backward it fires nothing, and what was set
// keeps its due time.
func (s *Stub) Set(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moveTo(t.UTC())
}

// Waiters returns a channel that is closed as soon as at least n timers and tickers are running: a test
// waits for it before it moves the clock, where it would otherwise sleep.
func (s *Stub) Waiters(n int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			s.mu.Lock()
			count, changed := len(s.alarms), s.changed
			s.mu.Unlock()
			if count >= n {
				return
			}
			<-changed
		}
	}()
	return done
}

// NewTimer implements [Clock].
func (s *Stub) NewTimer(d time.Duration) Timer {
	a := &alarm{stub: s, c: make(chan time.Time, 1)}
	a.Reset(d)
	return a
}

// NewTicker implements [Clock].
func (s *Stub) NewTicker(d time.Duration) Ticker {
	if d <= 0 {
		panic("clock: non-positive interval for NewTicker")
	}
	a := &alarm{stub: s, c: make(chan time.Time, 1), every: d}
	a.Reset(d)
	return stubTicker{a}
}

// moveTo needs s.mu.
func (s *Stub) moveTo(t time.Time) {
	for {
		next := s.next(t)
		if next == nil {
			break
		}
		if next.due.After(s.now) {
			s.now = next.due
		}
		next.fire(s.now)
	}
	s.now = t
}

// next is the earliest alarm due at or before t, nil if there is none; it needs s.mu.
func (s *Stub) next(t time.Time) *alarm {
	var first *alarm
	for a := range s.alarms {
		if !a.due.After(t) && (first == nil || a.due.Before(first.due)) {
			first = a
		}
	}
	return first
}

// alarm is a timer, or with every > 0 a ticker.
type alarm struct {
	stub  *Stub
	c     chan time.Time
	due   time.Time
	every time.Duration
}

func (a *alarm) C() <-chan time.Time { return a.c }

func (a *alarm) Stop() bool {
	a.stub.mu.Lock()
	defer a.stub.mu.Unlock()
	return a.stop()
}

func (a *alarm) Reset(d time.Duration) bool {
	s := a.stub
	s.mu.Lock()
	defer s.mu.Unlock()
	running := a.stop()
	a.due = s.now.Add(d)
	if d <= 0 {
		a.fire(s.now)
		return running
	}
	s.alarms[a] = struct{}{}
	close(s.changed)
	s.changed = make(chan struct{})
	return running
}

// stop needs the stub's lock.
func (a *alarm) stop() bool {
	_, running := a.stub.alarms[a]
	delete(a.stub.alarms, a)
	select {
	case <-a.c:
	default:
	}
	return running
}

// fire needs the stub's lock.
func (a *alarm) fire(now time.Time) {
	select {
	case a.c <- now:
	default:
	}
	if a.every > 0 {
		a.due = a.due.Add(a.every)
		return
	}
	delete(a.stub.alarms, a)
}

type stubTicker struct{ a *alarm }

func (t stubTicker) C() <-chan time.Time { return t.a.c }
func (t stubTicker) Stop()               { t.a.Stop() }
