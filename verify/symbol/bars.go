package symbol

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// strip is a part of the page that looks like a code of bars: many parallel
// edges close together. It may lie at any angle.
type strip struct {
	x, y float64 // middle, in pixels of the page
	// The unit vector across the bars, that is along the code.
	ux, uy float64
	// length across the bars, height along them, in pixels of the page.
	length, height float64
	weight         int // blocks that look like it
}

const (
	// block is the side of the squares whose edges are judged together, in
	// pixels of the reduced page: 2 mm.
	block = 8
	// coherent is how parallel the edges of a block must be: 0 is noise or a
	// chessboard, 1 a single line. Text is about 0.3, bars under heavy noise 0.5.
	coherent = 0.42
	// busy is the least mean of the squared gradient (Sobel) in a block.
	busy = 9000
	// maxStrips bounds the strips of a page that are looked at.
	maxStrips = 6
)

// tensor sums the squared gradient of a block: its eigenvectors tell which way
// the edges run, its eigenvalues how parallel they are.
type tensor struct{ xx, yy, xy float64 }

func (t tensor) add(o tensor) tensor { return tensor{t.xx + o.xx, t.yy + o.yy, t.xy + o.xy} }

// coherence is the difference of the eigenvalues over their sum.
func (t tensor) coherence() float64 {
	sum := t.xx + t.yy
	if sum == 0 {
		return 0
	}
	return math.Hypot(t.xx-t.yy, 2*t.xy) / sum
}

// angle is the direction across the edges, in radians from -π/2 to π/2.
func (t tensor) angle() float64 { return math.Atan2(2*t.xy, t.xx-t.yy) / 2 }

// strips finds what looks like bars, most likely first.
func (o *overview) strips() []strip {
	field := o.field
	field.markBars()
	var found []strip
	for at := range field.marked {
		if !field.marked[at] {
			continue
		}
		if s, ok := field.strip(field.grow(at), float64(o.factor)); ok {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b strip) int { return cmp.Compare(b.weight, a.weight) })
	return found[:min(len(found), maxStrips)]
}

// overviewWidth is the width a page is reduced to before codes are looked for, in
// pixels; up to twice as much is left.
const overviewWidth = 800

// overview is a reduced page, in which codes are looked for before they are read.
type overview struct {
	factor int // pixels of the page in one of img
	page   image.Rectangle
	img    *image.Gray
	field  *field
}

// newOverview reduces a page, which must be at 0,0.
func newOverview(page *image.Gray) *overview {
	n := max(1, min(page.Rect.Dx(), page.Rect.Dy())/overviewWidth)
	img := reduced(page, page.Rect, n)
	return &overview{factor: n, page: page.Rect, img: img, field: newField(img)}
}

// printed is the part of the page outside of which there is no code: all that
// has a quarter of the edges by which bars are told, two by two blocks together as
// the smallest code has them, with room for what is fainter at its rim and for the
// quiet zone. Specks here and there are no print; a page full of noise is printed
// all over.
func (o *overview) printed() image.Rectangle {
	const faint = busy / 4
	f := o.field
	some := func(at int) bool { return f.tensors[at].xx+f.tensors[at].yy > 5*block*block*faint }
	var across, down span
	for at := range max(len(f.tensors)-f.w-1, 0) {
		if some(at) && some(at+1) && some(at+f.w) && some(at+f.w+1) {
			x, y := float64(at%f.w), float64(at/f.w)
			across.include(x)
			across.include(x + 1)
			down.include(y)
			down.include(y + 1)
		}
	}
	if !across.some {
		return image.Rectangle{}
	}
	return enclosed(across, down, o.factor).Intersect(o.page)
}

// enclosed is the part of a page, reduced by factor, that blocks take, with room
// for what was missed at the edges and for the quiet zone.
func enclosed(across, down span, factor int) image.Rectangle {
	const room = 4
	side := block * factor
	return image.Rect(
		(int(across.low)-room)*side, (int(down.low)-room)*side,
		(int(across.high)+room+1)*side, (int(down.high)+room+1)*side,
	)
}

// field is the page in blocks.
type field struct {
	w, h    int
	tensors []tensor
	marked  []bool // looks like a code, and in none yet
}

func newField(img *image.Gray) *field {
	f := &field{w: img.Rect.Dx() / block, h: img.Rect.Dy() / block}
	raw := make([]tensor, f.w*f.h)
	for by := range f.h {
		for bx := range f.w {
			raw[by*f.w+bx] = gradients(img, bx*block, by*block)
		}
	}
	f.tensors, f.marked = make([]tensor, len(raw)), make([]bool, len(raw))
	for by := 1; by < f.h-1; by++ {
		for bx := 1; bx < f.w-1; bx++ {
			at := by*f.w + bx
			sum := raw[at]
			for _, next := range [4]int{at - 1, at + 1, at - f.w, at + f.w} {
				sum = sum.add(raw[next])
			}
			f.tensors[at] = sum
		}
	}
	return f
}

// markBars marks the blocks that are busy with parallel edges.
func (f *field) markBars() {
	for at, t := range f.tensors {
		f.marked[at] = t.xx+t.yy > 5*block*block*busy && t.coherence() > coherent
	}
}

// gradients sums up a block of img, whose upper left corner is x0,y0.
func gradients(img *image.Gray, x0, y0 int) tensor {
	var xx, yy, xy int
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if isPaper(img, image.Rect(x0-1, y0-1, x0+block+1, y0+block+1).Intersect(img.Rect)) {
		return tensor{}
	}
	first, last := max(x0, 1), min(x0+block, w-1)
	for y := max(y0, 1); y < min(y0+block, h-1); y++ {
		at := y * img.Stride
		up, mid, down := img.Pix[at-img.Stride:][:w], img.Pix[at:][:w], img.Pix[at+img.Stride:][:w]
		for x := first; x < last; x++ {
			diagonal, other := int(down[x+1])-int(up[x-1]), int(up[x+1])-int(down[x-1])
			gx := diagonal + other + 2*(int(mid[x+1])-int(mid[x-1]))
			gy := diagonal - other + 2*(int(down[x])-int(up[x]))
			xx, yy, xy = xx+gx*gx, yy+gy*gy, xy+gx*gy
		}
	}
	return tensor{float64(xx), float64(yy), float64(xy)}
}

// grow takes the marked blocks around at that run the same way, across gaps of
// one block, and unmarks them.
func (f *field) grow(at int) []int {
	const reach = 2
	members := []int{at}
	f.marked[at] = false
	for i := 0; i < len(members); i++ {
		x, y := members[i]%f.w, members[i]/f.w
		for ny := max(y-reach, 0); ny <= min(y+reach, f.h-1); ny++ {
			for nx := max(x-reach, 0); nx <= min(x+reach, f.w-1); nx++ {
				next := ny*f.w + nx
				if f.marked[next] && f.parallel(members[i], next) {
					f.marked[next] = false
					members = append(members, next)
				}
			}
		}
	}
	return members
}

// parallel tells whether the edges of two blocks run the same way, within about
// ten degrees.
func (f *field) parallel(a, b int) bool {
	const cosOfTwice = 0.94
	return math.Cos(2*(f.tensors[a].angle()-f.tensors[b].angle())) > cosOfTwice
}

// strip fits a rectangle around blocks. It reports false for what is too small
// or too square to be a code: rules, edges of pictures, single letters.
func (f *field) strip(members []int, scale float64) (strip, bool) {
	const fewest, shortest, longest = 10, 8 * block, 100 * block
	if len(members) < fewest {
		return strip{}, false
	}
	var sum tensor
	for _, at := range members {
		sum = sum.add(f.tensors[at])
	}
	uy, ux := math.Sincos(sum.angle())
	var along, across span
	for _, at := range members {
		x, y := (float64(at%f.w)+0.5)*block, (float64(at/f.w)+0.5)*block
		along.include(x*ux + y*uy)
		across.include(y*ux - x*uy)
	}
	// Blocks look into their neighbours, so what they mark is one too wide on
	// either side; a code is never cut for that.
	s := strip{
		ux: ux, uy: uy, length: along.length() + block,
		height: max(across.length()-block, block), weight: len(members),
	}
	if s.length < shortest || s.length > longest || s.length < s.height {
		return strip{}, false
	}
	a, c := along.middle(), across.middle()
	s.x, s.y = (a*ux-c*uy)*scale, (a*uy+c*ux)*scale
	s.length, s.height = s.length*scale, s.height*scale
	return s, true
}

// straightened turns the strip to where its bars stand out most when all of
// its height is laid on top of each other. The gradient of the blocks is off by
// up to five degrees, because pixels prefer some directions.
func (s strip) straightened(page *image.Gray) strip {
	best, at := -1.0, s
	for _, step := range [2]float64{1, 0.25} {
		middle := at
		for i := -6; i <= 6; i++ {
			turned := middle.turned(float64(i) * step)
			if sharp := turned.sharpness(page); sharp > best {
				best, at = sharp, turned
			}
		}
	}
	return at
}

func (s strip) turned(degrees float64) strip {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	s.ux, s.uy = s.ux*cos-s.uy*sin, s.uy*cos+s.ux*sin
	return s
}

// sharpness is the mean square of the steps in the profile of the strip.
func (s strip) sharpness(page *image.Gray) float64 {
	const lines, share = 16, 0.5
	sums := make([]int, max(2, int(s.length)))
	for i := range lines {
		c := (float64(i)/(lines-1) - 0.5) * s.height * share
		addLine(sums, page, s.x-s.length/2*s.ux-c*s.uy, s.y-s.length/2*s.uy+c*s.ux, s.ux, s.uy)
	}
	total := 0
	for i, v := range sums[1:] {
		total += (v - sums[i]) * (v - sums[i])
	}
	return float64(total) / float64(len(sums))
}

// span is a range of numbers.
type span struct {
	low, high float64
	some      bool
}

func (s *span) include(v float64) {
	if !s.some {
		s.low, s.high, s.some = v, v, true
	}
	s.low, s.high = min(s.low, v), max(s.high, v)
}

func (s *span) length() float64 { return s.high - s.low }

func (s *span) middle() float64 { return (s.low + s.high) / 2 }

// layers are the lines along a strip, bars upright, zoom times as wide, its quiet
// zones included: sampled once, however many pictures are made of them.
type layers struct {
	strip
	zoom, quiet float64
	width, n    int
	sums        []int // of the first i lines, for i from 0 to n
}

// layered samples the strip line by line, one a pixel of its height. A strip
// higher than mostLayers has its lines wider apart: enough are left to average.
func (s strip) layered(page *image.Gray, zoom float64) layers {
	const quietShare, quietLeast, mostLayers = 0.08, 24, 256
	l := layers{strip: s, zoom: zoom, quiet: max(s.length*quietShare, quietLeast)}
	l.width = max(1, min(int((s.length+2*l.quiet)*zoom), maxSide))
	l.n = max(1, min(int(s.height), mostLayers))
	l.sums = make([]int, (l.n+1)*l.width)
	for i := range l.n {
		next := l.sums[(i+1)*l.width:][:l.width]
		copy(next, l.sums[i*l.width:])
		x, y := l.at(0, float64(i)+0.5)
		addLine(next, page, x, y, s.ux/zoom, s.uy/zoom)
	}
	return l
}

// at is where column x of line i lies on the page.
func (l layers) at(x, i float64) (px, py float64) {
	a, c := x/l.zoom-l.length/2-l.quiet, (i/float64(l.n)-0.5)*l.height
	return l.x + a*l.ux - c*l.uy, l.y + a*l.uy + c*l.ux
}

// flattened draws the strip in a few rows, each the mean over a window of share
// of its height: noise goes, bars stay.
func (l layers) flattened(share float64) view {
	const rows = 9
	img := image.NewGray(image.Rect(0, 0, l.width, rows))
	window := max(1, int(float64(l.n)*share))
	first := func(row int) int { return min(max(row, 0)*(l.n-window)/(rows-1), l.n-window) }
	for y := range rows {
		before := l.sums[first(y)*l.width:][:l.width]
		after := l.sums[(first(y)+window)*l.width:][:l.width]
		for x, sum := range before {
			img.Pix[y*img.Stride+x] = byte((after[x] - sum) / window) //nolint:gosec // a mean of bytes
		}
	}
	return view{img: img, back: func(p image.Point) image.Point {
		x, y := l.at(float64(p.X), float64(first(p.Y))+float64(window)/2)
		return image.Pt(int(math.Round(x)), int(math.Round(y)))
	}}
}

// addLine adds the pixels on a line from px,py in steps of dx,dy.
func addLine(sums []int, page *image.Gray, px, py, dx, dy float64) {
	const one = 1 << 16
	x, y, stepX, stepY := int(px*one), int(py*one), int(dx*one), int(dy*one)
	last := len(sums) - 1
	if within(page, x, y) && within(page, x+last*stepX, y+last*stepY) { // then so is what lies between
		for i := range sums {
			sums[i] += int(sampleWithin(page, x, y))
			x, y = x+stepX, y+stepY
		}
		return
	}
	for i := range sums {
		sums[i] += int(sample(page, x, y))
		x, y = x+stepX, y+stepY
	}
}
