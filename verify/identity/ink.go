package identity

import (
	"image"
	"slices"
)

// EmptyShare is the share of ink below which a signature box is certainly empty.
// Measured by TestInked: empty boxes with a printed line and up to 4 % of
// flipped pixels hold none; the thinnest of the drawn ones, an initial, 0.004.
const EmptyShare = 0.0005

// Inked measures the handwriting in a signature box: the share of its pixels
// that are ink, be it faint, leaving out its outer twentieth (the printed
// frame), ruled lines across it, and specks smaller than a stroke. ok is false
// for what is no picture of a box. Whose signature it is, or whether it is one, a
// person sees.
func Inked(region *image.Gray) (share float64, ok bool) {
	if !whole(region) {
		return 0, false
	}
	b := region.Rect
	b = image.Rect(b.Min.X+b.Dx()/20, b.Min.Y+b.Dy()/20, b.Max.X-b.Dx()/20, b.Max.Y-b.Dy()/20)
	w, h := b.Dx(), b.Dy()
	if w < 10 || h < 10 {
		return 0, false
	}
	ink := inkOf(region, b)
	eraseLines(ink, w, h)
	count := strokes(ink, w, h)
	return float64(count) / float64(w*h), true
}

// inkOf returns what is darker than the paper, the brightness that most of
// the box reaches. Grey grounds and shadows change slowly and count as paper.
func inkOf(region *image.Gray, b image.Rectangle) []bool {
	const contrast = 24 // a pencil
	w, h := b.Dx(), b.Dy()
	ink := make([]bool, w*h)
	const tile = 32
	for y0 := 0; y0 < h; y0 += tile {
		for x0 := 0; x0 < w; x0 += tile {
			paper := int(paperOf(region, image.Rect(x0-tile/2, y0-tile/2, x0+3*tile/2, y0+3*tile/2).Add(b.Min).Intersect(b)))
			for y := y0; y < min(y0+tile, h); y++ {
				for x := x0; x < min(x0+tile, w); x++ {
					ink[y*w+x] = int(region.GrayAt(b.Min.X+x, b.Min.Y+y).Y)+contrast < paper
				}
			}
		}
	}
	return ink
}

// paperOf is the brightness that a third of the pixels reach.
func paperOf(region *image.Gray, b image.Rectangle) uint8 {
	var counts [256]int
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := region.Pix[region.PixOffset(b.Min.X, y):]
		for _, v := range row[:b.Dx()] {
			counts[v]++
		}
	}
	left := b.Dx() * b.Dy() / 3
	for v := 255; v > 0; v-- {
		if left -= counts[v]; left < 0 {
			return uint8(v)
		}
	}
	return 0
}

// eraseLines removes rows and columns that are ink for most of their length,
// with their neighbours: the printed line to sign on.
func eraseLines(ink []bool, w, h int) {
	full := func(n int, at func(int) bool) bool {
		count := 0
		for i := range n {
			if at(i) {
				count++
			}
		}
		return count*10 > n*6
	}
	var rows, columns []int
	for y := range h {
		if full(w, func(x int) bool { return ink[y*w+x] }) {
			rows = append(rows, y)
		}
	}
	for x := range w {
		if full(h, func(y int) bool { return ink[y*w+x] }) {
			columns = append(columns, x)
		}
	}
	for _, y := range rows {
		for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
			clear(ink[yy*w : (yy+1)*w])
		}
	}
	for _, x := range columns {
		for y := range h {
			for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
				ink[y*w+xx] = false
			}
		}
	}
}

// strokes counts the ink in pieces that are long enough to be handwriting: a
// tenth of the box's height, a printed dot or speck of dust is not.
func strokes(ink []bool, w, h int) int {
	longest := max(h/10, 6)
	total := 0
	var stack []int
	for start, black := range ink {
		if !black {
			continue
		}
		stack = append(stack[:0], start)
		ink[start] = false
		count, box := 0, image.Rectangle{}
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := i%w, i/w
			count++
			box = box.Union(image.Rect(x, y, x+1, y+1))
			for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
					if j := yy*w + xx; ink[j] {
						ink[j] = false
						stack = append(stack, j)
					}
				}
			}
		}
		if slices.Max([]int{box.Dx(), box.Dy()}) >= longest {
			total += count
		}
	}
	return total
}

// whole reports whether the picture has the bytes that its size promises.
func whole(g *image.Gray) bool {
	if g == nil {
		return false
	}
	w, h := g.Rect.Dx(), g.Rect.Dy()
	return w > 0 && h > 0 && g.Stride >= w && len(g.Pix) >= (h-1)*g.Stride+w
}
