package raster

import (
	"encoding/binary"
	"math"
	"slices"
)

const (
	// stripWidth is how wide the strips are that shift against each other when a
	// page is turned by a small angle.
	stripWidth = 8
	// maxSkew bounds the angles that are looked at, in degrees.
	maxSkew = 10
)

// profile is the ink of each row of a page, in upright strips side by side.
type profile struct {
	strips []rows
	width  int // of a strip
	rows   int
	spans  [][2]int // from where to where each strip has ink; nil: not known
}

// rows is the ink of rows, none of which has more than a sketch is wide: in 16 bits
// each, the lower eight first, four of them are added at once.
type rows []byte

func newRows(n int) rows { return make(rows, 2*n) }

func (r rows) of(y int) int { return int(binary.LittleEndian.Uint16(r[2*y:])) }

func (r rows) add(y, ink int) {
	binary.LittleEndian.PutUint16(r[2*y:], uint16(r.of(y)+ink)) //nolint:gosec // at most the width of a sketch
}

// addAll adds as many rows as the other has.
func (r rows) addAll(other rows) {
	for len(other) >= 8 {
		binary.LittleEndian.PutUint64(r, binary.LittleEndian.Uint64(r)+binary.LittleEndian.Uint64(other))
		r, other = r[8:], other[8:]
	}
	for y := range len(other) / 2 {
		r.add(y, other.of(y))
	}
}

// profiles returns the profile of writing along rows, and that of the page
// turned 90° clockwise.
func profiles(runs []run, w, h int) (along, turned profile) {
	along, turned = newProfile(w, h), newProfile(h, w)
	for _, r := range runs {
		for x := r.from; x < r.to; {
			s := x / stripWidth
			end := min(r.to, (s+1)*stripWidth)
			along.strips[s].add(int(r.y), int(end-x))
			x = end
		}
		strip := turned.strips[(int32(h)-1-r.y)/stripWidth] //nolint:gosec // inside a sketch
		for x := r.from; x < r.to; x++ {
			strip.add(int(x), 1)
		}
	}
	return along, turned
}

func newProfile(w, h int) profile {
	p := profile{strips: make([]rows, (w+stripWidth-1)/stripWidth), width: stripWidth, rows: h}
	for i := range p.strips {
		p.strips[i] = newRows(h)
	}
	return p
}

// merged is the same in strips twice as wide: half the work where a quarter of
// a degree is enough.
func (p profile) merged() profile {
	m := profile{strips: make([]rows, (len(p.strips)+1)/2), width: 2 * p.width, rows: p.rows}
	for i := range m.strips {
		m.strips[i] = slices.Clone(p.strips[2*i])
		if 2*i+1 < len(p.strips) {
			m.strips[i].addAll(p.strips[2*i+1])
		}
	}
	return m
}

// spanned notes where the ink of each strip is, for a profile that is added up
// many times.
func (p profile) spanned() profile {
	p.spans = make([][2]int, len(p.strips))
	for i, strip := range p.strips {
		from, to := 0, p.rows
		for to > 0 && strip.of(to-1) == 0 {
			to--
		}
		for from < to && strip.of(from) == 0 {
			from++
		}
		p.spans[i] = [2]int{from, to}
	}
	return p
}

// at adds the strips up, each shifted as a page that is turned clockwise by
// angle degrees needs it to be level. sums is used if long enough.
func (p profile) at(angle float64, sums rows) rows {
	slope := math.Tan(angle * math.Pi / 180)
	margin := int(math.Ceil(math.Abs(slope)*float64(len(p.strips)*p.width)/2)) + 1
	n := p.rows + 2*margin
	if cap(sums) < 2*n {
		sums = newRows(n)
	}
	sums = sums[:2*n]
	clear(sums)
	middle := float64(len(p.strips)-1) / 2
	for i, strip := range p.strips {
		from, to := 0, p.rows
		if p.spans != nil {
			from, to = p.spans[i][0], p.spans[i][1]
		}
		shift := margin - int(math.Round(slope*float64(p.width)*(float64(i)-middle)))
		sums[2*(shift+from):].addAll(strip[2*from : 2*to])
	}
	return sums
}

// steepness is high where rows of ink and rows of paper alternate.
func steepness(sums rows) float64 {
	var e float64
	last := sums.of(0)
	for i := 1; i < len(sums)/2; i++ {
		d := sums.of(i) - last
		e += float64(d * d)
		last += d
	}
	return e
}

// skew finds the angle at which lines of writing are sharpest, in degrees
// clockwise, how sharp they are there, and how that compares with the mean of
// all angles.
func (p profile) skew() (angle, energy, contrast float64) {
	const coarse, fine = 0.25, 0.05
	var sums rows
	total, n := 0.0, 0
	try := func(p profile, a float64) float64 {
		sums = p.at(a, sums)
		e := steepness(sums)
		if e > energy {
			angle, energy = a, e
		}
		return e
	}
	wide := p.merged().spanned()
	p = p.spanned()
	for i := -int((maxSkew + 0.5) / coarse); i <= int((maxSkew+0.5)/coarse); i++ {
		total += try(wide, float64(i)*coarse)
		n++
	}
	around := angle
	energy = 0         // of the wide strips
	for i := range 5 { // from the middle: on a plateau the first one wins
		try(p, around-float64(i)*fine)
		try(p, around+float64(i)*fine)
	}
	// The summit lies between the samples: that of a parabola through three.
	if before, after := try(p, angle-fine), try(p, angle+fine); energy > before && energy > after {
		angle += fine / 2 * (after - before) / (2*energy - before - after)
	}
	if total == 0 {
		return 0, 0, 0
	}
	return angle, energy, energy * float64(n) / total
}
