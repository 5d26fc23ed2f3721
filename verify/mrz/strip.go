package mrz

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// strip is a long thin stretch of print: it may be a line of a zone. Its middle
// runs along y = a + b*x from x0 to x1, in pixels of a level.
type strip struct {
	a, b   float64
	x0, x1 float64
	thick  float64
}

func (s strip) y(x float64) float64 { return s.a + s.b*x }

func (s strip) middle() float64 { return s.y((s.x0 + s.x1) / 2) }

// Bounds of a strip at a level.
const (
	bridge   = 18              // gaps as wide as this are closed: an I between fillers
	runMin   = 4 * pitchMin    // shorter stretches are no text of a zone; borders and faces vanish
	widthMin = 28.5 * pitchMin // a line of 30, its ends being thin
	widthMax = 45.5 * pitchMax // a line of 44
	thickMin = 0.3 * pitchMin  // blurred print smears thinner than it is
	thickMax = 1.8 * pitchMax  // high letters, and noise
	slopeMax = 0.2             // 11 degrees
	maxRuns  = 1 << 18         // a page with more is noise
	maxStrip = 200             // strips looked at per level
)

// run is a horizontal stretch of ink with its gaps closed.
type run struct {
	y, x0, x1 int // x1 exclusive
	root      int
}

// strips finds the long thin stretches of print of a level, from the bottom up.
func strips(ink []uint8, w, h int) []strip {
	runs, rows := runsOf(ink, w, h, bridge, runMin)
	if len(runs) > maxRuns {
		return nil
	}
	connect(runs, rows)
	groups := map[int][]run{}
	for i := range runs {
		r := root(runs, i)
		groups[r] = append(groups[r], runs[i])
	}
	var all []strip
	for _, g := range groups {
		if s, ok := fit(g); ok {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(s, t strip) int {
		return cmp.Or(cmp.Compare(t.middle(), s.middle()), cmp.Compare(s.x0, t.x0))
	})
	return all[:min(len(all), maxStrip)]
}

// runsOf returns the horizontal stretches of ink at least as long as shortest,
// gaps up to gap closed. rows[y] is the index of the first run of row y.
func runsOf(ink []uint8, w, h, gap int, shortest float64) (runs []run, rows []int) {
	rows = make([]int, h+1)
	for y := range h {
		rows[y] = len(runs)
		begin, last := -1, -1
		flush := func() {
			if begin >= 0 && float64(last+1-begin) >= shortest {
				runs = append(runs, run{y, begin, last + 1, len(runs)})
			}
		}
		row := ink[y*w : (y+1)*w]
		for x := 0; x < w; {
			skip := bytes.IndexByte(row[x:], 1)
			if skip < 0 {
				break
			}
			x += skip
			if begin < 0 || x-last > gap+1 {
				flush()
				begin = x
			}
			for x < w && row[x] != 0 {
				x++
			}
			last = x - 1
		}
		flush()
	}
	rows[h] = len(runs)
	return runs, rows
}

// clean removes what is smaller than any character: noise, and the dots by
// which fax machines show a tinted ground; and what is higher than two lines:
// frames, faces, stamps.
func clean(ink []uint8, w, h int) {
	const smallest = 9             // pixels; an I of 12 pixels to the cell has some 30
	const highest = 3.2 * pitchMax // rows
	runs, rows := runsOf(ink, w, h, 0, 1)
	connect(runs, rows)
	area, top := make([]int, len(runs)), make([]int, len(runs))
	tall := make([]bool, len(runs))
	for i, r := range runs {
		k := root(runs, i)
		if area[k] == 0 {
			top[k] = r.y
		}
		area[k] += r.x1 - r.x0
		tall[k] = tall[k] || float64(r.y-top[k]) > highest
	}
	for i, r := range runs {
		if k := root(runs, i); area[k] < smallest || tall[k] {
			clear(ink[r.y*w+r.x0 : r.y*w+r.x1])
		}
	}
}

// connect joins runs that touch those of the row above.
func connect(runs []run, rows []int) {
	for y := 1; y+1 < len(rows); y++ {
		i, j := rows[y-1], rows[y]
		for i < rows[y] && j < rows[y+1] {
			if runs[i].x0 <= runs[j].x1 && runs[j].x0 <= runs[i].x1 {
				runs[root(runs, j)].root = root(runs, i)
			}
			if runs[i].x1 < runs[j].x1 {
				i++
			} else {
				j++
			}
		}
	}
}

// root finds the run that stands for all that are joined with i.
func root(runs []run, i int) int {
	for runs[i].root != i {
		runs[i].root = runs[runs[i].root].root
		i = runs[i].root
	}
	return i
}

// fit lays a straight line through joined runs; false if they are no strip.
func fit(g []run) (strip, bool) {
	s := strip{x0: math.Inf(1), x1: math.Inf(-1)}
	var n, sx, sy, sxx, sxy float64
	for _, r := range g {
		length, mid := float64(r.x1-r.x0), float64(r.x0+r.x1-1)/2
		s.x0, s.x1 = min(s.x0, float64(r.x0)), max(s.x1, float64(r.x1))
		n += length
		sx += length * mid
		sy += length * float64(r.y)
		sxx += length * (mid*mid + (length*length-1)/12)
		sxy += length * mid * float64(r.y)
	}
	width := s.x1 - s.x0
	if width < widthMin || width > widthMax {
		return s, false
	}
	s.b = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	s.a = (sy - s.b*sx) / n
	s.thick = n / width
	return s, math.Abs(s.b) < slopeMax && s.thick > thickMin && s.thick < thickMax
}

// straighten corrects the strip's line by the ink around it, whose ends the
// smeared runs do not follow well.
func (s strip) straighten(ink []uint8, w, h int) strip {
	for range 3 {
		var n, sx, sy, sxx, sxy float64
		for x := max(int(s.x0), 0); x < min(int(s.x1), w); x++ {
			mid := s.y(float64(x))
			for y := max(int(mid-s.thick), 0); y <= min(int(mid+s.thick), h-1); y++ {
				if ink[y*w+x] != 0 {
					fx, fy := float64(x), float64(y)
					n++
					sx += fx
					sy += fy
					sxx += fx * fx
					sxy += fx * fy
				}
			}
		}
		d := n*sxx - sx*sx
		if n < 10 || d < 1 {
			return s
		}
		s.b = (n*sxy - sx*sy) / d
		s.a = (sy - s.b*sx) / n
	}
	return s
}
