package identity

import (
	"cmp"
	"math"
	"slices"
)

// ReuseAgreement is the agreement from which two pages count as copies of one
// sheet (id.reused). TestLooks measures it: no two of the specimen passports
// reach it, which share one layout and differ in face and text; docs/reading.md
// has the table. So it is a reason to look, never a proof; an equal document
// number is a better one.
const ReuseAgreement = 0.40

// RepeatAgreement is the agreement from which a page is said to look like one of the
// same dossier (page.repeated). It is lower than ReuseAgreement, because a false alarm
// costs a reviewer a look and accuses nobody: it finds eight copies in ten where that finds five,
// and of pairs of other people's passports not one in a hundred reaches it.
const RepeatAgreement = 0.33

// dissent is the share of the print that may agree less.
const dissent = 0.1

// Agreement lays one look over the other and tells how well the letters agree,
// -1 to 1, in the printed parts that agree worst: the tenth part of the print may
// agree less. Documents of one type agree in all that is printed on each of them
// and not in what is the holder's, so the mean would say little.
func (l *Look) Agreement(m *Look) float64 {
	place := l.over(m)
	a, b := letters(l), letters(m)
	const across, down = 32, 4 // of a part: two centimetres of one line
	type part struct{ agrees, weight float64 }
	var parts []part
	total := 0.0
	for y := 0; y < high; y += down {
		for x := 0; x < wide; x += across {
			agrees, weight := partAgreement(a, b, place, x, y, across, down)
			const printed = 0.008 * across * down
			if weight > printed {
				parts = append(parts, part{agrees, math.Sqrt(weight)})
				total += math.Sqrt(weight)
			}
		}
	}
	const fewest = 12 // parts: less says nothing
	if len(parts) < fewest {
		return 0
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.agrees, b.agrees) })
	left := dissent * total
	for _, p := range parts {
		if left -= p.weight; left < 0 {
			return p.agrees
		}
	}
	return parts[len(parts)-1].agrees
}

// partAgreement correlates one part at the best of small shifts, because paper
// stretches; weight is how much is printed on the fuller side.
func partAgreement(a, b *[wide * high]float32, at placing, x0, y0, across, down int) (agrees, weight float64) {
	agrees = -1
	for _, dy := range [...]float64{0, -0.5, 0.5, -1, 1} {
		rows := alongside(y0, y0+down, high, at.ky, at.dy+dy, 0.5)
		for dx := -3.0; dx <= 3; dx++ {
			columns := alongside(x0, x0+across, wide, at.kx, 2*at.dx+dx, 0.5)
			aa, bb, ab := energies(a, b, rows, columns)
			if dy == 0 && dx == 0 {
				weight = max(aa, bb)
			}
			const none = 1e-9
			agrees = max(agrees, ab/math.Sqrt(aa*bb+none))
		}
	}
	return agrees, weight
}

// energies adds up the squares of both sides, and their products.
func energies(a, b *[wide * high]float32, rows, columns pairs) (aa, bb, ab float64) {
	for i, by := range rows.to {
		mine := a[(rows.from+i)*wide+columns.from:][:len(columns.to)]
		theirs := b[int(by)*wide:][:wide]
		for k, bx := range columns.to {
			u, v := float64(mine[k]), float64(theirs[bx])
			aa, bb, ab = aa+u*u, bb+v*v, ab+u*v
		}
	}
	return aa, bb, ab
}

// letters is the look without what lines of print have in common: each cell
// against its neighbours along the line.
func letters(l *Look) *[wide * high]float32 {
	const near = 5
	out := new([wide * high]float32)
	for y := range high {
		row := l.cells[y*wide : (y+1)*wide]
		for x := range row {
			from, to := max(x-near, 0), min(x+near+1, wide)
			sum := 0
			for _, v := range row[from:to] {
				sum += int(v)
			}
			out[y*wide+x] = (float32(row[x]) - float32(sum)/float32(to-from)) * fullCell / shades
		}
	}
	return out
}

// placing lays cell (x, y) of one look, counted from the middle, on (kx·x + dx,
// ky·y + dy) of another; in squares of two cells along a line.
type placing struct{ dx, dy, kx, ky float64 }

// over finds how l lies over m: as large as their windows say, or as the pages
// are when both are sheets of one size; then the best shift, then a little of all.
func (l *Look) over(m *Look) placing {
	a, b := squares(l), squares(m)
	best, score := placing{kx: 1, ky: 1}, -1.0
	try := func(p placing, step int) {
		if c := placedAlike(a, b, p, step); c > score {
			best, score = p, c
		}
	}
	for _, size := range []placing{
		{kx: 1, ky: 1},
		{kx: float64(l.across) / float64(m.across), ky: float64(l.down) / float64(m.down)},
	} {
		for dy := -12.0; dy <= 12; dy++ {
			for dx := -8.0; dx <= 8; dx++ {
				size.dx, size.dy = dx, dy
				try(size, 2)
			}
		}
	}
	score = placedAlike(a, b, best, 1)
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

// placedAlike correlates every step-th row of squares as they are placed.
func placedAlike(a, b *[high * high]float32, at placing, step int) float64 {
	const margin = 4
	rows := alongside(margin, high-margin, high, at.ky, at.dy, 0)
	columns := alongside(margin, high-margin, high, at.kx, at.dx, 0)
	var c correlation
	for i := (step - (rows.from-margin)%step) % step; i < len(rows.to); i += step {
		c.addRow(a[(rows.from+i)*high+columns.from:], b[int(rows.to[i])*high:][:high], columns.to)
	}
	return c.value()
}

// addRow adds cells of one row with those of another that they are placed on. Its
// sums are variables of its own, not the fields, so that they stay in registers:
// comparing looks is little else.
func (c *correlation) addRow(mine, theirs []float32, placed []uint8) {
	mine = mine[:len(placed)]
	var a, b, aa, bb, ab float64
	for k, on := range placed {
		u, v := float64(mine[k]), float64(theirs[on])
		a, b, aa, bb, ab = a+u, b+v, aa+u*u, bb+v*v, ab+u*v
	}
	c.n += float64(len(placed))
	c.a, c.b, c.aa, c.bb, c.ab = c.a+a, c.b+b, c.aa+aa, c.bb+bb, c.ab+ab
}

// pairs lays cells of one look, in their order from one on, beside cells of
// another. Most of a comparison is spent following it, so it is made once for
// every row.
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
