package symbol_test

import (
	"image"
	"math/rand/v2"

	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// fault is what a simulated fax line does to a page.
type fault struct {
	name    string
	lines   float64 // rows an inch: 196 or 98
	flips   float64 // share of pixels turned over, each on its own
	streaks bool    // two to six lines of dirt on the scanner's glass
	lost    bool    // one line in twenty is the line above once more
	cut     bool    // and one in twenty is missing
}

// sent is how a page looks at the other end of a fax line: skewed by up to three
// degrees, 204 dots an inch in two colours, damaged, and made square again by
// repeating rows. page is A4 at any resolution.
func sent(page *image.Gray, f fault, seed uint64) *image.Gray {
	const a4Width, share = 8.27, 0.05
	rng := rand.New(rand.NewPCG(seed, 0x5EED))
	o := fax.Options{Seed: seed, DPIX: 204, DPIY: f.lines, SkewDegrees: rng.Float64()*6 - 3, FlipRate: f.flips}
	if f.streaks {
		o.Streaks = 2 + rng.IntN(5)
	}
	if f.lost {
		o.LostLines = share
	}
	if f.cut {
		o.MissingLines = share
	}
	return square(fax.Simulate(page, float64(page.Rect.Dx())/a4Width, o), f.lines)
}

// square repeats rows until pixels are as high as wide.
func square(b ccitt.Bitmap, lines float64) *image.Gray {
	tall := int(float64(b.Height) * 204 / lines)
	dst := image.NewGray(image.Rect(0, 0, b.Width, tall))
	for y := range tall {
		row := dst.Pix[y*dst.Stride:][:b.Width]
		for x := range row {
			if !b.Black(x, y*b.Height/tall) {
				row[x] = 0xFF
			}
		}
	}
	return dst
}
