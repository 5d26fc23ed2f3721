package ccitt

import "slices"

// A Decoder reads streams one after another and keeps its memory between them.
// The zero value is ready. It is not safe for concurrent use.
type Decoder struct {
	reader
	p          Params
	last       int // the last bit of the stream that is 1, -1 if none
	pos        int // where the next row begins
	ref        []int32
	cur        []int32
	rows       []rowInfo
	pix        []byte // rows as decoded, before layOut
	stride     int
	gaps       []gap
	budget     int // bits that trials may still decode
	reserve    int // what of it is kept for finding where to go on
	sniffed    bool
	mended     int    // the row that holds the repair just made, -1 for none
	unsure     []bool // from row unsureFrom on: another repair would do as well
	unsureFrom int
	doubt      bool // Group32D: the row above is not what it was
	report     Report
	aside      sideline
}

// rowInfo is what is remembered of a decoded row.
type rowInfo struct {
	pos   int // where its code begins
	flags uint8
}

// The flags of rows.
const (
	flagOdd     = 1 << iota // see row.odd
	flagOneD                // decoded without the row above
	flagDamaged             // not vouched for
	flagMended              // holds a repair
	flagFill                // more fill before it than aligns its end-of-line code
)

// repairFactor bounds the work of repairs, as a multiple of decoding the page.
const repairFactor = 20

// Decode reads one stream into dst, whose Pix is used again if it is large
// enough. The picture has Params.Rows rows, or more if more came, or as many as
// came if Params.Rows is 0. Damage is reported, not returned as an error: the
// errors are ErrParams, ErrEmpty and ErrUncompressed. data is not changed.
func (d *Decoder) Decode(dst *Bitmap, data []byte, p Params) (Report, error) {
	if err := p.check(); err != nil {
		return Report{}, err
	}
	if len(data) == 0 {
		return Report{}, ErrEmpty
	}
	d.reset(data, p)
	d.pix = dst.Pix[:0]
	if p.Rows > 0 {
		d.pix = slices.Grow(d.pix, p.Rows*d.stride)
	}
	refused := d.decodeRows()
	if refused && p.Uncompressed {
		dst.Pix = d.pix
		return Report{}, ErrUncompressed
	}
	d.finish(dst)
	d.pix = nil
	return d.report, nil
}

// reset prepares for a stream. The page is taken to be as tall as the data can
// make it when its height is unknown.
func (d *Decoder) reset(data []byte, p Params) {
	d.p = p
	d.load(data, p.LSBFirst)
	d.cols = p.Columns
	d.stride = (p.Columns + 7) / 8
	d.ref = resize(d.ref, p.Columns+2*guard)
	d.cur = resize(d.cur, p.Columns+2*guard)
	d.aside.resize(p.Columns + 2*guard)
	d.report = Report{Encoding: p.Encoding, LSBFirst: p.LSBFirst}
	d.budget = repairFactor * (d.bits + 8*max(p.Rows, 256))
	d.reserve = d.budget / 3
	d.sniffed = false
	d.restart()
}

// restart begins the page anew.
func (d *Decoder) restart() {
	d.pos, d.rows, d.gaps, d.doubt = 0, d.rows[:0], d.gaps[:0], false
	d.pix, d.mended, d.unsure = d.pix[:0], -1, d.unsure[:0]
	white(d.ref, d.cols)
}

// load copies the stream, so that its bits can be put in order and changed.
func (d *Decoder) load(data []byte, lsbFirst bool) {
	d.buf = append(d.buf[:0], data...)
	if lsbFirst {
		reverseBits(d.buf)
	}
	d.bits = 8 * len(data)
	d.buf = append(d.buf, make([]byte, padding)...)
	d.findLast()
}

// findLast finds the end of what is not zero.
func (d *Decoder) findLast() {
	d.last = -1
	for i := d.bits/8 - 1; i >= 0; i-- {
		if b := d.buf[i]; b != 0 {
			for k := range 8 {
				if b&(1<<k) != 0 {
					d.last = 8*i + 7 - k
					return
				}
			}
		}
	}
}

// drained reports whether nothing but zeros follows.
func (d *Decoder) drained(pos int) bool { return pos > d.last }

// maxRows is how many rows fit the limit.
func (d *Decoder) maxRows() int { return max(1, d.p.MaxPixels/d.cols) }

// decodeRows runs through the page. It reports whether it met an extension.
func (d *Decoder) decodeRows() (special bool) {
	limit := d.maxRows()
	for {
		if n := len(d.rows); n >= limit {
			d.report.Truncated = !d.drained(d.pos)
			return special
		} else if n == d.p.Rows && n > 0 && len(d.gaps) == 0 && d.complete() && !d.reconsider() {
			return special
		}
		r := d.step(d.pos, d.ref, d.cur)
		switch r.status {
		case rowOK:
			d.emit(r)
		case rowEnd:
			if d.reconsider() {
				continue
			}
			d.report.Ended = true
			return special
		case rowCode, rowLength, rowNoEOL, rowSpecial:
			if r.status == rowSpecial {
				special = true
				if d.p.Uncompressed {
					return special
				}
			}
			if !d.sniffed && d.sniff() {
				d.restart()
				continue
			}
			if !d.mend(r.pos) {
				return special
			}
		}
	}
}

// complete reports whether the declared rows are all there is: what follows is
// an end code, or too little to hold more.
func (d *Decoder) complete() bool {
	r := d.step(d.pos, d.ref, d.cur)
	d.report.Ended = r.status == rowEnd || r.status != rowOK && d.last-d.pos < scrap
	return d.report.Ended
}

// emit paints a row and makes it the reference of the next.
func (d *Decoder) emit(r row) {
	n := len(d.pix)
	d.pix = extend(d.pix, d.stride)
	if r.n > 0 {
		paint(d.pix[n:], d.cur, r.n)
	}
	info := rowInfo{pos: d.pos}
	if r.odd {
		info.flags |= flagOdd
	}
	if r.fill >= 13+8 {
		info.flags |= flagFill
	}
	if r.oneD {
		info.flags |= flagOneD
		d.doubt = false
	}
	if d.doubt {
		info.flags |= flagDamaged
	}
	if i := len(d.rows) - d.unsureFrom; i >= 0 && i < len(d.unsure) && d.unsure[i] {
		info.flags |= flagDamaged
	}
	if d.mended == len(d.rows) {
		info.flags |= flagMended
		d.mended = -1
	}
	d.rows = append(d.rows, info)
	d.pos = r.pos
	d.ref, d.cur = d.cur, d.ref
}

// fill emits a damaged row: the row above once more.
func (d *Decoder) fill(pos int) {
	n := len(d.pix)
	d.pix = extend(d.pix, d.stride)
	if n > 0 {
		copy(d.pix[n:], d.pix[n-d.stride:n])
	}
	d.rows = append(d.rows, rowInfo{pos: pos, flags: flagDamaged | flagOneD})
}

// cutTo drops the rows from n on, and makes the last one left the reference.
func (d *Decoder) cutTo(n int) {
	if n < len(d.rows) {
		d.rows = d.rows[:n]
		d.pix = d.pix[:n*d.stride]
	}
	d.changesOf(d.ref, n-1)
	for len(d.gaps) > 0 && d.gaps[len(d.gaps)-1].row > n {
		d.gaps = d.gaps[:len(d.gaps)-1]
	}
}

// changesOf lists the changes of a decoded row; above the first all is white.
func (d *Decoder) changesOf(dst []int32, y int) int {
	if y < 0 {
		white(dst, d.cols)
		return 0
	}
	return changes(dst, d.pix[y*d.stride:(y+1)*d.stride], d.cols)
}

// white makes a list the changes of a white row.
func white(dst []int32, cols int) {
	for i := range guard {
		dst[i] = int32(cols) //nolint:gosec // ≤ maxColumns
	}
}

// extend lengthens p by n zero bytes.
func extend(p []byte, n int) []byte {
	p = slices.Grow(p, n)
	end := len(p)
	p = p[:end+n]
	clear(p[end:])
	return p
}

func resize(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}
