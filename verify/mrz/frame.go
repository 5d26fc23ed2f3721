package mrz

import (
	"image"
	"math"
)

// frame says how a line of cells lies in a picture: the middle of the first
// cell, the step to the next one, and the size of the print.
type frame struct {
	x, y   float64 // pixels
	dx, dy float64 // pixels from cell to cell
	scale  float64 // pixels per unit of an outline, along the line
	tall   float64 // the same across it, as a factor
}

// along returns the unit vector of the line.
func (f frame) along() (ux, uy float64) {
	n := math.Hypot(f.dx, f.dy)
	return f.dx / n, f.dy / n
}

// moved shifts the frame by units of an outline, along the line and across it.
func (f frame) moved(right, down float64) frame {
	ux, uy := f.along()
	down *= f.tall
	f.x += (right*ux - down*uy) * f.scale
	f.y += (right*uy + down*ux) * f.scale
	return f
}

// reversed is the same line read upside down.
func (f frame) reversed(columns int) frame {
	n := float64(columns - 1)
	return frame{f.x + n*f.dx, f.y + n*f.dy, -f.dx, -f.dy, f.scale, f.tall}
}

// cut takes cell k out of a picture, darkness as ink; false when there is nothing
// in it.
func (f frame) cut(img *image.Gray, k int, c *cell) bool {
	f.samples(img, k, patchW, patchH, c.patch[:])
	return c.measure()
}

// samples takes w by h samples around the middle of cell k out of a picture,
// row by row, darkness as ink; w is at most patchW+2*reach.
func (f frame) samples(img *image.Gray, k, w, h int, out []float32) {
	ux, uy := f.along()
	step := unitsPerSample * f.scale
	cx, cy := f.x+float64(k)*f.dx, f.y+float64(k)*f.dy
	right, down := float64(w-1)/2*step, float64(h-1)/2*step*f.tall
	reachX, reachY := math.Abs(right*ux)+math.Abs(down*uy)+1, math.Abs(right*uy)+math.Abs(down*ux)+1
	within := cx-reachX >= 0 && cy-reachY >= 0 &&
		cx+reachX < float64(img.Rect.Dx()-1) && cy+reachY < float64(img.Rect.Dy()-1)
	left, top := cx-float64(w-1)/2*step*ux, cy-float64(w-1)/2*step*uy // of the middle row
	for j := range h {
		v := (float64(j) - float64(h-1)/2) * step * f.tall
		x, y, row := left-v*uy, top+v*ux, out[j*w:(j+1)*w]
		if within {
			between(row, img, x, y, step*ux, step*uy)
			continue
		}
		for i := range row {
			row[i] = white - bilinear(img, x+float64(i)*step*ux, y+float64(i)*step*uy, img.Rect.Dx(), img.Rect.Dy())
		}
	}
}

// between is bilinear for a row of samples that have four pixels around them
// each. Whole numbers take half the time of floats; their sixteen bits of fraction
// tell places apart much better than a print is drawn.
func between(row []float32, img *image.Gray, x, y, stepX, stepY float64) {
	const fraction = 16
	const one, rest = 1 << fraction, 1<<fraction - 1
	atX, atY, dx, dy := int64(x*one), int64(y*one), int64(stepX*one), int64(stepY*one)
	for i := range row {
		at := int(atY>>fraction)*img.Stride + int(atX>>fraction)
		top, low := img.Pix[at:at+2:at+2], img.Pix[at+img.Stride:at+img.Stride+2:at+img.Stride+2]
		t := int64(top[0])<<fraction + (int64(top[1])-int64(top[0]))*(atX&rest)
		l := int64(low[0])<<fraction + (int64(low[1])-int64(low[0]))*(atX&rest)
		row[i] = white - float32(t<<fraction+(l-t)*(atY&rest))*(1.0/(one*one))
		atX, atY = atX+dx, atY+dy
	}
}

// bilinear reads a picture between its pixels; outside it repeats its border.
func bilinear(img *image.Gray, x, y float64, w, h int) float32 {
	x, y = min(max(x, 0), float64(w-1)), min(max(y, 0), float64(h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
	fx, fy := float32(x-float64(x0)), float32(y-float64(y0))
	top, low := img.Pix[y0*img.Stride:], img.Pix[y1*img.Stride:]
	t0, t1 := float32(top[x0]), float32(top[x1])
	l0, l1 := float32(low[x0]), float32(low[x1])
	t, l := t0+(t1-t0)*fx, l0+(l1-l0)*fx
	return t + (l-t)*fy
}

// likeness returns how well the best template fits the cells of a line, on the
// average; it looks at every n-th cell.
func (f frame) likeness(img *image.Gray, columns, n int, t *templates) float64 {
	var sum float64
	var c cell
	count := 0
	for k := n / 2; k < columns; k += n {
		count++
		if f.cut(img, k, &c) {
			sum += float64(c.best(t))
		}
	}
	return sum / float64(count)
}

// best is how much a cell is like the character that it is most like.
func (c *cell) best(t *templates) float32 {
	best := float32(-1)
	for i := range t {
		best = max(best, c.like(&t[i]))
	}
	return best
}

// sheet is the frames of a zone in one picture, with what reads them best.
type sheet struct {
	img     *image.Gray
	columns int
	frames  []frame
	print   print
	score   float64
}

func (s sheet) templates() *templates { return allTemplates()[s.print] }

// every is the share of the cells that the search looks at.
const every = 3

// likenessOf is the likeness of line i, were it to lie as f.
func (s sheet) likenessOf(f frame) float64 {
	return f.likeness(s.img, s.columns, every, s.templates())
}

// measured returns the sheet with its score.
func (s sheet) measured() sheet {
	s.score = 0
	for _, f := range s.frames {
		s.score += s.likenessOf(f) / float64(len(s.frames))
	}
	return s
}

// changed returns a copy whose frames went through a function.
func (s sheet) changed(f func(frame) frame) sheet {
	frames := make([]frame, len(s.frames))
	for i := range frames {
		frames[i] = f(s.frames[i])
	}
	s.frames = frames
	return s
}

// started searches the size of each typeface in large steps.
func (s sheet) started() []sheet {
	pitch := math.Hypot(s.frames[0].dx, s.frames[0].dy)
	var all []sheet
	for face, shapes := range typefaces() {
		var best sheet
		for _, size := range []float64{0.78, 0.88, 1, 1.13} {
			t := s.changed(func(f frame) frame { f.scale = pitch / shapes[0].advance * size; return f })
			t.print = print{face: face, weight: 1, blur: 1}
			best = better(best, t.measured())
		}
		all = append(all, best)
	}
	return all
}

func better(a, b sheet) sheet {
	if b.score > a.score || a.frames == nil {
		return b
	}
	return a
}

// fitted searches place, size and sharpness, one after the other, each line for
// itself.
func (s sheet) fitted() sheet {
	climb := func(moves []func(frame) frame) {
		s = s.changed(func(f frame) frame { return s.climbed(f, moves) })
	}
	climb(places(2))
	climb(places(1))
	climb(sizes(0.08))
	s = s.sharpened()
	climb(places(1))
	climb(sizes(0.04))
	return s.measured()
}

// sharpened searches the sharpness and weight of the print. The cells stay where
// they are, so they are cut once.
func (s sheet) sharpened() sheet {
	var cells []cell
	count := 0
	for _, f := range s.frames {
		for k := every / 2; k < s.columns; k += every {
			var c cell
			if count++; f.cut(s.img, k, &c) {
				cells = append(cells, c)
			}
		}
	}
	measured := func(t sheet) sheet {
		var sum float64
		for i := range cells {
			sum += float64(cells[i].best(t.templates()))
		}
		t.score = sum / float64(count)
		return t
	}
	s = measured(s)
	for b := range blurs {
		for w := range weights {
			t := s
			t.print.blur, t.print.weight = b, w
			s = better(s, measured(t))
		}
	}
	return s
}

// climbed makes each of the moves that betters a line.
func (s sheet) climbed(f frame, moves []func(frame) frame) frame {
	score := s.likenessOf(f)
	for _, move := range moves {
		g := move(f)
		if l := s.likenessOf(g); l > score {
			f, score = g, l
		}
	}
	return f
}

// places moves a line by some samples up, down, left or right.
func places(by float64) []func(frame) frame {
	var moves []func(frame) frame
	for _, step := range [][2]float64{{0, -by}, {0, by}, {-by, 0}, {by, 0}} {
		moves = append(moves, func(f frame) frame {
			return f.moved(step[0]*unitsPerSample, step[1]*unitsPerSample)
		})
	}
	return moves
}

// sizes makes print lower, taller, narrower and wider.
func sizes(by float64) []func(frame) frame {
	var moves []func(frame) frame
	for _, k := range []float64{1 - by, 1 + by} {
		moves = append(moves,
			func(f frame) frame { f.tall *= k; return f },
			func(f frame) frame { f.scale *= k; f.tall /= k; return f })
	}
	return moves
}

// settled corrects step and slope of each line by where its characters are.
func (s sheet) settled() sheet {
	for i := range s.frames {
		for range 2 {
			s.frames[i] = s.frames[i].regressed(s.img, s.columns, s.templates())
		}
	}
	return s
}

// regressed lays the cells through the places where the templates fit best.
func (f frame) regressed(img *image.Gray, columns int, t *templates) frame {
	var n, sk, skk, su, sku, sv, skv float64
	for k := range columns {
		best, u, v := f.nearby(img, k, t)
		if best < 0.5 {
			continue
		}
		weight, at := float64(best-0.4), float64(k)
		n += weight
		sk += weight * at
		skk += weight * at * at
		su += weight * u
		sku += weight * at * u
		sv += weight * v
		skv += weight * at * v
	}
	d := n*skk - sk*sk
	if d < 1 {
		return f
	}
	bu, bv := (n*sku-sk*su)/d, (n*skv-sk*sv)/d
	au, av := (su-bu*sk)/n, (sv-bv*sk)/n
	ux, uy := f.along()
	g := f.moved(au, av)
	bv *= f.tall
	g.dx += (bu*ux - bv*uy) * f.scale
	g.dy += (bu*uy + bv*ux) * f.scale
	return g
}

// reach is how many samples around its cell a character is looked for.
const reach = 2

// nearby returns the best likeness of cell k within two samples, and where, in
// units along and across the line. The characters likeliest at the cell itself
// stand for all.
func (f frame) nearby(img *image.Gray, k int, t *templates) (best float32, u, v float64) {
	const w, h = patchW + 2*reach, patchH + 2*reach
	best = -1
	var c cell
	var around [w * h]float32 // holds the cell at each place
	f.samples(img, k, w, h, around[:])
	at := func(i, j int) bool {
		for y := range patchH {
			copy(c.patch[y*patchW:(y+1)*patchW], around[(y+reach+j)*w+reach+i:])
		}
		return c.measure()
	}
	if !at(0, 0) {
		return best, 0, 0
	}
	likely := c.likeliest(t)
	for j := -reach; j <= reach; j++ {
		for i := -reach; i <= reach; i++ {
			if !at(i, j) {
				continue
			}
			for _, at := range likely {
				if s := c.like(&t[at]); s > best {
					best, u, v = s, float64(i)*unitsPerSample, float64(j)*unitsPerSample
				}
			}
		}
	}
	return best, u, v
}

// likeliest returns the three characters that a cell is most like.
func (c *cell) likeliest(t *templates) [3]int {
	var top [3]int
	var like [3]float32
	for i := range like {
		like[i] = -2
	}
	for at := range t {
		s := c.like(&t[at])
		for i := range top {
			if s > like[i] {
				copy(top[i+1:], top[i:])
				copy(like[i+1:], like[i:])
				top[i], like[i] = at, s
				break
			}
		}
	}
	return top
}

// nudge is by how much a character may stand off its cell, in units.
const nudge = 0.5 * unitsPerSample

// likenesses holds, for every cell of a zone, how much it is like each
// character of the alphabet.
type likenesses []cellLikeness

// cellLikeness is the likeness of one cell to each character of the alphabet.
type cellLikeness [len(alphabet)]float32

// read compares every cell with every character.
func (s sheet) read() likenesses {
	var all likenesses
	for _, f := range s.frames {
		for k := range s.columns {
			all = append(all, f.compare(s.img, k, s.templates()))
		}
	}
	return all
}

// compare holds one cell against every character.
func (f frame) compare(img *image.Gray, k int, t *templates) (like cellLikeness) {
	for at := range like {
		like[at] = -1
	}
	var c cell
	for j := -1; j <= 1; j++ {
		for i := -1; i <= 1; i++ {
			if !f.moved(float64(i)*nudge, float64(j)*nudge).cut(img, k, &c) {
				continue
			}
			for at := range t {
				like[at] = max(like[at], c.like(&t[at]))
			}
		}
	}
	return like
}
