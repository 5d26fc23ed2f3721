package raster

import (
	"cmp"
	"math"
	"slices"
)

// The thresholds of turning. A page is turned only if all are met: turning a
// page that lies right is worse than leaving one that does not.
const (
	// MinLines is how much sharper the lines of writing must be at the angle of
	// the page than on the mean of all angles; photographs reach 3.5.
	MinLines = 4
	// MinAxis is how much sharper they must be along one axis of the page than
	// along the other.
	MinAxis = 1.6
	// MinVotes, MinShare and MinHead bound the signs of writing that stands
	// upright. In Latin writing more letters rise above their neighbours than
	// hang below them: by how many standard deviations, and the share of
	// neighbours of which one does. Lines also end more sharply below than
	// above, a number from -1 to 1: ten times it is added to the first for the
	// third. Cyrillic looks a little like Latin on its head, but with a share of
	// 0.1 and not 0.2; capitals have no such neighbours. Pages in either are left
	// as they are.
	MinVotes = 2.5
	MinShare = 0.15
	MinHead  = 4
	// MinSkew is the angle in degrees below which a page is left as it is, for
	// turning by little blurs more than it helps.
	MinSkew = 0.3
)

// stance is how writing lies on a sketch.
type stance struct {
	sideways bool    // the lines run up or down
	angle    float64 // of the lines, degrees clockwise
	lines    float64 // how sharp they are, see MinLines
	axis     float64 // see MinAxis
	votes    float64 // see MinVotes; of the page turned 90° clockwise if sideways
	share    float64 // see MinShare; likewise
	stand    float64 // how much more sharply lines end below; likewise
}

// sure reports whether the axis of the writing is beyond doubt.
func (s stance) sure() bool { return s.lines >= MinLines && s.axis >= MinAxis }

// score adds the two signs of upright writing up.
func (s stance) score() float64 { return s.votes + 10*s.stand }

// head is positive for writing on its feet, negative for writing on its head,
// 0 if that cannot be told.
func (s stance) head() int {
	score := s.score()
	if !s.sure() || s.share < MinShare || math.Abs(s.votes) < MinVotes || math.Abs(score) < MinHead ||
		(score > 0) != (s.votes > 0) {
		return 0
	}
	return int(math.Copysign(1, score))
}

// turn is what brings the writing upright, in degrees clockwise.
func (s stance) turn() (degrees int, confident bool) {
	head := s.head()
	switch {
	case head == 0:
		return 0, false
	case s.sideways && head > 0:
		return 90, true
	case s.sideways:
		return 270, true
	case head < 0:
		return 180, true
	}
	return 0, true
}

// Upright returns how the stored pixels must be turned for the writing on the
// page to be upright: 0, 90, 180 or 270 degrees clockwise. If the content does
// not say, confident is false and turn is what the file says. Mirrored
// orientations count as in Geometry.Turn.
func (p *Page) Upright() (turn int, confident bool) {
	extra, confident := p.stance().turn()
	return (p.geometry.Turn() + extra) % 360, confident
}

// Skew returns by how many degrees, at most 10, the lines of writing are turned
// clockwise from the level, to about a tenth of a degree. If there are no lines
// that say, confident is false and degrees is 0.
func (p *Page) Skew() (degrees float64, confident bool) {
	s := p.stance()
	if !s.sure() || math.Abs(s.angle) > maxSkew+0.2 {
		return 0, false
	}
	return s.angle, true
}

// stance finds out how the writing lies, once.
func (p *Page) stance() stance {
	s := p.sketched()
	if s.stance == nil {
		lies := s.lies()
		s.stance = &lies
	}
	return *s.stance
}

func (s *sketch) lies() stance {
	along, turned := profiles(s.runs, s.gray.Rect.Dx(), s.gray.Rect.Dy())
	angle, energy, lines := along.skew()
	other, otherEnergy, otherLines := turned.skew()
	if energy == 0 && otherEnergy == 0 {
		return stance{}
	}
	found := stance{angle: angle, lines: lines, axis: energy / max(otherEnergy, 1)}
	if otherEnergy > energy {
		along = turned
		found = stance{sideways: true, angle: other, lines: otherLines, axis: otherEnergy / max(energy, 1)}
	}
	found.stand = along.stand(found.angle)
	rising, hanging, pairs := votes(s.letters(found.sideways, found.angle))
	if n := rising + hanging; n > 0 {
		found.votes = float64(rising-hanging) / math.Sqrt(float64(n))
		found.share = float64(max(rising, hanging)) / float64(pairs)
	}
	return found
}

// stand compares how sharply lines of writing end below and above: letters
// stand on one base line, but reach to different heights. Two rows are taken
// together, so that it matters less how lines fall onto pixels, and the cubes
// let the sharpest ends speak loudest.
func (p profile) stand(angle float64) float64 {
	sums := p.at(angle, nil)
	var cubes, all float64
	for i := 2; i < len(sums)/2-1; i++ {
		d := float64(sums.of(i-2) + sums.of(i-1) - sums.of(i) - sums.of(i+1))
		cubes += d * d * d
		all += math.Abs(d * d * d)
	}
	if all == 0 {
		return 0
	}
	return cubes / all
}

// letter is the box of a letter on a level line.
type letter struct{ x0, x1, top, bottom float64 }

func (l letter) height() float64 { return l.bottom - l.top }

// letters returns the parts that may be single letters, from left to right, on
// the page turned 90° clockwise if sideways, and made level.
func (s *sketch) letters(sideways bool, angle float64) []letter {
	const smallest = 6 // pixels: below, a pixel more or less is a quarter of the height
	slope := math.Tan(angle * math.Pi / 180)
	h := float64(s.gray.Rect.Dy())
	letters := make([]letter, 0, len(s.parts))
	for _, p := range s.parts {
		l := letter{float64(p.x0), float64(p.x1), float64(p.y0), float64(p.y1)}
		if sideways {
			l = letter{h - float64(p.y1), h - float64(p.y0), float64(p.x0), float64(p.x1)}
		}
		if l.x1-l.x0 > 2*l.height() || l.height() < smallest {
			continue
		}
		shift := slope * (l.x0 + l.x1) / 2
		l.top, l.bottom = l.top-shift, l.bottom-shift
		letters = append(letters, l)
	}
	slices.SortFunc(letters, func(a, b letter) int { return cmp.Compare(a.x0, b.x0) })
	return letters
}

// votes compares pairs of neighbours in a line of writing: a taller letter that
// stands level with its neighbour rises above it, one whose head is level hangs
// below.
func votes(letters []letter) (rising, hanging, pairs int) {
	for i, a := range letters {
		b, ok := neighbour(a, letters[i+1:])
		if !ok {
			continue
		}
		pairs++
		small, tall := min(a.height(), b.height()), max(a.height(), b.height())
		if tall < 1.15*small+1 || tall > 2*small {
			continue
		}
		level := max(1.25, 0.08*tall) // a pixel, and what levelling shifts
		feet, heads := math.Abs(a.bottom-b.bottom), math.Abs(a.top-b.top)
		switch {
		case feet <= level && heads > 1.5*level:
			rising++
		case heads <= level && feet > 1.5*level:
			hanging++
		}
	}
	return rising, hanging, pairs
}

// neighbour is the next letter in the line of a, at most its height away.
func neighbour(a letter, right []letter) (letter, bool) {
	for _, b := range right {
		if b.x0 > a.x1+a.height() {
			break
		}
		overlap := min(a.bottom, b.bottom) - max(a.top, b.top)
		if b.x0 >= a.x1-a.height()/4 && overlap >= min(a.height(), b.height())/2 {
			return b, true
		}
	}
	return letter{}, false
}
