package raster

import (
	"encoding/binary"
	"image"
	"math"
)

const (
	// sketchSide bounds the long side of a sketch: 120 dots per inch on A4, where
	// letters of eight points still have their shapes.
	sketchSide = 1400
	// tileSide is the side of the squares that get a paper level of their own.
	tileSide = 32
	// flat is the contrast below which nothing is told from the paper of a tile.
	flat = 40
)

// sketch is the small copy that everything is measured on: grey, square
// pixels, turned as the file says.
type sketch struct {
	gray   *image.Gray
	tiles  tiling
	parts  []part
	runs   []run   // of the parts that look like writing
	stance *stance // how they lie, found once
}

// sketched makes the sketch, once.
func (p *Page) sketched() *sketch {
	if p.sketch != nil {
		return p.sketch
	}
	w, h := p.squareSize()
	scale := min(1, float64(sketchSide)/float64(max(w, h)))
	sw, sh := max(1, int(float64(w)*scale)), max(1, int(float64(h)*scale))
	s := &sketch{gray: orient(p.src.reduced(sw, sh), p.geometry.Orientation)}
	s.tiles = tile(s.gray)
	s.parts, s.runs = writing(s.gray, s.tiles)
	p.sketch = s
	return s
}

// reduced returns a grey picture of w × h pixels, each the mean of those it
// stands for.
func (p plain) reduced(w, h int) *image.Gray {
	src := p.grayed()
	sw, sh := p.size()
	if w == sw && h == sh {
		return src
	}
	const group = 8 // means looked after at once: most are of paper
	dst := image.NewGray(image.Rect(0, 0, w, h))
	whiten(dst.Pix)
	left := make([]int, w+1)
	for x := range left {
		left[x] = x * sw / w
	}
	for y := range h {
		top := y * sh / h
		bottom := max(top+1, (y+1)*sh/h)
		row := dst.Pix[y*dst.Stride:][:w]
		for x := 0; x < w; x += group {
			end := min(x+group, w)
			if isPaper(src, image.Rect(left[x], top, max(left[x]+1, left[end]), bottom)) {
				continue
			}
			for i := x; i < end; i++ {
				row[i] = mean(src, image.Rect(left[i], top, max(left[i]+1, left[i+1]), bottom))
			}
		}
	}
	return dst
}

// isPaper reports whether a part of a picture is white.
func isPaper(g *image.Gray, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := y * g.Stride
		if !allWhite(g.Pix[at+r.Min.X : at+r.Max.X]) {
			return false
		}
	}
	return true
}

// allWhite looks at eight pixels at once, the last eight perhaps twice.
func allWhite(row []byte) bool {
	const words = 8
	if len(row) < words {
		for _, v := range row {
			if v != 0xff {
				return false
			}
		}
		return true
	}
	all := binary.LittleEndian.Uint64(row[len(row)-words:])
	for ; len(row) > words; row = row[words:] {
		all &= binary.LittleEndian.Uint64(row)
	}
	return all == math.MaxUint64
}

// mean is the mean of a part of a picture, which must not be empty.
func mean(g *image.Gray, r image.Rectangle) byte {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := g.Pix[y*g.Stride:][r.Min.X:r.Max.X]
		for len(row) >= 8 {
			if eightWhite(row) {
				sum += 8 * 0xff
			} else {
				for _, v := range row[:8] {
					sum += int(v)
				}
			}
			row = row[8:]
		}
		for _, v := range row {
			sum += int(v)
		}
	}
	return byte(sum / (r.Dx() * r.Dy())) //nolint:gosec // a mean of bytes
}

// inked returns from where to where a row is not white; a row that is white
// altogether has from = its length, to = 0.
func inked(row []byte) (from, to int) {
	const words = 8
	for to = len(row); to >= words && binary.LittleEndian.Uint64(row[to-words:]) == math.MaxUint64; {
		to -= words
	}
	for to > 0 && row[to-1] == 0xff {
		to--
	}
	if to == 0 {
		return len(row), 0
	}
	for from+words <= to && binary.LittleEndian.Uint64(row[from:]) == math.MaxUint64 {
		from += words
	}
	for row[from] == 0xff {
		from++
	}
	return from, to
}

func whiten(row []byte) {
	for i := range row {
		row[i] = 0xff
	}
}

// orient turns a picture as an orientation of TIFF 6.0 (page 36) says.
func orient(src *image.Gray, orientation int) *image.Gray {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewGray(image.Rect(0, 0, dw, dh))
	mirrorX := orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7
	mirrorY := orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8
	for y := range dh {
		fy := y
		if mirrorY {
			fy = dh - 1 - y
		}
		for x := range dw {
			fx := x
			if mirrorX {
				fx = dw - 1 - x
			}
			if orientation >= 5 {
				dst.Pix[y*dst.Stride+x] = src.Pix[fx*src.Stride+fy]
			} else {
				dst.Pix[y*dst.Stride+x] = src.Pix[fy*src.Stride+fx]
			}
		}
	}
	return dst
}

// tiling is a picture in squares: how light the paper of each is, and how dark
// what is on it.
type tiling struct {
	across, down int
	paper, ink   []byte
}

// tile measures every square of the picture.
func tile(g *image.Gray) tiling {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	t := tiling{across: (w + tileSide - 1) / tileSide, down: (h + tileSide - 1) / tileSide}
	t.paper, t.ink = make([]byte, t.across*t.down), make([]byte, t.across*t.down)
	for ty := range t.down {
		for tx := range t.across {
			var histogram [256]int
			total := 0
			right := min(w, (tx+1)*tileSide)
			for y := ty * tileSide; y < min(h, (ty+1)*tileSide); y++ {
				count(&histogram, g.Pix[y*g.Stride+tx*tileSide:y*g.Stride+right])
				total += right - tx*tileSide
			}
			i := ty*t.across + tx
			if histogram[0xff] == total { // as most are, and quickly told
				t.paper[i], t.ink[i] = 0xff, 0xff
				continue
			}
			t.paper[i] = byte(level(&histogram, total, 0.85)) //nolint:gosec // 0 to 255
			t.ink[i] = byte(level(&histogram, total, 0.01))   //nolint:gosec // 0 to 255
		}
	}
	return t
}

// count adds the pixels of a row to a histogram. Most are paper, which is counted
// eight at a time.
func count(histogram *[256]int, row []byte) {
	for len(row) >= 8 {
		if binary.LittleEndian.Uint64(row) == math.MaxUint64 {
			histogram[0xff] += 8
		} else {
			for _, v := range row[:8] {
				histogram[v]++
			}
		}
		row = row[8:]
	}
	for _, v := range row {
		histogram[v]++
	}
}

// threshold is the grey below which a pixel of a tile is ink.
func (t tiling) threshold(i int) byte {
	paper, ink := int(t.paper[i]), int(t.ink[i])
	if paper-ink < flat {
		return 0
	}
	return byte(paper - (paper-ink)*2/5) //nolint:gosec // between the two
}
