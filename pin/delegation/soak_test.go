//go:build soak

package delegation_test

import "testing"

// proves B10 at length.
func TestSoakEndedInMidAct(t *testing.T) { endRounds(t, 200) }
