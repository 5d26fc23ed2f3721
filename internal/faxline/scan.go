package faxline

import (
	"encoding/binary"
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"dispositivo/verify/ccitt"
)

// Options say how a page is scanned and sent. The zero value of each fault is
// its absence.
type Options struct {
	// Seed chooses the faults.
	Seed uint64
	// DPIX and DPIY are the resolution of the fax, dots per inch: 204 by 98, 196
	// or 391, 300 by 300, 400 by 400. 0 means 204 by 196.
	DPIX, DPIY float64
	// SkewDegrees turns the page clockwise about its middle.
	SkewDegrees float64
	// Threshold is the grey below which a pixel is black, 0 means 128. With
	// Diffuse it is not used: errors are spread as Floyd and Steinberg do.
	Threshold uint8
	Diffuse   bool
	// FlipRate is the share of pixels, chosen independently, that change colour.
	FlipRate float64
	// Streaks is the number of vertical lines of dirt or dead pixels, one or two
	// pixels wide, each through a part of the page.
	Streaks int
	// LostLines is the share of lines that are lost; the receiver repeats the
	// line above instead, as most do. 0.05 is one in twenty.
	LostLines float64
	// MissingLines is the share of lines that are lost without a trace: what
	// follows moves up. Receivers that repair nothing do that.
	MissingLines float64
}

// Simulate scans a page of the given resolution (dots per inch, the same both
// ways) and returns what arrives. The scan is as wide as fax machines make it,
// 1728 pixels at 204 dots per inch, with the page in its middle, and as high as
// the page.
func Simulate(page *image.Gray, dpi float64, o Options) ccitt.Bitmap {
	o = o.sized()
	if o.Threshold == 0 {
		o.Threshold = 128
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0xfa4)) //nolint:gosec // faults for tests
	s := scan(page, dpi, o)
	b := bilevel(s, o)
	streaks(b, o.Streaks, rng)
	flip(b, o.FlipRate, rng)
	lose(b, o.LostLines, rng)
	return cut(b, o.MissingLines, rng)
}

// Scan is Simulate of a machine that sends grey, before any line.
func Scan(page *image.Gray, dpi float64, o Options) *image.Gray {
	return scan(page, dpi, o.sized())
}

func (o Options) sized() Options {
	if o.DPIX == 0 || o.DPIY == 0 {
		o.DPIX, o.DPIY = 204, 196
	}
	return o
}

// FlipBits turns over single bits of coded data, a share of them, chosen by seed.
func FlipBits(data []byte, rate float64, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0xb17)) //nolint:gosec // likewise
	flip(ccitt.Bitmap{Width: 8 * len(data), Height: 1, Stride: len(data), Pix: data}, rate, rng)
}

// columns is the width of a scan line (T.4 section 2.2, T.30 for the others).
func columns(dpix float64) int {
	switch dpix {
	case 204:
		return 1728
	case 300:
		return 2592
	case 400, 408:
		return 3456
	}
	return int(math.Round(dpix * 1728 / 204))
}

// scan samples the page, turned, at the resolution of the fax; each pixel is
// the mean of what it covers.
func scan(page *image.Gray, dpi float64, o Options) *image.Gray {
	src := page.Bounds()
	w := columns(o.DPIX)
	h := max(1, int(math.Round(float64(src.Dy())*o.DPIY/dpi)))
	out := image.NewGray(image.Rect(0, 0, w, h))
	sx, sy := dpi/o.DPIX, dpi/o.DPIY
	nx, ny := samples(sx), samples(sy)
	sin, cos := math.Sincos(o.SkewDegrees * math.Pi / 180)
	across, down := along(w, nx, sx), along(h, ny, sy)
	turned := make([]point, len(across))
	for i, d := range across {
		turned[i] = point{float64(src.Dx())/2 + d*cos, float64(src.Dy())/2 - d*sin}
	}
	paper := paperOf(page)
	sums := make([]uint32, w)
	for y := range h {
		rows := down[y*ny:][:ny]
		for from := 0; from < w; from += stretch {
			to := min(from+stretch, w)
			line := out.Pix[y*out.Stride+from:][:to-from]
			points := turned[from*nx : to*nx]
			if paper.all(points[0], points[len(points)-1], rows[0]*sin, rows[0]*cos, rows[ny-1]*sin, rows[ny-1]*cos) {
				whiten(line)
				continue
			}
			clear(sums[:len(line)])
			for _, d := range rows {
				dx, dy := d*sin, d*cos
				for x := range line {
					for _, p := range points[x*nx:][:nx] {
						sums[x] += grey(page, p.x+dx, p.y+dy)
					}
				}
			}
			for x, sum := range sums[:len(line)] {
				line[x] = uint8(sum / uint32(nx*ny)) //nolint:gosec // a mean of bytes of at most 16 samples
			}
		}
	}
	return out
}

// stretch is how many pixels of a line are found white at once: most of a page is
// paper, and takes no sampling.
const stretch = 16

type point struct{ x, y float64 }

// paper tells where a page is white, in squares of tile pixels.
type paper struct {
	across, down int
	printed      []bool
}

const tile = 16 // two words of eight bytes

func paperOf(page *image.Gray) paper {
	w, h := page.Rect.Dx(), page.Rect.Dy()
	p := paper{across: (w + tile - 1) / tile, down: (h + tile - 1) / tile}
	p.printed = make([]bool, p.across*p.down)
	for y := range h {
		line := page.Pix[y*page.Stride:][:w]
		for x := range p.across {
			if part := line[x*tile : min((x+1)*tile, w)]; !white(part) {
				p.printed[y/tile*p.across+x] = true
			}
		}
	}
	return p
}

// white looks at eight pixels at once where there are so many.
func white(part []uint8) bool {
	if len(part) == tile {
		return binary.LittleEndian.Uint64(part)&binary.LittleEndian.Uint64(part[tile/2:]) == math.MaxUint64
	}
	return !slices.ContainsFunc(part, func(v uint8) bool { return v != 255 })
}

// all reports whether everything is white between two points, moved by either of two
// steps; beside the page it is.
func (p paper) all(a, b point, dx0, dy0, dx1, dy1 float64) bool {
	left, right := min(a.x, b.x)+min(dx0, dx1), max(a.x, b.x)+max(dx0, dx1)
	top, bottom := min(a.y, b.y)+min(dy0, dy1), max(a.y, b.y)+max(dy0, dy1)
	x0, x1 := max(0, int(left)/tile), min(p.across-1, int(right)/tile)
	y0, y1 := max(0, int(top)/tile), min(p.down-1, int(bottom)/tile)
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			if p.printed[y*p.across+x] {
				return false
			}
		}
	}
	return true
}

func whiten(line []uint8) {
	for i := range line {
		line[i] = 255
	}
}

// samples is how many points stand for a pixel along one side.
func samples(scale float64) int { return min(4, max(1, int(math.Ceil(scale)))) }

// along is where the samples of a side of pixels lie on the page, from its middle.
func along(pixels, each int, scale float64) []float64 {
	at := make([]float64, pixels*each)
	for i := range at {
		at[i] = (float64(i/each) + (float64(i%each)+0.5)/float64(each) - float64(pixels)/2) * scale
	}
	return at
}

// grey returns a pixel of the page; beside it there is white.
func grey(page *image.Gray, x, y float64) uint32 {
	px, py := int(x), int(y)
	if x < 0 || y < 0 || px >= page.Rect.Dx() || py >= page.Rect.Dy() {
		return 255
	}
	return uint32(page.Pix[py*page.Stride+px])
}

// bilevel turns grey into black and white.
func bilevel(g *image.Gray, o Options) ccitt.Bitmap {
	b := ccitt.NewBitmap(g.Rect.Dx(), g.Rect.Dy())
	spread, next := make([]int, b.Width+2), make([]int, b.Width+2)
	for y := range b.Height {
		row := b.Row(y)
		for x, v := range g.Pix[y*g.Stride:][:b.Width] {
			level, limit := int(v), int(o.Threshold)
			if o.Diffuse {
				level, limit = level+spread[x+1]/16, 128
			}
			left := level - 255
			if level < limit {
				row[x>>3] |= 0x80 >> (x & 7)
				left = level
			}
			if o.Diffuse {
				spread[x+2] += 7 * left
				next[x] += 3 * left
				next[x+1] += 5 * left
				next[x+2] += left
			}
		}
		spread, next = next, spread
		clear(next)
	}
	return b
}

func streaks(b ccitt.Bitmap, n int, rng *rand.Rand) {
	for range n {
		x, wide, black := rng.IntN(b.Width), 1+rng.IntN(2), rng.IntN(3) > 0
		from := rng.IntN(b.Height)
		to := from + rng.IntN(b.Height-from) + 1
		for y := from; y < to; y++ {
			for c := x; c < min(b.Width, x+wide); c++ {
				set(b, c, y, black)
			}
		}
	}
}

// flip changes single pixels. The way from one to the next is drawn at once,
// which is the same as asking each pixel and much faster.
func flip(b ccitt.Bitmap, rate float64, rng *rand.Rand) {
	if rate <= 0 {
		return
	}
	at := -1
	for {
		at += 1 + int(math.Log(1-rng.Float64())/math.Log1p(-min(rate, 0.999)))
		if at >= b.Width*b.Height {
			return
		}
		x, y := at%b.Width, at/b.Width
		set(b, x, y, !b.Black(x, y))
	}
}

func lose(b ccitt.Bitmap, rate float64, rng *rand.Rand) {
	for y := 1; y < b.Height; y++ {
		if rate > 0 && rng.Float64() < rate {
			copy(b.Row(y), b.Row(y-1))
		}
	}
}

func cut(b ccitt.Bitmap, rate float64, rng *rand.Rand) ccitt.Bitmap {
	if rate <= 0 {
		return b
	}
	at := 0
	for y := range b.Height {
		if rng.Float64() >= rate {
			copy(b.Row(at), b.Row(y))
			at++
		}
	}
	b.Height, b.Pix = at, b.Pix[:at*b.Stride]
	return b
}

func set(b ccitt.Bitmap, x, y int, black bool) {
	if mask := byte(0x80) >> (x & 7); black {
		b.Row(y)[x>>3] |= mask
	} else {
		b.Row(y)[x>>3] &^= mask
	}
}
