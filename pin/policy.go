package pin

import (
	"time"

	"dispositivo/dossier"
)

const day = 24 * time.Hour

// Policy holds the time limits of PINs; all of them are settings.
type Policy struct {
	// Window is how long the first half is good for, counted from its making (A8).
	Window time.Duration
	// MaxAge is how old a PIN in use may become before it must be changed, and
	// MaxAgeOf what holds for single types of holder instead. Zero: it may stay
	// (B4; NIST SP 800-63B section 5.1.1.2 advises against forced changes).
	MaxAge   time.Duration
	MaxAgeOf map[dossier.HolderType]time.Duration
}

// DefaultPolicy returns 90 days for both.
func DefaultPolicy() Policy { return Policy{Window: 90 * day, MaxAge: 90 * day} }

// changeDue reports whether a PIN set at a time is too old for its holder.
func (p Policy) changeDue(t dossier.HolderType, setAt, now time.Time) bool {
	limit := p.MaxAge
	if own, ok := p.MaxAgeOf[t]; ok {
		limit = own
	}
	return limit > 0 && now.Sub(setAt) >= limit
}
