package ccitt

import (
	"cmp"
	"slices"
)

// A sideline is where trials are decoded, apart from the page.
type sideline struct {
	base []int32 // the row above the first of the trial
	ref  []int32
	cur  []int32
	head []int32 // the changes before a middle
}

func (s *sideline) resize(n int) {
	s.base, s.ref, s.cur, s.head = resize(s.base, n), resize(s.ref, n), resize(s.cur, n), resize(s.head, n)
}

// A goal says how far a trial goes.
type goal struct {
	fail  int     // the bit that must be passed
	bits  int     // and how far, in bits
	rows  int     // and in rows
	until int     // stop after so many rows in any case, 0 for no limit
	told  int     // or so many bits that tell something, 0 for no limit
	odd   bool    // odd rows are let pass
	rough bool    // measure roughness
	from  *middle // begin there, with aside.head
}

// An outcome is what came of a trial.
type outcome struct {
	rows    int // decoded without fault
	pos     int // behind the last of them
	reached bool
	ended   bool // at the end of the page
	told    int  // bits in rows that are not simply the row above again
	same    int  // rows at the beginning that are the row above again
	rough   int  // pixels in which each row differs from the one above, summed up
}

// follow decodes rows from pos on, below aside.base, as far as the goal says.
func (d *Decoder) follow(pos int, g goal) (o outcome) {
	ref, cur := d.aside.ref, d.aside.cur
	copyChanges(ref, d.aside.base, d.cols)
	o.pos = pos
	beyond := 0
	for d.budget > 0 {
		var r row
		if m := g.from; m != nil && o.rows == 0 {
			copy(cur, d.aside.head[:m.n])
			r = d.rest2D(*m, 0, ref, cur, nil)
			d.budget -= 8 + max(0, r.pos-m.pos)
		} else {
			r = d.step(o.pos, ref, cur)
			d.budget -= 8 + max(0, r.pos-o.pos)
		}
		if r.status == rowEnd {
			o.ended, o.reached = true, true
			return o
		}
		if r.status != rowOK || r.odd && !g.odd {
			return o
		}
		if g.rough {
			o.rough += distance(ref, cur, d.cols)
		}
		if repeats := r.pos-o.pos == r.n+1 && !r.oneD; !repeats {
			o.told += r.pos - o.pos
		} else if o.told == 0 {
			o.same++
		}
		if o.pos > g.fail {
			beyond++
		}
		o.rows++
		o.pos = r.pos
		if o.reached = g.met(o, beyond); o.reached {
			return o
		}
		ref, cur = cur, ref
	}
	return o
}

// met reports whether a trial went far enough.
func (g goal) met(o outcome, beyond int) bool {
	switch {
	case g.until > 0:
		return o.rows >= g.until
	case g.told > 0:
		return o.told >= g.told
	}
	return beyond >= g.rows && o.pos >= g.fail+g.bits
}

// copyChanges copies a list of changes with its sentinels.
func copyChanges(dst, src []int32, cols int) {
	end := int32(cols) //nolint:gosec // ≤ maxColumns
	n := 0
	for src[n] < end {
		n++
	}
	copy(dst, src[:n+guard])
}

// suspect returns the first row that may be wrong when row len(d.rows) failed,
// and whether odd rows mean damage: they do if rows far from here have none.
func (d *Decoder) suspect() (first int, strict bool) {
	const near = 60
	n := len(d.rows)
	far := max(0, n-near)
	odd := 0
	for _, r := range d.rows[:far] {
		if r.flags&(flagOdd|flagMended) == flagOdd {
			odd++
		}
	}
	if odd > far/100 {
		return n, false
	}
	for i := far; i < n; i++ {
		if d.rows[i].flags&(flagOdd|flagMended) == flagOdd {
			return i, true
		}
	}
	return n, true
}

// A candidate is a change of the stream that may be the repair.
type candidate struct {
	at     int  // a bit
	value  byte // bits to turn in its byte, or the byte to insert before it
	insert bool
	rows   int // that decode, from the base row on
	rough  int
}

// apply changes the stream.
func (d *Decoder) apply(c candidate) {
	at := c.at >> 3
	if !c.insert {
		d.buf[at] ^= c.value
		return
	}
	d.buf = append(d.buf, 0)
	copy(d.buf[at+1:], d.buf[at:])
	d.buf[at] = c.value
	d.bits += 8
	d.last += 8
}

// undo takes a change back.
func (d *Decoder) undo(c candidate) {
	at := c.at >> 3
	if !c.insert {
		d.buf[at] ^= c.value
		return
	}
	copy(d.buf[at:], d.buf[at+1:])
	d.buf = d.buf[:len(d.buf)-1]
	d.bits -= 8
	d.last -= 8
}

// rankRows is how many rows a candidate is judged by.
const rankRows = 64

// rank puts the candidates that decode furthest, and then smoothest, first.
func rank(c []candidate) {
	slices.SortStableFunc(c, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.rough, b.rough))
	})
}

// rowAt returns the row whose code holds the bit, counting from row n down.
func (d *Decoder) rowAt(n, bit int) int {
	if n >= len(d.rows) {
		if bit >= d.pos {
			return len(d.rows)
		}
		n = len(d.rows) - 1
	}
	for n > 0 && d.rows[n].pos > bit {
		n--
	}
	return n
}

// start returns where the code of a row begins, the row to come included.
func (d *Decoder) start(y int) int {
	if y >= len(d.rows) {
		return d.pos
	}
	return d.rows[y].pos
}
