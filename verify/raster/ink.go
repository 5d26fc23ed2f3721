package raster

import (
	"iter"
	"math"
)

// InkSide is the long side of a page in the units of Ink.
const InkSide = sketchSide

// Ink yields the middle of every pixel of ink of the small copy that a page is
// measured on, from the middle of the page, in units of which InkSide make its
// long side; a pixel is unit wide. The page is turned upright and made level as
// far as its content tells. Black edges of a scan are left out.
func (p *Page) Ink() (points iter.Seq2[float64, float64], unit float64) {
	s := p.sketched()
	unit = InkSide / float64(max(s.gray.Rect.Dx(), s.gray.Rect.Dy()))
	turn, _ := p.stance().turn()
	angle, _ := p.Skew()
	// Level first, then the right angle: both are a turn about the middle.
	sin, cos := math.Sincos((float64(turn) - angle) * math.Pi / 180)
	area := s.content()
	middleX, middleY := float64(area.Min.X+area.Max.X)/2, float64(area.Min.Y+area.Max.Y)/2
	halfway := s.tiles.halfway()
	points = func(yield func(x, y float64) bool) {
		for y := area.Min.Y; y < area.Max.Y; y++ {
			row := s.gray.Pix[y*s.gray.Stride:][:area.Max.X]
			levels := halfway[y/tileSide*s.tiles.across:]
			for x := area.Min.X; x < len(row); x++ {
				for x+8 <= len(row) && eightWhite(row[x:]) {
					x += 8
				}
				if x == len(row) || row[x] >= levels[x/tileSide] {
					continue
				}
				dx, dy := unit*(float64(x)+0.5-middleX), unit*(float64(y)+0.5-middleY)
				if !yield(dx*cos-dy*sin, dx*sin+dy*cos) {
					return
				}
			}
		}
	}
	return points, unit
}

// halfway is, for each square, the grey halfway from the paper around it to
// black: what a fax machine would take for ink. Looking at the lightest square
// near by keeps dark pictures dark and evens out shadows, which are larger.
func (t tiling) halfway() []byte {
	const near = 3 // squares each way, 2 cm on A4
	levels := make([]byte, len(t.paper))
	for y := range t.down {
		for x := range t.across {
			var lightest byte
			for yy := max(y-near, 0); yy <= min(y+near, t.down-1); yy++ {
				for xx := max(x-near, 0); xx <= min(x+near, t.across-1); xx++ {
					lightest = max(lightest, t.paper[yy*t.across+xx])
				}
			}
			levels[y*t.across+x] = lightest / 2
		}
	}
	return levels
}
