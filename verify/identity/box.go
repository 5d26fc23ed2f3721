package identity

import (
	"image"
	"math"
)

// Place says how a printed page lies on a picture: pixel Origin + x·Right +
// y·Down shows what was printed x to the right and y down, in millimetres.
type Place struct{ Origin, Right, Down Vector }

// Vector is a point or a way, in pixels.
type Vector struct{ X, Y float64 }

// Box is an upright rectangle on the printed page, in millimetres.
type Box struct{ X, Y, W, H float64 }

const (
	// around is how far from its place a frame is looked for, in millimetres: what
	// a code 20 cm away tells with an error of a pixel, and paper that shrank.
	around = 8.0
	// lean is by how much its sides may lean, in millimetres over their length,
	// beyond what place says.
	lean = 1.5
	// drawn is the share of a side that must be ink.
	drawn = 0.8
	// coarsest and finest bound the pixels of a millimetre that are looked at.
	coarsest, finest = 3.0, 8.0
)

// Framed finds a printed frame near its place and returns what is inside its
// lines, made level; false when not all four sides are found where one would
// have to be. inner is the inner edge of the frame, thick its line.
func Framed(page *image.Gray, place Place, inner Box, thick float64) (*image.Gray, bool) {
	scale := math.Hypot(place.Right.X, place.Right.Y)
	if !whole(page) || scale < coarsest {
		return nil, false
	}
	scale = min(scale, finest)
	p := patchOf(page, place, inner, thick, scale)
	if p == nil {
		return nil, false
	}
	across, down := (inner.W+thick)*scale, (inner.H+thick)*scale
	from := (around + thick/2) * scale // where the middle of the first line should be
	top, bottom, ok := p.sides(from, down, from, across, false)
	if !ok {
		return nil, false
	}
	left, right, ok := p.sides(from, across, float64(top), float64(bottom-top), true)
	if !ok {
		return nil, false
	}
	edge := int(math.Ceil(thick*scale)) + 1
	return p.gray.SubImage(image.Rect(left+edge, top+edge, right-edge, bottom-edge)).(*image.Gray), true //nolint:errcheck // a part of grey is grey
}

// patch is the surroundings of a frame, made level.
type patch struct {
	gray  *image.Gray
	ink   []bool
	scale float64
}

// patchOf draws the surroundings; nil when they leave the page or have no
// contrast.
func patchOf(page *image.Gray, place Place, inner Box, thick, scale float64) *patch {
	w, h := int((inner.W+2*(around+thick))*scale), int((inner.H+2*(around+thick))*scale)
	if w < 20 || h < 20 || w*h > 4_000_000 {
		return nil
	}
	p := &patch{gray: image.NewGray(image.Rect(0, 0, w, h)), ink: make([]bool, w*h), scale: scale}
	outside := 0
	along := make([]Vector, w) // where the columns lie, without what the rows add
	for x := range along {
		way := inner.X - around - thick + (float64(x)+0.5)/scale
		along[x] = Vector{place.Origin.X + way*place.Right.X, place.Origin.Y + way*place.Right.Y}
	}
	for y := range h {
		row := p.gray.Pix[y*w:]
		way := inner.Y - around - thick + (float64(y)+0.5)/scale
		downX, downY := way*place.Down.X, way*place.Down.Y
		for x, from := range along {
			px, py := int(math.Floor(from.X+downX)), int(math.Floor(from.Y+downY))
			if !(image.Point{X: px, Y: py}).In(page.Rect) {
				row[x] = 255
				outside++
				continue
			}
			row[x] = page.Pix[page.PixOffset(px, py)]
		}
	}
	const tolerated = 0.1 // the margin beside the box may be cut off
	const contrast = 48
	paper := paperOf(p.gray, p.gray.Rect)
	if float64(outside) > tolerated*float64(w*h) || paper < contrast {
		return nil
	}
	for i, v := range p.gray.Pix {
		p.ink[i] = int(v) < int(paper)*2/3
	}
	return p
}

// sides finds two parallel lines a known way apart: the first near from, both
// running from start over length. upright says that they run down. The results
// are the innermost places of the lines.
func (p *patch) sides(from, apart, start, length float64, upright bool) (first, second int, ok bool) {
	room, slack := int(around*p.scale), int(max(apart*0.012, 2))
	best := 0.0
	for a := max(int(from)-room, 0); a <= int(from)+room; a++ {
		for tilt := -int(lean * p.scale); tilt <= int(lean*p.scale); tilt++ {
			one := p.drawn(a, a+tilt, start, length, upright)
			if one < drawn || one <= best {
				continue
			}
			for b := a + int(apart) - slack; b <= a+int(apart)+slack; b++ {
				if c := min(one, p.drawn(b, b+tilt, start, length, upright)); c >= drawn && c > best {
					best, first, second, ok = c, max(a, a+tilt), min(b, b+tilt), true
				}
			}
		}
	}
	return first, second, ok
}

// drawn is the share of a line from a to b, across the direction it runs in,
// that is ink; a pixel to either side counts.
func (p *patch) drawn(a, b int, start, length float64, upright bool) float64 {
	const points = 72
	w, h := p.gray.Rect.Dx(), p.gray.Rect.Dy()
	hits := 0
	for i := range points {
		along := int(start + length*(0.03+0.94*float64(i)/(points-1)))
		at := a + (b-a)*i/(points-1)
		for _, near := range [...]int{0, -1, 1} {
			x, y := along, at+near
			if upright {
				x, y = y, x
			}
			if x >= 0 && y >= 0 && x < w && y < h && p.ink[y*w+x] {
				hits++
				break
			}
		}
		if float64(hits+points-1-i) < drawn*points {
			return 0
		}
	}
	return float64(hits) / points
}
