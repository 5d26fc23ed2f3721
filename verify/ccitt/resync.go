package ccitt

import "bytes"

// A gap is a place where rows may be missing or too many.
type gap struct {
	row    int // index of the row that follows
	weight int // bits of the stream that were skipped here
	trim   int // how many rows from row on may be too many
}

// resync finds where to go on after a failure. Rows from first on are dropped
// where there is no telling which are right.
func (d *Decoder) resync(first int, strict bool) bool {
	switch d.report.Encoding {
	case Group31D, Group32D:
		return d.resyncEOL()
	case Group4:
		return d.resyncRows(first, strict)
	case ModifiedHuffman, Runs:
	}
	return d.resyncRuns()
}

// resyncEOL goes on at the next end-of-line code. The row is filled.
func (d *Decoder) resyncEOL() bool {
	from := d.pos
	if e := d.skipEOLs(d.pos, d.report.Encoding == Group32D); e.count > 0 {
		from = e.next
	}
	at := d.nextEOL(from)
	if at < 0 {
		if d.last-from >= 12 { // more than the remains of a fill
			d.fill(d.pos)
		}
		return false
	}
	usual := d.pos / max(1, len(d.rows))
	if n := len(d.rows); n > 0 {
		usual = max(usual, d.pos-d.rows[n-1].pos)
	}
	d.fill(d.pos)
	d.gaps = append(d.gaps, gap{row: len(d.rows) - 1, weight: max(1, at-from-usual), trim: 1})
	d.pos = at
	d.changesOf(d.ref, len(d.rows)-1)
	d.doubt = d.report.Encoding == Group32D
	return true
}

// resyncRuns goes on where three rows in a row decode. The row is filled.
func (d *Decoder) resyncRuns() bool {
	step := 1
	if d.report.Encoding == ModifiedHuffman || d.p.ByteAligned {
		step = 8
	}
	white(d.aside.base, d.cols)
	for at := d.aligned(d.pos) + step; at < d.bits && d.budget > 0; at += step {
		o := d.follow(at, goal{until: 3})
		if !o.reached || o.rows == 0 {
			continue
		}
		d.fill(d.pos)
		d.gaps = append(d.gaps, gap{row: len(d.rows) - 1, weight: at - d.pos, trim: 1})
		d.pos = at
		d.changesOf(d.ref, len(d.rows)-1)
		return true
	}
	if !d.drained(d.pos) {
		d.fill(d.pos)
	}
	return false
}

// How much of a page must decode without fault, in bits of rows that differ
// from the row above, to be taken for right.
const (
	toldSure  = 1500 // anywhere
	toldEnd   = 64   // up to the end of the page
	toldGuess = 200  // when nothing better is found
)

// A restart is a place from which a Group 4 page may go on.
type restart struct {
	pos, above int // above: the row taken for the one above, -1 for a white one
	outcome
}

// resyncRows looks for a bit from which the rest of a Group 4 page decodes. The
// row above it is not known, but between lines of text it is white, or the same
// as in the last such place.
func (d *Decoder) resyncRows(first int, strict bool) bool {
	from := d.start(first)
	d.cutTo(first)
	d.pos = from
	var best restart
	for _, above := range d.guesses() {
		r := d.scan(from+1, above, strict)
		if r.sure() {
			return d.goOn(r)
		}
		if r.told > best.told || r.ended && !best.ended && best.told < toldGuess {
			best = r
		}
	}
	if best.told >= toldGuess || best.ended {
		return d.goOn(best)
	}
	return false
}

// sure reports whether the page certainly goes on here.
func (r *restart) sure() bool { return r.told >= toldSure || r.ended && r.told >= toldEnd }

// scan tries every bit from the given one on, below rows of the page.
func (d *Decoder) scan(from int, above []int, strict bool) (best restart) {
	g := goal{fail: d.bits, odd: !strict, told: toldSure}
	skipTo := 0
	for at := from; at <= d.last && d.budget > 0; at++ {
		for _, y := range above {
			if y < 0 && at < skipTo {
				continue
			}
			d.changesOf(d.aside.base, y)
			r := restart{pos: at, above: y, outcome: d.follow(at, g)}
			if r.sure() {
				return r
			}
			if y < 0 && !r.ended {
				skipTo = at + r.same // the same rows would follow
			}
			if r.told > best.told || r.ended && !best.ended && best.told < toldGuess {
				best = r
			}
		}
	}
	return best
}

// goOn continues the page below a gap.
func (d *Decoder) goOn(r restart) bool {
	n := len(d.rows)
	d.gaps = append(d.gaps, gap{row: n, weight: max(1, r.pos-d.pos), trim: r.same})
	d.changesOf(d.ref, r.above)
	d.pos = r.pos
	return true
}

// guesses are rows that may stand above the place where the page goes on: first
// a white one and the last that came three times, then, if neither does, the
// last.
func (d *Decoder) guesses() [][]int {
	n := len(d.rows)
	out := [][]int{{-1}}
	for y := n - 1; y >= max(2, n-200); y-- {
		row := d.pixels(y)
		if !blank(row) && bytes.Equal(row, d.pixels(y-1)) && bytes.Equal(row, d.pixels(y-2)) {
			out[0] = append(out[0], y)
			break
		}
	}
	if n > 0 && !blank(d.pixels(n-1)) {
		out = append(out, []int{n - 1})
	}
	return out
}

func (d *Decoder) pixels(y int) []byte { return d.pix[y*d.stride : (y+1)*d.stride] }

func blank(row []byte) bool {
	for _, b := range row {
		if b != 0 {
			return false
		}
	}
	return true
}
