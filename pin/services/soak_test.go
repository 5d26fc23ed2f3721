//go:build soak

package services_test

import "testing"

// proves B8 at length.
func TestSoakConversionAgainstFiling(t *testing.T) { raceRounds(t, 200) }
