//go:build soak

package sandbox

import "testing"

// proves C8 at length.
func TestSoakHostile(t *testing.T) { besiegeMutated(t, soakMutations) }
