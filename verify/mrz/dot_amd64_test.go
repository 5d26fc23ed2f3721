package mrz

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestDot holds the fast product against the plain one, with a value at every
// place alone, so that none is left out or taken twice.
func TestDot(t *testing.T) {
	if !hasAVX2 {
		t.Skip("a processor without AVX2")
	}
	for i := range patchSize {
		var a, b patch
		a[i], b[i] = 3, float32(i+1)
		if got, want := dotAVX2(&a, &b), 3*float32(i+1); got != want {
			t.Fatalf("place %d: %v, want %v", i, got, want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var a, b patch
		for i := range a {
			a[i], b[i] = random.Float32()-0.5, random.Float32()-0.5
		}
		if got, want := dotAVX2(&a, &b), dot(&a, &b); math.Abs(float64(got-want)) > 1e-4 {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}
