package identity

import (
	"errors"
	"iter"
	"math"
)

const (
	// wide and high are the cells of a look: of a passport's page each is 0.7 mm
	// wide and 1 mm high, so that letters of print differ.
	wide, high = 192, 96
	// reach is how far the window reaches each way from the middle of the print,
	// in standard deviations of where the print is.
	reach = 2.0
	// shades is how many densities a cell tells apart, fullCell the density of the
	// last.
	shades, fullCell = 15, 0.8
)

// LookSize is the length of a Look as bytes.
const LookSize = 4 + wide*high/2

// Look is how densely every part of a page is printed, in a window that fits
// what is printed on it: copies of a sheet come out alike whatever scanner or
// fax made them. It shows names as a blur does and is as personal as the page.
type Look struct {
	across, down uint16 // a standard deviation, in quarters of a unit of raster's Page.Ink
	cells        [wide * high]uint8
}

// ErrLook says that bytes are not those of a Look.
var ErrLook = errors.New("identity: not a look")

// LookOf returns the look of a page with squares of ink, unit wide, at the
// points that raster's Page.Ink yields; false for a page with next to nothing on
// it.
func LookOf(ink iter.Seq2[float64, float64], unit float64) (Look, bool) {
	w, ok := windowOf(ink, unit*unit)
	if !ok {
		return Look{}, false
	}
	var counts [wide * high]int
	for x, y := range ink {
		cx := int(math.Floor((x-w.x)/(2*reach*w.across)*wide + wide/2))
		cy := int(math.Floor((y-w.y)/(2*reach*w.down)*high + high/2))
		if cx >= 0 && cy >= 0 && cx < wide && cy < high {
			counts[cy*wide+cx]++
		}
	}
	l := Look{across: quarters(w.across), down: quarters(w.down)}
	area := (2 * reach * w.across / wide) * (2 * reach * w.down / high) / (unit * unit)
	for i, n := range counts {
		l.cells[i] = uint8(min(float64(n)/area/fullCell, 1)*shades + 0.5)
	}
	return l, true
}

func quarters(v float64) uint16 { return uint16(min(v*4, math.MaxUint16)) }

// window is where the print of a page is: its middle, and one standard
// deviation each way.
type window struct{ x, y, across, down float64 }

// windowOf weighs squares of 8 pixels by their ink. What a noisy line leaves on
// empty paper does not count, and solid black counts like writing.
func windowOf(ink iter.Seq2[float64, float64], area float64) (window, bool) {
	const (
		side, half     = 8, 1400
		across         = 2 * half / side
		noise, writing = 0.10, 0.30
		least          = 20 // squares full of ink: two lines of writing
	)
	var counts [across * across]uint8
	for x, y := range ink {
		cx, cy := int((x+half)/side), int((y+half)/side)
		if cx >= 0 && cy >= 0 && cx < across && cy < across {
			counts[cy*across+cx]++
		}
	}
	var m, mx, my, xx, yy float64
	for i, n := range counts {
		d := float64(n) * area / (side * side)
		if d < noise {
			continue
		}
		d = min(d, writing)
		x, y := float64(i%across)*side+side/2-half, float64(i/across)*side+side/2-half
		m, mx, my, xx, yy = m+d, mx+d*x, my+d*y, xx+d*x*x, yy+d*y*y
	}
	if m < least {
		return window{}, false
	}
	w := window{x: mx / m, y: my / m}
	w.across, w.down = math.Sqrt(xx/m-w.x*w.x), math.Sqrt(yy/m-w.y*w.y)
	return w, w.across > side && w.down > side
}

// Bytes returns the look as LookSize bytes.
func (l *Look) Bytes() []byte {
	b := make([]byte, 0, LookSize)
	b = append(b, byte(l.across>>8), byte(l.across), byte(l.down>>8), byte(l.down)) //nolint:gosec // halves of 16 bits
	for i := 0; i < len(l.cells); i += 2 {
		b = append(b, l.cells[i]<<4|l.cells[i+1])
	}
	return b
}

// ParseLook reads what Bytes wrote; the error is ErrLook.
func ParseLook(b []byte) (Look, error) {
	if len(b) != LookSize {
		return Look{}, ErrLook
	}
	l := Look{across: uint16(b[0])<<8 | uint16(b[1]), down: uint16(b[2])<<8 | uint16(b[3])}
	if l.across == 0 || l.down == 0 {
		return Look{}, ErrLook
	}
	for i, pair := range b[4:] {
		l.cells[2*i], l.cells[2*i+1] = pair>>4, pair&15
	}
	return l, nil
}

// outlineWide and outlineHigh are the cells of an outline, a centimetre each on
// a passport's page: no letter and no face can be told.
const outlineWide, outlineHigh = 16, 16

// Outline is a look so coarse that nothing personal is left: what likely copies
// are found by among many.
type Outline [outlineWide * outlineHigh]uint8

// Outline returns the outline of the look.
func (l *Look) Outline() Outline {
	var sums [outlineWide * outlineHigh]int
	for i, v := range l.cells {
		sums[i/wide*outlineHigh/high*outlineWide+i%wide*outlineWide/wide] += int(v)
	}
	const full = shades * (wide / outlineWide) * (high / outlineHigh)
	var o Outline
	for i, sum := range sums {
		o[i] = uint8(min(sum*2*255/full, 255)) //nolint:gosec // a sum of shades: 0 to 255
	}
	return o
}

// Likeness is the correlation of two outlines, -1 to 1, at the best of shifts by
// one cell.
func (o *Outline) Likeness(p *Outline) float64 {
	best := -1.0
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			var c correlation
			for y := 1; y < outlineHigh-1; y++ {
				for x := 1; x < outlineWide-1; x++ {
					c.add(float64(o[y*outlineWide+x]), float64(p[(y+dy)*outlineWide+x+dx]))
				}
			}
			best = max(best, c.value())
		}
	}
	return best
}

// correlation adds up pairs.
type correlation struct{ n, a, b, aa, bb, ab float64 }

func (c *correlation) add(a, b float64) {
	c.n++
	c.a += a
	c.b += b
	c.aa += a * a
	c.bb += b * b
	c.ab += a * b
}

// value is Pearson's coefficient; 0 when either side is even.
func (c *correlation) value() float64 {
	spread := (c.aa*c.n - c.a*c.a) * (c.bb*c.n - c.b*c.b)
	if spread <= 0 {
		return 0
	}
	return (c.ab*c.n - c.a*c.b) / math.Sqrt(spread)
}
