package pin_test

import (
	"testing"
	"time"

	"dispositivo/pin"
)

// proves A8 B2 B4: the first half is good for 90 days, a PIN for as long, and a
// personal one has 8 characters.
func TestDefaults(t *testing.T) {
	t.Parallel()
	p := pin.DefaultPolicy()
	if p.Window != 90*24*time.Hour || p.MaxAge != 90*24*time.Hour || len(p.MaxAgeOf) != 0 || pin.Length != 8 {
		t.Errorf("%+v, %d characters", p, pin.Length)
	}
}
