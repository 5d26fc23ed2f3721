package symbol_test

import (
	"image"
	"math"
	"math/rand/v2"
)

// fault is what a simulated fax line does to a page.
type fault struct {
	name    string
	lines   float64 // rows an inch: 196 or 98
	flips   float64 // share of pixels turned over, each on its own
	streaks bool    // dirt on the scanner's glass
	lost    bool    // one line in twenty is the line above once more
	cut     bool    // and one in twenty is missing
}

// sent is how a page looks at the other end of a fax line: skewed by up to three
// degrees, 204 dots an inch in two colours, damaged, and made square again by
// repeating rows. page is A4 at any resolution.
func sent(page *image.Gray, f fault, seed uint64) *image.Gray {
	rng := rand.New(rand.NewPCG(seed, 0x5EED))
	fax := scanned(page, f.lines, rng.Float64()*6-3)
	if f.streaks {
		streak(fax, rng)
	}
	if f.lost || f.cut {
		fax = lose(fax, f.cut, rng)
	}
	for i := range fax.Pix {
		if rng.Float64() < f.flips {
			fax.Pix[i] ^= 0xFF
		}
	}
	return square(fax, f.lines)
}

// scanned samples the page as a fax machine does: the mean of each dot against
// a threshold in the middle.
func scanned(page *image.Gray, lines, skew float64) *image.Gray {
	const width, perInch, a4Width = 1728, 204.0, 8.27
	dpi := float64(page.Rect.Dx()) / a4Width
	stepX, stepY := dpi/perInch, dpi/lines
	height := int(float64(page.Rect.Dy()) / stepY)
	sin, cos := math.Sincos(skew * math.Pi / 180)
	fax := image.NewGray(image.Rect(0, 0, width, height))
	const one, samples = 1 << 16, 6 // two across, three down, in each dot
	dx, dy := int(stepX*cos*one), int(-stepX*sin*one)
	for y := range height {
		row := fax.Pix[y*fax.Stride:][:width]
		sums := make([]int, width)
		for i := range samples {
			ox, oy := (float64(i%2)+0.5)/2-width/2, float64(y)+(float64(i/2)+0.5)/3-float64(height)/2
			sx := int((ox*stepX*cos+oy*stepY*sin)*one) + page.Rect.Dx()*one/2
			sy := int((oy*stepY*cos-ox*stepX*sin)*one) + page.Rect.Dy()*one/2
			for x := range sums {
				sums[x] += dot(page, sx>>16, sy>>16)
				sx, sy = sx+dx, sy+dy
			}
		}
		for x, sum := range sums {
			if sum > samples*127 {
				row[x] = 0xFF
			}
		}
	}
	return fax
}

func dot(page *image.Gray, x, y int) int {
	if x < 0 || y < 0 || x >= page.Rect.Dx() || y >= page.Rect.Dy() {
		return 0xFF
	}
	return int(page.Pix[y*page.Stride+x])
}

// streak draws up to six lines down the page, black or white, one to three dots
// wide.
func streak(fax *image.Gray, rng *rand.Rand) {
	for range 2 + rng.IntN(5) {
		x, w, v := rng.IntN(fax.Rect.Dx()-3), 1+rng.IntN(3), byte(0xFF*rng.IntN(2))
		from := rng.IntN(fax.Rect.Dy() / 2)
		to := from + rng.IntN(fax.Rect.Dy()-from)
		for y := from; y < to; y++ {
			for dx := range w {
				fax.Pix[y*fax.Stride+x+dx] = v
			}
		}
	}
}

// lose drops one line in twenty, or repeats the one above instead.
func lose(fax *image.Gray, cut bool, rng *rand.Rand) *image.Gray {
	w, h := fax.Rect.Dx(), fax.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	at := 0
	for y := range h {
		from := y
		if y > 0 && rng.IntN(20) == 0 {
			if cut {
				continue
			}
			from = y - 1
		}
		copy(dst.Pix[at*w:(at+1)*w], fax.Pix[from*w:])
		at++
	}
	return dst.SubImage(image.Rect(0, 0, w, at)).(*image.Gray)
}

// square repeats rows until pixels are as high as wide.
func square(fax *image.Gray, lines float64) *image.Gray {
	w, h := fax.Rect.Dx(), fax.Rect.Dy()
	tall := int(float64(h) * 204 / lines)
	dst := image.NewGray(image.Rect(0, 0, w, tall))
	for y := range tall {
		copy(dst.Pix[y*w:(y+1)*w], fax.Pix[y*h/tall*fax.Stride:][:w])
	}
	return dst
}
