package identity

import "math"

// placing lays cell (x, y) of one look, counted from the middle, on (kx·x + dx,
// ky·y + dy) of another; in squares of two cells along a line.
type placing struct{ dx, dy, kx, ky float64 }

// over finds how l lies over m: as large as their windows say, or as the pages
// are when both are sheets of one size; then the best shift, then a little of all.
func (l *Look) over(m *Look) placing {
	s := overlay{mine: squares(l), theirs: squares(m)}
	best, score := placing{kx: 1, ky: 1}, -1.0
	try := func(p placing, step int) {
		if c := s.likeness(p, step); c > score {
			best, score = p, c
		}
	}
	windows := placing{kx: 1, ky: 1}
	pages := placing{kx: float64(l.across) / float64(m.across), ky: float64(l.down) / float64(m.down)}
	for _, size := range [...]placing{windows, pages} {
		for dx := -8.0; dx <= 8; dx++ {
			for dy := -12.0; dy <= 12; dy++ {
				try(placing{dx, dy, size.kx, size.ky}, 2)
			}
		}
		if pages == windows {
			break
		}
	}
	score = s.likeness(best, 1)
	for range 3 {
		for _, step := range []placing{{kx: 0.01}, {ky: 0.01}, {dx: 0.34}, {dy: 0.34}} {
			from := best
			for k := -3.0; k <= 3; k++ {
				try(placing{from.dx + k*step.dx, from.dy + k*step.dy, from.kx + k*step.kx, from.ky + k*step.ky}, 1)
			}
		}
	}
	return best
}

// overlay lays the squares of one look over those of another. What is the same at
// every height, the columns, is kept from one placing to the next: comparing looks is
// little else.
type overlay struct {
	mine, theirs *[high * high]float32
	along        placing // the kx and dx that the columns are laid for
	from, n      int     // the columns of mine that lie on theirs
	laid         [high]row
	own          [high]sums
}

// row is a row of squares, those alone that lie under a column.
type row struct {
	cells [high]float32
	sums
}

// sums are of cells and of their squares.
type sums struct{ one, square float64 }

func sumsOf(cells []float32) sums {
	var a, b, aa, bb float32 // two of each, that do not wait for each other
	for len(cells) >= 2 {
		u, v := cells[0], cells[1]
		a, b, aa, bb = a+u, b+v, aa+u*u, bb+v*v
		cells = cells[2:]
	}
	if len(cells) == 1 {
		a, aa = a+cells[0], aa+cells[0]*cells[0]
	}
	return sums{one: float64(a + b), square: float64(aa + bb)}
}

// margin is how many squares at the edge of a look are not compared.
const margin = 4

// likeness correlates every step-th row of squares as they are placed.
func (s *overlay) likeness(at placing, step int) float64 {
	s.lay(placing{kx: at.kx, dx: at.dx})
	rows := alongside(margin, high-margin, high, at.ky, at.dy, 0)
	var c correlation
	for i := (step - (rows.from-margin)%step) % step; i < len(rows.to); i += step {
		theirs, own := &s.laid[rows.to[i]], s.own[rows.from+i]
		c.n += float64(s.n)
		c.a, c.b = c.a+own.one, c.b+theirs.one
		c.aa, c.bb = c.aa+own.square, c.bb+theirs.square
		c.ab += float64(product(s.mine[(rows.from+i)*high+s.from:][:s.n], theirs.cells[:s.n]))
	}
	return c.value()
}

// lay puts the columns side by side, and their sums.
func (s *overlay) lay(along placing) {
	if s.along == along {
		return
	}
	columns := alongside(margin, high-margin, high, along.kx, along.dx, 0)
	if s.from != columns.from || s.n != len(columns.to) {
		s.from, s.n = columns.from, len(columns.to)
		for y := range high {
			s.own[y] = sumsOf(s.mine[y*high+s.from:][:s.n])
		}
	}
	for y := range high {
		theirs := s.theirs[y*high:][:high]
		laid := s.laid[y].cells[:s.n]
		for k, on := range columns.to {
			laid[k] = theirs[on]
		}
		s.laid[y].sums = sumsOf(laid)
	}
	s.along = along
}

// product is the sum of the products, in four sums that do not wait for each other.
func product(a, b []float32) float32 {
	b = b[:len(a)]
	var p, q, r, s float32
	for len(a) >= 4 && len(b) >= 4 {
		p, q, r, s = p+a[0]*b[0], q+a[1]*b[1], r+a[2]*b[2], s+a[3]*b[3]
		a, b = a[4:], b[4:]
	}
	for k, v := range a {
		p += v * b[k]
	}
	return p + q + r + s
}

// squares is the look in squares of two cells, each against those around it.
func squares(l *Look) *[high * high]float32 {
	const near = 3
	var sums [high + 1][high + 1]float32
	var v [high * high]float32
	for y := range high {
		for x := range high {
			v[y*high+x] = min(float32(l.cells[y*wide+2*x]+l.cells[y*wide+2*x+1])/2*fullCell/shades, 0.6)
			sums[y+1][x+1] = v[y*high+x] + sums[y][x+1] + sums[y+1][x] - sums[y][x]
		}
	}
	out := new([high * high]float32)
	for y := range high {
		for x := range high {
			x0, x1, y0, y1 := max(x-near, 0), min(x+near+1, high), max(y-near, 0), min(y+near+1, high)
			mean := (sums[y1][x1] - sums[y0][x1] - sums[y1][x0] + sums[y0][x0]) / float32((x1-x0)*(y1-y0))
			out[y*high+x] = max(-0.3, min(0.3, v[y*high+x]-mean))
		}
	}
	return out
}

// pairs lays cells of one look, in their order from one on, beside cells of
// another; made once for every row.
type pairs struct {
	from int
	to   []uint8
}

// alongside pairs the cells from one up to another, of n, with those they are
// placed on; it leaves out what lies beyond the edge. Halves says which point of a
// cell is placed: 0.5 its middle, 0 its edge, on the nearest.
func alongside(from, to, n int, k, d, halves float64) pairs {
	p := pairs{from: from, to: make([]uint8, 0, wide)}
	half := float64(n) / 2
	for c := from; c < to; c++ {
		on := int(math.Floor((float64(c)+halves-half)*k + half + d + 0.5 - halves))
		switch {
		case on >= 0 && on < n:
			p.to = append(p.to, uint8(on)) //nolint:gosec // a look is 192 cells wide
		case len(p.to) == 0:
			p.from = c + 1
		default:
			return p
		}
	}
	return p
}
