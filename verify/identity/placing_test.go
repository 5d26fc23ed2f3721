package identity

import (
	"math"
	"math/rand/v2"
	"testing"
)

// plainLikeness is what likeness computes, as one would write it down: the squares of
// one look against those that they are placed on.
func plainLikeness(mine, theirs *[high * high]float32, at placing, step int) float64 {
	rows := alongside(margin, high-margin, high, at.ky, at.dy, 0)
	columns := alongside(margin, high-margin, high, at.kx, at.dx, 0)
	var c correlation
	for i, y := range rows.to {
		if (rows.from+i-margin)%step != 0 {
			continue
		}
		for k, x := range columns.to {
			c.add(float64(mine[(rows.from+i)*high+columns.from+k]), float64(theirs[int(y)*high+int(x)]))
		}
	}
	return c.value()
}

// TestOverlay: what an overlay keeps from one placing to the next changes nothing.
func TestOverlay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var looks [2]Look
	for i := range looks {
		for k := range looks[i].cells {
			looks[i].cells[k] = uint8(random.IntN(shades + 1))
		}
	}
	s := overlay{mine: squares(&looks[0]), theirs: squares(&looks[1])}
	between := func(low, high float64) float64 { return low + random.Float64()*(high-low) }
	at := placing{kx: 1, ky: 1}
	for n := range 3000 {
		switch random.IntN(4) {
		case 0:
			at = placing{between(-12, 12), between(-14, 14), between(0.7, 1.4), between(0.7, 1.4)}
		case 1:
			at.dx = between(-60, 60) // beyond the edge, too
		default:
			at.dy, at.ky = between(-60, 60), between(0.5, 2)
		}
		step := 1 + n%2
		if got, want := s.likeness(at, step), plainLikeness(s.mine, s.theirs, at, step); math.Abs(got-want) > 1e-4 {
			t.Fatalf("placed at %+v, every %d. row: %g, not %g", at, step, got, want)
		}
	}
}
