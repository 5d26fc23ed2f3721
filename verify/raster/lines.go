package raster

import (
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
	strips [][]int32
	width  int // of a strip
	rows   int
	spans  [][2]int // from where to where each strip has ink; nil: not known
}

// profiles returns the profile of writing along rows, and that of the page
// turned 90° clockwise.
func profiles(runs []run, w, h int) (along, turned profile) {
	along, turned = newProfile(w, h), newProfile(h, w)
	for _, r := range runs {
		for x := r.from; x < r.to; {
			s := x / stripWidth
			end := min(r.to, (s+1)*stripWidth)
			along.strips[s][r.y] += end - x
			x = end
		}
		strip := turned.strips[(int32(h)-1-r.y)/stripWidth] //nolint:gosec // inside a sketch
		for x := r.from; x < r.to; x++ {
			strip[x]++
		}
	}
	return along, turned
}

func newProfile(w, h int) profile {
	p := profile{strips: make([][]int32, (w+stripWidth-1)/stripWidth), width: stripWidth, rows: h}
	for i := range p.strips {
		p.strips[i] = make([]int32, h)
	}
	return p
}

// merged is the same in strips twice as wide: half the work where a quarter of
// a degree is enough.
func (p profile) merged() profile {
	m := profile{strips: make([][]int32, (len(p.strips)+1)/2), width: 2 * p.width, rows: p.rows}
	for i := range m.strips {
		m.strips[i] = slices.Clone(p.strips[2*i])
		if 2*i+1 < len(p.strips) {
			for y, v := range p.strips[2*i+1] {
				m.strips[i][y] += v
			}
		}
	}
	return m
}

// spanned notes where the ink of each strip is, for a profile that is added up
// many times.
func (p profile) spanned() profile {
	p.spans = make([][2]int, len(p.strips))
	for i, strip := range p.strips {
		from, to := 0, len(strip)
		for to > 0 && strip[to-1] == 0 {
			to--
		}
		for from < to && strip[from] == 0 {
			from++
		}
		p.spans[i] = [2]int{from, to}
	}
	return p
}

// at adds the strips up, each shifted as a page that is turned clockwise by
// angle degrees needs it to be level. sums is used if long enough.
func (p profile) at(angle float64, sums []int32) []int32 {
	slope := math.Tan(angle * math.Pi / 180)
	margin := int(math.Ceil(math.Abs(slope)*float64(len(p.strips)*p.width)/2)) + 1
	n := p.rows + 2*margin
	if cap(sums) < n {
		sums = make([]int32, n)
	}
	sums = sums[:n]
	clear(sums)
	middle := float64(len(p.strips)-1) / 2
	for i, strip := range p.strips {
		from, to := 0, len(strip)
		if p.spans != nil {
			from, to = p.spans[i][0], p.spans[i][1]
		}
		shift := margin - int(math.Round(slope*float64(p.width)*(float64(i)-middle)))
		strip, sums := strip[from:to], sums[shift+from:][:to-from]
		for y, v := range strip {
			sums[y] += v
		}
	}
	return sums
}

// steepness is high where rows of ink and rows of paper alternate.
func steepness(sums []int32) float64 {
	var e float64
	for i := 1; i < len(sums); i++ {
		d := float64(sums[i] - sums[i-1])
		e += d * d
	}
	return e
}

// skew finds the angle at which lines of writing are sharpest, in degrees
// clockwise, how sharp they are there, and how that compares with the mean of
// all angles.
func (p profile) skew() (angle, energy, contrast float64) {
	const coarse, fine = 0.25, 0.05
	var sums []int32
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
