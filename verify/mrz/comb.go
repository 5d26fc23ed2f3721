package mrz

import "math"

// line is a strip whose print stands at an even pitch: the middle of character
// k lies at x = first + k*pitch, in pixels of a level.
type line struct {
	strip
	columns      int
	first, pitch float64
	score        float64 // ink between the characters against ink overall: 0 is best
}

// combLimit is the score above which print has no even pitch; proportional text
// comes to 0.8 and more.
const combLimit = 0.78

// lines returns what lines of 30, 36 or 44 characters the strip can be.
func (s strip) lines(ink []uint8, w, h int) []line {
	profile := s.profile(ink, w, h)
	var all []line
	for _, columns := range []int{30, 36, 44} {
		if l, ok := s.comb(profile, columns); ok {
			all = append(all, l)
		}
	}
	return all
}

// profile counts the ink of each column along the strip.
func (s strip) profile(ink []uint8, w, h int) []float64 {
	x0, x1 := int(s.x0), int(s.x1)
	p := make([]float64, x1-x0)
	half := s.thick * 0.8
	for i := range p {
		x := x0 + i
		mid := s.y(float64(x))
		for y := max(int(mid-half), 0); y <= min(int(mid+half), h-1); y++ {
			if x >= 0 && x < w && ink[y*w+x] != 0 {
				p[i]++
			}
		}
	}
	return p
}

// comb looks for the pitch and phase whose gaps hold the least ink, given how
// many characters there are.
func (s strip) comb(profile []float64, columns int) (line, bool) {
	best := line{strip: s, columns: columns, score: math.Inf(1)}
	width := float64(len(profile))
	mean := 0.0
	for _, v := range profile {
		mean += v
	}
	mean /= width
	low, high := width/(float64(columns)-0.15), width/(float64(columns)-0.85)
	if high < pitchMin || low > pitchMax || mean == 0 {
		return best, false
	}
	for pitch := low; pitch <= high; pitch += 0.15 * pitchMin / float64(columns) {
		// The first character begins within its cell, the last one ends in its own.
		for begin := -0.75 * pitch; begin <= 0.1*pitch; begin += 0.06 * pitch {
			if end := begin + float64(columns)*pitch; end < width-0.1*pitch || end > width+0.75*pitch {
				continue
			}
			sum := 0.0
			for k := 1; k < columns; k++ {
				sum += sample(profile, begin+float64(k)*pitch)
			}
			if score := sum / float64(columns-1) / mean; score < best.score {
				best.pitch, best.first, best.score = pitch, s.x0+begin+pitch/2, score
			}
		}
	}
	return best, best.score < combLimit
}

// sample reads a profile between its columns.
func sample(p []float64, x float64) float64 {
	i := int(math.Floor(x - 0.5))
	f := x - 0.5 - float64(i)
	at := func(i int) float64 {
		if i < 0 || i >= len(p) {
			return 0
		}
		return p[i]
	}
	return at(i)*(1-f) + at(i+1)*f
}

// zone is two or three lines that belong together, top to bottom.
type zone []line

// zones groups lines of the same length that stand above one another as those
// of a zone do: same ends, same pitch, one and a half to three and a half
// pitches apart.
func zones(all []line) []zone {
	var found []zone
	for i, l := range all {
		rows := map[int]int{30: 3, 36: 2, 44: 2}[l.columns]
		z := zone{l}
		for at := i; len(z) < rows; {
			next, ok := above(all, at)
			if !ok {
				break
			}
			z = append(zone{all[next]}, z...)
			at = next
		}
		if len(z) == rows {
			found = append(found, z)
		}
	}
	return found
}

// above finds the line right above line i.
func above(all []line, i int) (int, bool) {
	l := all[i]
	best, distance := -1, math.Inf(1)
	for j, u := range all {
		if u.columns != l.columns || math.Abs(u.pitch/l.pitch-1) > 0.04 || math.Abs(u.b-l.b) > 0.03 {
			continue
		}
		middle := (l.x0 + l.x1) / 2
		d := (l.y(middle) - u.y(middle)) / l.pitch
		// On a slope the ends shift sideways by the same angle.
		shift := (u.first - l.first) / l.pitch
		if d > 1.2 && d < 3.6 && d < distance && math.Abs(shift-l.b*d) < 1.6 {
			best, distance = j, d
		}
	}
	return best, best >= 0
}
