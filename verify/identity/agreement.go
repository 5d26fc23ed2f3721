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
	beside := neighboursAt(l.over(m))
	a, b := letters(l), letters(m)
	type part struct{ agrees, weight float64 }
	var parts []part
	total := 0.0
	for band := range beside.rows {
		for stripe := range beside.columns {
			agrees, weight := beside.agreement(a, b, band, stripe)
			const printed = 0.008 * partWide * partHigh
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

// neighbours lays the cells of one look on those of another: the columns of every
// stripe of parts and the rows of every band, at each of the small shifts that a part
// is tried at, because paper stretches.
type neighbours struct {
	rows    [high / partHigh][len(shiftsDown)]pairs
	columns [wide / partWide][len(shiftsAlong)]pairs
}

// partWide and partHigh are the cells of a part: two centimetres of one line.
const partWide, partHigh = 32, 4

// The small shifts of a part, in cells; the first of each is none.
var (
	shiftsDown  = [...]float64{0, -0.5, 0.5, -1, 1}
	shiftsAlong = [...]float64{0, -3, -2, -1, 1, 2, 3}
)

func neighboursAt(at placing) *neighbours {
	n := new(neighbours)
	for band := range n.rows {
		for i, d := range shiftsDown {
			n.rows[band][i] = alongside(band*partHigh, (band+1)*partHigh, high, at.ky, at.dy+d, 0.5)
		}
	}
	for stripe := range n.columns {
		for i, d := range shiftsAlong {
			n.columns[stripe][i] = alongside(stripe*partWide, (stripe+1)*partWide, wide, at.kx, 2*at.dx+d, 0.5)
		}
	}
	return n
}

// agreement correlates one part at the best of its shifts; weight is how much is
// printed on the fuller side.
func (n *neighbours) agreement(a, b *[wide * high]float32, band, stripe int) (agrees, weight float64) {
	agrees = -1
	for i := range shiftsDown {
		for k := range shiftsAlong {
			aa, bb, ab := energies(a, b, n.rows[band][i], n.columns[stripe][k])
			if i == 0 && k == 0 {
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
