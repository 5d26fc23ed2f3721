package ccitt

import "math/bits"

// maxFill is how many zeros before an end-of-line code are taken as fill.
const maxFill = 1 << 14

// scrap is how many bits at the end of the data are too few for another row.
const scrap = 32

// eofb is Group 4's end of facsimile block: two end-of-line codes.
const eofb = 0x001001

// step decodes the row at pos against ref into cur, in the encoding found.
func (d *Decoder) step(pos int, ref, cur []int32) row {
	switch d.report.Encoding {
	case Group4:
		return d.stepGroup4(pos, ref, cur)
	case Group31D, Group32D:
		return d.stepGroup3(pos, ref, cur)
	case ModifiedHuffman, Runs:
	}
	return d.stepRuns(pos, cur)
}

// aligned moves pos to the next byte if rows begin there.
func (d *Decoder) aligned(pos int) int {
	if d.report.Encoding == ModifiedHuffman || d.p.ByteAligned {
		return (pos + 7) &^ 7
	}
	return pos
}

func (d *Decoder) stepGroup4(pos int, ref, cur []int32) row {
	if d.drained(pos) || d.word(pos)>>40 == eofb {
		return row{pos: pos, status: rowEnd}
	}
	pos = d.aligned(pos)
	if d.drained(pos) {
		return row{pos: pos, status: rowEnd}
	}
	r := d.row2D(pos, ref, cur)
	if r.status == rowCode && r.pos == pos && d.word(pos)>>40 == eofb {
		r.status = rowEnd
	}
	return r
}

// stepRuns decodes a row of ModifiedHuffman or Runs. End-of-line codes are not
// needed and let pass, two of them end the page.
func (d *Decoder) stepRuns(pos int, cur []int32) row {
	from := pos
	pos = d.aligned(pos)
	if d.drained(pos) {
		return row{pos: pos, status: rowEnd}
	}
	if d.word(pos)>>53 == 0 {
		e := d.skipEOLs(pos, false)
		if e.count >= 2 || d.drained(e.next) {
			return row{pos: e.next, status: rowEnd}
		}
		pos = e.next
	}
	r := d.row1D(pos, cur)
	r.odd = r.odd || pos > from && pos-from < 8 && d.word(from)>>(64-(pos-from)) != 0
	return r
}

// stepGroup3 decodes end-of-line codes and the row behind them, which must be
// followed by an end-of-line code or the end of the data.
func (d *Decoder) stepGroup3(pos int, ref, cur []int32) row {
	twoD := d.report.Encoding == Group32D
	e := d.skipEOLs(pos, twoD)
	switch {
	case d.drained(e.next) || e.count >= 6:
		return row{pos: e.next, status: rowEnd}
	case e.count == 0 && pos > 0:
		return row{pos: pos, status: rowNoEOL}
	}
	var r row
	if twoD && e.count > 0 && !e.oneD {
		r = d.row2D(e.next, ref, cur)
	} else {
		r = d.row1D(e.next, cur)
	}
	if r.status == rowOK && d.last-r.pos >= scrap && !d.atEOL(r.pos) {
		r.status = rowNoEOL
	}
	r.fill = e.next - pos
	return r
}

// eols are end-of-line codes in a row.
type eols struct {
	count int
	next  int  // behind the last, and its tag
	oneD  bool // the tag of the last
}

// skipEOLs reads fill and end-of-line codes, with tags if there are any.
func (d *Decoder) skipEOLs(pos int, tags bool) eols {
	e := eols{next: pos}
	for {
		end := d.eolEnd(e.next)
		if end < 0 {
			return e
		}
		e.count++
		e.next = end
		if tags {
			e.oneD = d.word(end)>>63 == 1
			e.next++
		}
	}
}

// eolEnd returns where the end-of-line code at pos, with its fill, ends, or -1.
func (d *Decoder) eolEnd(pos int) int {
	zeros := 0
	for zeros < maxFill && pos+zeros < d.bits {
		n := bits.LeadingZeros64(d.word(pos + zeros))
		if n < 56 {
			zeros += n
			break
		}
		zeros += 56
	}
	end := pos + zeros + 1
	if zeros < 11 || zeros >= maxFill || end > d.bits {
		return -1
	}
	return end
}

func (d *Decoder) atEOL(pos int) bool {
	// Twelve bits are enough to tell in all but fill beyond the word.
	return d.word(pos)>>53 == 0 && d.eolEnd(pos) >= 0
}

// nextEOL finds the first end-of-line code from pos on and returns where its
// zeros begin, or -1. No sequence of code words holds eleven zeros.
func (d *Decoder) nextEOL(pos int) int {
	zeros := 0
	for at := pos; at < d.bits; {
		w := d.word(at)
		n := min(bits.LeadingZeros64(w), 56)
		zeros += n
		at += n
		if n == 56 {
			continue
		}
		if zeros >= 11 && at < d.bits {
			return at - zeros
		}
		zeros = 0
		at += max(1, min(56-n, bits.LeadingZeros64(^(w<<n))))
	}
	return -1
}
