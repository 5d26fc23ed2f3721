package mrz

import (
	_ "embed"
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// alphabet is every character of a zone, in the order of the templates.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"

// em is the size of the outlines, in units.
const em = 1000

//go:embed ocrb.txt
var ocrbOutlines string

// segment is one move, line or curve; op is m, l, q or c.
type segment struct {
	op   byte
	args [3]point
}

type point struct{ x, y float64 }

// outline is the shape of one character; y grows downwards, 0 is the base line.
type outline struct {
	advance  float64
	segments []segment
}

// typeface holds the outlines of the whole alphabet in its order.
type typeface [len(alphabet)]outline

// typefaces are the prints we read: OCR-B, and the Go Mono of demo documents
// and of printouts without OCR-B.
var typefaces = sync.OnceValue(func() []typeface {
	return []typeface{parseOutlines(ocrbOutlines), loadOutlines(gomono.TTF)}
})

// parseOutlines reads the format of ocrb.txt. The file is ours, so it panics on
// a mistake in it.
func parseOutlines(text string) typeface {
	var face typeface
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] == "#" {
			continue
		}
		var shape outline
		shape.advance = mustNumber(words[1])
		for at := 2; at < len(words); {
			s := segment{op: words[at][0]}
			n := map[byte]int{'m': 1, 'l': 1, 'q': 2, 'c': 3}[s.op]
			for k := range n {
				s.args[k] = point{mustNumber(words[at+1+2*k]), mustNumber(words[at+2+2*k])}
			}
			shape.segments = append(shape.segments, s)
			at += 1 + 2*n
		}
		face[strings.IndexByte(alphabet, words[0][0])] = shape
	}
	return face
}

func mustNumber(s string) float64 {
	v, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("mrz: outlines: %v", err))
	}
	return float64(v)
}

// loadOutlines takes the outlines from a font that is part of this program.
func loadOutlines(ttf []byte) typeface {
	var face typeface
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(fmt.Sprintf("mrz: font: %v", err))
	}
	var b sfnt.Buffer
	for i, r := range alphabet {
		g, err := f.GlyphIndex(&b, r)
		if err != nil {
			panic(fmt.Sprintf("mrz: font: %v", err))
		}
		advance, err := f.GlyphAdvance(&b, g, fixed.I(em), font.HintingNone)
		if err != nil {
			panic(fmt.Sprintf("mrz: font: %v", err))
		}
		segments, err := f.LoadGlyph(&b, g, fixed.I(em), nil)
		if err != nil {
			panic(fmt.Sprintf("mrz: font: %v", err))
		}
		face[i].advance = units(advance)
		for _, s := range segments {
			t := segment{op: "mlqc"[s.Op]}
			for k, p := range s.Args {
				t.args[k] = point{units(p.X), units(p.Y)}
			}
			face[i].segments = append(face[i].segments, t)
		}
	}
	return face
}

func units(v fixed.Int26_6) float64 { return float64(v) / 64 }

// draw fills the outline into a w by h coverage map, scaled, with the point
// (ox, oy) of the outline at the map's corner.
func (o outline) draw(w, h int, scale, ox, oy float64) *image.Alpha {
	r := vector.NewRasterizer(w, h)
	at := func(p point) (float32, float32) {
		return float32((p.x - ox) * scale), float32((p.y - oy) * scale)
	}
	for i, s := range o.segments {
		ax, ay := at(s.args[0])
		bx, by := at(s.args[1])
		cx, cy := at(s.args[2])
		switch s.op {
		case 'm':
			if i > 0 {
				r.ClosePath()
			}
			r.MoveTo(ax, ay)
		case 'l':
			r.LineTo(ax, ay)
		case 'q':
			r.QuadTo(ax, ay, bx, by)
		default:
			r.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	r.ClosePath()
	dst := image.NewAlpha(image.Rect(0, 0, w, h))
	r.Draw(dst, dst.Bounds(), image.Opaque, image.Point{})
	return dst
}

// A patch is what a character is compared in: patchW by patchH samples, each
// unitsPerSample wide, around the middle of the character's cell.
const (
	patchW, patchH = 20, 27
	patchSize      = patchW * patchH
	unitsPerSample = 34.0
	// middleY is the height of the middle of a capital above the base line.
	middleY = -355.0
)

// patch is a piece of picture. That of a template has mean 0 and length 1, so
// that the product of two is their correlation.
type patch [patchSize]float32

// normalize subtracts the mean and divides by the length; false for a flat one.
func (p *patch) normalize() bool {
	var sum, square float64
	for _, v := range p {
		sum += float64(v)
	}
	mean := sum / patchSize
	for i, v := range p {
		d := float64(v) - mean
		p[i] = float32(d)
		square += d * d
	}
	if square < 1e-9 {
		return false
	}
	inv := float32(1 / math.Sqrt(square))
	for i := range p {
		p[i] *= inv
	}
	return true
}

// cell is a patch as it was cut out of a page, and how long it would be without
// its mean. Templates have none, so that of the cell changes no product with one,
// and need not be taken away.
type cell struct {
	patch
	length float32
}

// ones is a patch whose product with another is the sum of that one.
var ones = func() (p patch) {
	for i := range p {
		p[i] = 1
	}
	return p
}()

// measure finds the length; false for a flat cell.
func (c *cell) measure() bool {
	const rounding = 1e-5 // what may be left of a flat one
	sum, all := correlate(&c.patch, &ones), correlate(&c.patch, &c.patch)
	square := all - sum*sum/patchSize
	if square <= rounding*all {
		return false
	}
	c.length = float32(math.Sqrt(float64(square)))
	return true
}

// like is the correlation of a cell with a template.
func (c *cell) like(t *patch) float32 { return correlate(&c.patch, t) / c.length }

// dot returns the product of two patches. So many sums at once, because each
// addition has to wait for the one before it.
func dot(a, b *patch) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 float32
	for i := 0; i < patchSize; i += 10 {
		x, y := (*[10]float32)(a[i:]), (*[10]float32)(b[i:])
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s4 += x[4] * y[4]
		s5 += x[5] * y[5]
		s6 += x[6] * y[6]
		s7 += x[7] * y[7]
		s8 += x[8] * y[8]
		s9 += x[9] * y[9]
	}
	return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9
}

// templates is one typeface at one sharpness, in the order of the alphabet.
type templates [len(alphabet)]patch

// blurs are the spreads of the templates, in samples: a scan, a photo, a
// picture at the limit of legibility.
var blurs = [...]float64{0.8, 1.7, 3.2}

// weights are by how many fine samples the strokes of the templates are grown:
// thin print, print as it should be, ink that ran.
var weights = [...]int{-2, 0, 2}

// fine is how many fine samples a sample has each way.
const fine = 3

// print is a way in which characters are printed and copied: indices into
// typefaces, weights and blurs.
type print struct{ face, weight, blur int }

// allTemplates holds the templates for every kind of print.
var allTemplates = sync.OnceValue(buildTemplates)

func buildTemplates() map[print]*templates {
	all := map[print]*templates{}
	for f, face := range typefaces() {
		for w, grow := range weights {
			var planes [len(alphabet)][]float64
			for i, shape := range face {
				planes[i] = shape.plane(grow)
			}
			for b, sigma := range blurs {
				t := new(templates)
				for i, plane := range planes {
					t[i] = patchOf(blur(plane, planeW, planeH, sigma))
				}
				all[print{f, w, b}] = t
			}
		}
	}
	return all
}

// A plane is a patch with a margin, so that the blur sees the outside.
const (
	planeMargin = 8
	planeW      = patchW + 2*planeMargin
	planeH      = patchH + 2*planeMargin
)

// plane draws the character into the middle of a plane, its strokes grown.
func (o outline) plane(grow int) []float64 {
	const unitsPerFine = unitsPerSample / fine
	const w, h = planeW * fine, planeH * fine
	cover := o.draw(w, h, 1/unitsPerFine, o.advance/2-unitsPerFine*w/2, middleY-unitsPerFine*h/2).Pix
	cover = grown(cover, w, h, grow)
	plane := make([]float64, planeW*planeH)
	for i, v := range cover {
		plane[i/w/fine*planeW+i%w/fine] += float64(v)
	}
	return plane
}

// grown spreads what is dark by n samples each way, or what is light if n is
// negative.
func grown(src []uint8, w, h, n int) []uint8 {
	dst := append([]uint8(nil), src...)
	r := max(n, -n)
	for y := r; y < h-r; y++ {
		for x := r; x < w-r; x++ {
			v := src[y*w+x]
			for j := -r; j <= r; j++ {
				for i := -r; i <= r; i++ {
					switch u := src[(y+j)*w+x+i]; {
					case i*i+j*j > r*r:
					case n > 0:
						v = max(v, u)
					default:
						v = min(v, u)
					}
				}
			}
			dst[y*w+x] = v
		}
	}
	return dst
}

// patchOf takes the margin off a plane.
func patchOf(plane []float64) patch {
	var p patch
	for y := range patchH {
		for x := range patchW {
			p[y*patchW+x] = float32(plane[(y+planeMargin)*planeW+x+planeMargin])
		}
	}
	p.normalize()
	return p
}

// blur spreads a plane by a Gaussian.
func blur(plane []float64, w, h int, sigma float64) []float64 {
	r := int(math.Ceil(3 * sigma))
	kernel := make([]float64, 2*r+1)
	total := 0.0
	for i := range kernel {
		d := float64(i - r)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		total += kernel[i]
	}
	along := func(src []float64, stepX, stepY int) []float64 {
		dst := make([]float64, len(src))
		for y := range h {
			for x := range w {
				sum := 0.0
				for i, k := range kernel {
					xx := min(max(x+(i-r)*stepX, 0), w-1)
					yy := min(max(y+(i-r)*stepY, 0), h-1)
					sum += k * src[yy*w+xx]
				}
				dst[y*w+x] = sum / total
			}
		}
		return dst
	}
	return along(along(plane, 1, 0), 0, 1)
}
