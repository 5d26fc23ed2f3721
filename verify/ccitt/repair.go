package ccitt

// mend deals with a row that does not decode. It returns false when nothing
// more can be had from the stream.
func (d *Decoder) mend(fail int) bool {
	first, strict := d.suspect()
	if strict && first < len(d.rows) {
		fail = d.start(first + 1) // the damage showed there already
	}
	search := search{Decoder: d, fail: fail, first: first, strict: strict}
	if d.budget > d.reserve && !d.doubt && search.repair() {
		return true
	}
	return d.resync(first, strict)
}

// reconsider looks at a page that ended: as declared, or with a sign of damage
// inside that may be put right. It returns true if decoding goes on.
func (d *Decoder) reconsider() bool {
	n := len(d.rows)
	if d.report.Encoding != Group4 || len(d.gaps) > 0 || d.budget <= d.reserve || d.report.Repaired > 0 {
		return false
	}
	at, odd := 0, 0
	for i, r := range d.rows {
		if r.flags&flagOdd != 0 {
			if odd++; odd == 1 {
				at = i
			}
		}
	}
	if odd == 0 || odd > 3+n/100 {
		return false
	}
	fail := d.start(at + 1)
	s := search{Decoder: d, fail: fail, first: at, strict: true, whole: true}
	return s.flip()
}

// A search looks for the change of the stream that puts it right.
type search struct {
	*Decoder
	fail   int  // the bit at which decoding failed
	first  int  // the first row that may be wrong
	strict bool // odd rows are faults
	whole  bool // only a change that mends the rest of the page will do
}

// repair tries what happens most: one bit flipped, one byte lost, one byte
// spoilt.
func (s *search) repair() bool {
	if s.flip() {
		return true
	}
	if s.report.Encoding != Group4 {
		return false
	}
	return s.bytes(true) || s.bytes(false)
}

// goal is how far a trial must go to count: into what comes after the failure.
func (s *search) goal() goal {
	g := goal{fail: s.fail, odd: !s.strict}
	switch s.report.Encoding {
	case Group4:
		g.bits, g.rows = 240, 4
	case Group32D:
		g.rows = s.kFactor()
	case Group31D:
		g.rows = 1
	case ModifiedHuffman, Runs:
		g.rows = 3
	}
	return g
}

// kFactor is how many rows it takes to come past a one-dimensional one.
func (s *search) kFactor() int {
	run, longest := 0, 1
	for _, r := range s.rows[max(0, len(s.rows)-64):] {
		if run++; r.flags&flagOneD != 0 {
			run = 0
		}
		longest = max(longest, run+1)
	}
	return min(longest, 8)
}

// reach is how many bits before the failure are searched, in steps.
func (s *search) reach() []int {
	switch s.report.Encoding {
	case Group4:
		return []int{300, 800, 1600}
	case Group32D:
		// No damage outlives the next one-dimensional row.
		y := s.first - 1
		for y >= 0 && y < len(s.rows) && s.rows[y].flags&flagOneD == 0 {
			y--
		}
		return []int{s.fail - s.start(max(0, y))}
	case ModifiedHuffman, Runs, Group31D:
	}
	return []int{s.fail - s.start(max(0, s.first-1))}
}

// ahead is how many bits beyond the failure may be to blame: a code word and
// an end-of-line code.
const ahead = 26

// flip looks for a flipped bit.
func (s *search) flip() bool {
	hi := min(s.fail+ahead, s.bits)
	if s.report.Encoding == Group31D || s.report.Encoding == Group32D {
		// A false code may have swallowed the end-of-line code and more.
		if e := s.nextEOL(s.pos + 12); e >= 0 {
			hi = min(max(hi, e+13), s.pos+4096, s.bits)
		}
	}
	for _, reach := range s.reach() {
		lo := max(0, s.fail-reach)
		if s.settle(s.flips(lo, hi)) {
			return true
		}
		hi = lo
	}
	return false
}

// maxCandidates is how many candidates are kept for closer judgement.
const maxCandidates = 64

// flips tries every bit from hi-1 down to lo.
func (s *search) flips(lo, hi int) (found []candidate) {
	g := s.goal()
	y := -1
	for at := hi - 1; at >= lo && len(found) < maxCandidates && s.budget > s.reserve; at-- {
		y = s.base(y, at)
		c := candidate{at: at, value: 0x80 >> (at & 7)}
		if s.try(c, s.start(y), g).reached {
			found = append(found, c)
		}
	}
	return found
}

// byteWindow is how many bytes before the row that failed may be the place of a
// lost or spoilt one, and maxByteWindow bounds them all.
const (
	byteWindow    = 20
	maxByteWindow = 120
)

// bytes tries every value at every place near the failure.
func (s *search) bytes(insert bool) bool {
	g := s.goal()
	hi := min(s.fail/8+3, s.bits/8-1)
	var found []candidate
	y := -1
	lo := max(0, min(s.start(s.first)/8, hi)-byteWindow, hi-maxByteWindow)
	for at := hi; at >= lo && s.budget > s.reserve; at-- {
		y = s.base(y, 8*at)
		from := s.start(y)
		var m middle
		s.rest2D(middle{pos: s.aligned(from)}, 8*at, s.aside.base, s.aside.head, &m)
		s.budget -= 8 + m.pos - from
		g.from = &m
		for v := range 256 {
			c := candidate{at: 8 * at, value: byte(v), insert: insert}
			if s.budget <= s.reserve || len(found) >= maxCandidates || !insert && v == 0 {
				break
			}
			if s.try(c, from, g).reached {
				found = append(found, c)
			}
		}
	}
	return s.settle(found)
}

// base makes the row above the one that holds bit at the base of trials. y is
// what it returned for a later bit, or -1.
func (s *search) base(y, at int) int {
	from := y
	if y < 0 {
		from = len(s.rows)
	}
	if row := s.rowAt(from, at); row != y {
		y = row
		s.changesOf(s.aside.base, y-1)
	}
	return y
}

// try decodes with a change of the stream.
func (s *search) try(c candidate, from int, g goal) outcome {
	s.apply(c)
	if c.insert {
		g.fail += 8
	}
	o := s.follow(from, g)
	s.undo(c)
	return o
}

// settle judges candidates by more rows, applies the best that keeps what it
// promises, and takes decoding back to the row it lies in.
func (s *search) settle(found []candidate) bool {
	if len(found) == 0 {
		return false
	}
	base := len(s.rows)
	for _, c := range found {
		base = min(base, s.rowAt(len(s.rows), c.at))
	}
	s.changesOf(s.aside.base, base-1)
	from := s.start(base)
	judge := goal{until: len(s.rows) - base + s.judgeRows(), odd: !s.strict, rough: true}
	for i := range found {
		o := s.try(found[i], from, judge)
		found[i].rows, found[i].rough = o.rows, o.rough
	}
	rank(found)
	for _, c := range found[:min(len(found), 6)] {
		if s.holds(s.try(c, from, goal{fail: s.bits + 8, odd: !s.strict}), base) {
			y := s.rowAt(len(s.rows), c.at)
			s.compare(c, found, base)
			s.apply(c)
			s.accept(y)
			return true
		}
		if s.report.Encoding != Group4 {
			return false
		}
	}
	return false
}

// rivals is how many other candidates the one taken is compared with.
const rivals = 8

// compare finds the rows in which candidates as good as the one taken would
// have given another picture. They are not vouched for.
func (s *search) compare(taken candidate, found []candidate, base int) {
	from, rows := s.start(base), len(s.rows)-base+s.judgeRows()
	s.unsure, s.unsureFrom = s.unsure[:0], base
	want := s.prints(nil, taken, from, rows)
	var got []uint64
	n := 0
	for _, c := range found {
		if c == taken || c.rows < taken.rows || 4*c.rough > 5*taken.rough+128 {
			continue
		}
		if n++; n > rivals {
			return
		}
		got = s.prints(got[:0], c, from, rows)
		for i, print := range want {
			for len(s.unsure) <= i {
				s.unsure = append(s.unsure, false)
			}
			s.unsure[i] = s.unsure[i] || i >= len(got) || got[i] != print
		}
	}
}

// prints hashes the rows that a candidate gives.
func (s *search) prints(out []uint64, c candidate, from, rows int) []uint64 {
	s.apply(c)
	defer s.undo(c)
	ref, cur := s.aside.ref, s.aside.cur
	copyChanges(ref, s.aside.base, s.cols)
	for pos := from; len(out) < rows && s.budget > 0; {
		r := s.step(pos, ref, cur)
		s.budget -= 8 + max(0, r.pos-pos)
		if r.status != rowOK {
			break
		}
		sum := uint64(14695981039346656037) // FNV-1a over the changes
		for _, at := range cur[:r.n] {
			sum = (sum ^ uint64(at)) * 1099511628211 //nolint:gosec // a column
		}
		out = append(out, sum)
		pos = r.pos
		ref, cur = cur, ref
	}
	return out
}

// judgeRows is how many rows beyond the failure count in comparing candidates.
func (s *search) judgeRows() int {
	switch s.report.Encoding {
	case Group4:
		return rankRows
	case Group32D:
		return s.kFactor() + 1
	case ModifiedHuffman, Runs, Group31D:
	}
	return 2
}

// holds reports whether a change mends the rest of the page: to its end with the
// declared number of rows, or at least far beyond where it failed before.
func (s *search) holds(o outcome, base int) bool {
	if s.report.Encoding != Group4 {
		return true
	}
	const far = 1500
	if o.ended {
		return s.p.Rows == 0 || len(s.gaps) > 0 || base+o.rows == s.p.Rows
	}
	return !s.whole && o.pos > s.fail+far
}

// accept takes the page back to row y, with the stream changed.
func (s *search) accept(y int) {
	s.report.Repaired++
	s.findLast()
	s.pos = s.start(y)
	s.cutTo(y)
	s.mended = y
}
