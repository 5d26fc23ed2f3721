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
		for dx := -3.0; dx <= 3; dx++ {
			var aa, bb, ab float64
			for y := y0; y < y0+down; y++ {
				by := int(math.Floor((float64(y)+0.5-high/2)*at.ky + high/2 + at.dy + dy))
				for x := x0; x < x0+across; x++ {
					bx := int(math.Floor((float64(x)+0.5-wide/2)*at.kx + wide/2 + 2*at.dx + dx))
					if bx < 0 || by < 0 || bx >= wide || by >= high {
						continue
					}
					u, v := float64(a[y*wide+x]), float64(b[by*wide+bx])
					aa, bb, ab = aa+u*u, bb+v*v, ab+u*v
				}
			}
			if dy == 0 && dx == 0 {
				weight = max(aa, bb)
			}
			const none = 1e-9
			agrees = max(agrees, ab/math.Sqrt(aa*bb+none))
		}
	}
	return agrees, weight
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
	var c correlation
	for y := margin; y < high-margin; y += step {
		by := int(math.Floor((float64(y)-high/2)*at.ky + high/2 + at.dy + 0.5))
		if by < 0 || by >= high {
			continue
		}
		for x := margin; x < high-margin; x++ {
			bx := int(math.Floor((float64(x)-high/2)*at.kx + high/2 + at.dx + 0.5))
			if bx >= 0 && bx < high {
				c.add(float64(a[y*high+x]), float64(b[by*high+bx]))
			}
		}
	}
	return c.value()
}
