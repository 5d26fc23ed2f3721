package raster

import "image"

// run is a stretch of ink in one row: columns from to to-1.
type run struct{ y, from, to, part int32 }

// part is what hangs together: its box, and how much ink it has.
type part struct {
	x0, y0, x1, y1 int32 // x1 and y1 are outside
	area           int32
}

func (p part) width() int32  { return p.x1 - p.x0 }
func (p part) height() int32 { return p.y1 - p.y0 }

const (
	// minLetter and maxLetter bound the height of writing in pixels of a sketch.
	minLetter, maxLetter = 4, 120
	// maxRuns bounds the work on a page of noise.
	maxRuns = 1_500_000
)

// isWriting tells what may be a letter, or some that touch, from lines, specks
// and pictures.
func (p part) isWriting() bool {
	w, h := p.width(), p.height()
	return max(w, h) >= minLetter && min(w, h) >= 2 && max(w, h) <= maxLetter && max(w, h) <= 12*min(w, h)
}

// writing finds the parts of a picture that may be letters and their runs.
func writing(g *image.Gray, t tiling) ([]part, []run) {
	runs := findRuns(g, t)
	parents := join(runs)
	parts := make([]part, 0, 4096)
	index := make([]int32, len(runs))
	for i := range index {
		index[i] = -1
	}
	for i := range runs {
		r := &runs[i]
		root := find(parents, int32(i))
		if index[root] < 0 {
			index[root] = int32(len(parts)) //nolint:gosec // bounded by maxRuns
			parts = append(parts, part{x0: r.from, y0: r.y, x1: r.to, y1: r.y + 1})
		}
		r.part = index[root]
		p := &parts[r.part]
		p.x0, p.x1, p.y1 = min(p.x0, r.from), max(p.x1, r.to), r.y+1
		p.area += r.to - r.from
	}
	return keepWriting(parts, runs)
}

func keepWriting(parts []part, runs []run) ([]part, []run) {
	kept, place := parts[:0:0], make([]int32, len(parts))
	for i, p := range parts {
		place[i] = -1
		if p.isWriting() {
			place[i] = int32(len(kept)) //nolint:gosec // bounded by maxRuns
			kept = append(kept, p)
		}
	}
	n := 0
	for _, r := range runs {
		if r.part = place[r.part]; r.part >= 0 {
			runs[n] = r
			n++
		}
	}
	return kept, runs[:n]
}

// findRuns cuts every row into stretches of ink.
func findRuns(g *image.Gray, t tiling) []run {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	runs := make([]run, 0, 1<<16)
	for y := range h {
		row := g.Pix[y*g.Stride:][:w]
		from := -1
		for tx := range t.across {
			limit := t.threshold(y/tileSide*t.across + tx)
			if limit == 0 && from < 0 {
				continue // nothing to tell from paper
			}
			start := tx * tileSide
			for i, v := range row[start:min(w, start+tileSide)] {
				switch ink := v < limit; {
				case ink && from < 0:
					from = start + i
				case !ink && from >= 0:
					runs = append(runs, run{y: int32(y), from: int32(from), to: int32(start + i)})
					from = -1
				}
			}
		}
		if from >= 0 {
			runs = append(runs, run{y: int32(y), from: int32(from), to: int32(w)}) //nolint:gosec // inside a sketch
		}
		if len(runs) > maxRuns {
			break
		}
	}
	return runs
}

// join connects runs that touch, also by their corners, as union-find.
func join(runs []run) []int32 {
	parents := make([]int32, len(runs))
	for i := range parents {
		parents[i] = int32(i)
	}
	above, start := 0, 0
	for i, r := range runs {
		if i > 0 && runs[i-1].y != r.y {
			start = i
		}
		for above < start && (runs[above].y < r.y-1 || runs[above].y == r.y-1 && runs[above].to < r.from) {
			above++
		}
		for j := above; j < start && runs[j].from <= r.to; j++ {
			a, b := find(parents, int32(j)), find(parents, int32(i))
			parents[max(a, b)] = min(a, b)
		}
	}
	return parents
}

func find(parents []int32, i int32) int32 {
	for parents[i] != i {
		parents[i] = parents[parents[i]]
		i = parents[i]
	}
	return i
}
