// Package clock is the one place that asks the operating system for the time.
//
// Code in which time matters to the domain (deadlines, leases, expiry) takes a [Clock]; the program
// passes [System], a test passes a [Stub] and moves it by hand, so that no test ever sleeps.
//
// The package must not know time zones, working days or any rule of the procedure: those live with
// the rule itself. It imports nothing of this module.
package clock

import "time"

// Clock tells the time and wakes those who wait for it. All methods are safe for concurrent use.
type Clock interface {
	// Now is the present moment, in UTC.
	Now() time.Time
	// NewTimer fires once, d from now; at once when d is zero or negative.
	NewTimer(d time.Duration) Timer
	// NewTicker fires every d. It panics when d is not positive, as time.NewTicker does.
	NewTicker(d time.Duration) Ticker
}

// Timer fires once.
type Timer interface {
	// C receives the time of firing; it is never closed.
	C() <-chan time.Time
	// Stop prevents the firing and reports whether it did so in time. No stale value remains in C.
	Stop() bool
	// Reset sets the timer anew, d from now, and reports whether it was still running.
	Reset(d time.Duration) bool
}

// Ticker fires again and again. A tick nobody has taken is dropped, not queued.
type Ticker interface {
	// C receives the time of each tick; it is never closed.
	C() <-chan time.Time
	// Stop ends the ticks.
	Stop()
}

// System returns the clock of the operating system.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() } //nolint:forbidigo // here is where it is taken

func (system) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

func (system) NewTicker(d time.Duration) Ticker { return systemTicker{time.NewTicker(d)} }

type systemTimer struct{ t *time.Timer }

func (s systemTimer) C() <-chan time.Time        { return s.t.C }
func (s systemTimer) Stop() bool                 { return s.t.Stop() }
func (s systemTimer) Reset(d time.Duration) bool { return s.t.Reset(d) }

type systemTicker struct{ t *time.Ticker }

func (s systemTicker) C() <-chan time.Time { return s.t.C }
func (s systemTicker) Stop()               { s.t.Stop() }
