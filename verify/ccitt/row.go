package ccitt

import (
	"encoding/binary"
	"math/bits"
)

// A row is worked on as the list of its changing elements: the columns where
// colour changes, the first of them from white to black, strictly rising. Behind
// the last stand at least guard entries equal to the number of columns, so that
// looking ahead needs no test.

// guard is the number of sentinels behind a list of changes.
const guard = 4

// status says how the decoding of a row went.
type status uint8

const (
	rowOK      status = iota
	rowEnd            // no row: end of the page (EOFB, RTC, end of data)
	rowCode           // no code word
	rowLength         // the runs do not add up to the width
	rowNoEOL          // a row without the end-of-line code it must have
	rowSpecial        // an extension code, uncompressed mode for example
)

// A row is what came of decoding one: its changes are in the list the decoder
// was given.
type row struct {
	n      int // changes
	pos    int // the bit behind the row, or at which it failed
	status status
	oneD   bool // needs no row above
	// odd means legal codes that no encoder following T.6 section 2.2 writes:
	// horizontal mode where vertical was due, and the like. On a page otherwise
	// free of it, this is the first sign of damage.
	odd bool
	// fill are the bits between the end of the row before and the last
	// end-of-line code of this one, if the encoding has them.
	fill int
}

// A reader holds a stream, most significant bit first, padded with zeros so
// that eight bytes can be read at every bit of it.
type reader struct {
	buf  []byte
	bits int // without the padding
	cols int
}

// padding is how many zero bytes follow the stream: zeros are no code, so no
// row is decoded beyond the first few of them.
const padding = 24

// word returns the bits from pos on, the first 57 of them valid.
func (r *reader) word(pos int) uint64 {
	return binary.BigEndian.Uint64(r.buf[pos>>3:]) << (pos & 7)
}

// row1D decodes runs up to the width of the page.
func (r *reader) row1D(pos int, cur []int32) row {
	out := row{oneD: true}
	a0, n := 0, 0
	for a0 < r.cols {
		table := &runTables[n&1]
		run := 0
		for {
			e := table[r.word(pos)>>(64-runBits)]
			if e == 0 {
				out.pos, out.status = pos, rowCode
				return r.seal(out, n, cur)
			}
			pos += int(e & 15)
			run += int(e >> 4)
			if e < 64<<4 {
				break
			}
		}
		a0 += run
		if a0 > r.cols {
			out.pos, out.status = pos, rowLength
			return r.seal(out, n, cur)
		}
		if n > 0 && run == 0 { // an empty run joins its neighbours
			n--
			out.odd = true
			continue
		}
		cur[n] = int32(a0) //nolint:gosec // ≤ cols
		n++
	}
	out.pos = pos
	return r.seal(out, n, cur)
}

// A middle is a place inside a two-dimensional row, between two codes.
type middle struct {
	pos int
	a0  int
	n   int // changes so far
	b   int // where b1 stands in the row above
	odd bool
}

// row2D decodes a row against the one above it, ref (T.4 section 4.2).
func (r *reader) row2D(pos int, ref, cur []int32) row {
	return r.rest2D(middle{pos: pos}, r.bits+8*padding, ref, cur, nil)
}

// rest2D decodes the rest of a row. With last, it stops at the code that holds
// or follows bit stop, and leaves there where that code begins.
func (r *reader) rest2D(m0 middle, stop int, ref, cur []int32, last *middle) row {
	cols := r.cols
	pos, a0, n, b, odd := m0.pos, m0.a0, m0.n, m0.b, m0.odd
	for a0 < cols {
		if last != nil {
			if pos > stop {
				break
			}
			*last = middle{pos: pos, a0: a0, n: n, b: b, odd: odd}
		}
		w := r.word(pos)
		if last == nil && w>>63 == 1 {
			// As many changes as there are ones are those of the row above.
			for k := min(56, bits.LeadingZeros64(^w)); k > 0 && a0 < cols; k-- {
				cur[n] = ref[b]
				a0 = int(ref[b])
				pos, n, b = pos+1, n+1, b+1
			}
			continue
		}
		m := modes[w>>(64-modeBits)]
		pos += int(m.bits)
		switch m.kind {
		case modeVertical:
			a1 := int(ref[b]) + int(m.delta)
			if a1 > cols || a1 < a0 {
				return r.fail(pos-int(m.bits), rowLength, n, cur)
			}
			odd = odd || int(ref[b+1]) < a1 || a1 == a0 && a0 > 0 // pass mode was due
			n = push(cur, n, a1)
			a0 = a1
			b = nextB1(b, m.delta)
		case modePass:
			a0 = int(ref[b+1])
			odd = odd || a0 >= cols
			b += 2
		case modeHorizontal:
			h := r.horizontal(pos, a0, n&1)
			if h.status != rowOK {
				return r.fail(h.pos, h.status, n, cur)
			}
			b1, b2 := int(ref[b]), int(ref[b+1])
			odd = odd || (h.a1-b1 <= 3 && b1-h.a1 <= 3) || b2 < h.a1 || h.odd
			pos, a0 = h.pos, h.a2
			n = push(cur, push(cur, n, h.a1), h.a2)
		case modeExtension:
			return r.fail(pos-int(m.bits), rowSpecial, n, cur)
		default:
			return r.fail(pos, rowCode, n, cur)
		}
		for a0 < cols && int(ref[b]) <= a0 && (a0 > 0 || n > 0) {
			b += 2
		}
	}
	return r.seal(row{pos: pos, odd: odd}, n, cur)
}

// nextB1 is where to look for b1 after vertical mode. It is of the other colour
// now: the change before may lie right of a0 when that moved left, no other can.
func nextB1(b int, delta int8) int {
	if delta < 0 && b > 0 {
		return b - 1
	}
	return b + 1
}

// fail ends a row that cannot be decoded.
func (r *reader) fail(pos int, s status, n int, cur []int32) row {
	return r.seal(row{pos: pos, status: s}, n, cur)
}

// push appends a change; one where the last is stands for an empty run, and
// takes that away.
func push(cur []int32, n, at int) int {
	if n > 0 && int(cur[n-1]) == at {
		return n - 1
	}
	cur[n] = int32(at) //nolint:gosec // a column
	return n + 1
}

// runs are the two runs of horizontal mode.
type runs struct {
	a1, a2 int
	pos    int
	status status
	odd    bool
}

// horizontal decodes two runs from column a0 on, the first of the given colour.
func (r *reader) horizontal(pos, a0, colour int) (h runs) {
	at := a0
	for i := range 2 {
		table := &runTables[colour^i]
		from := at
		for {
			e := table[r.word(pos)>>(64-runBits)]
			if e == 0 {
				h.pos, h.status = pos, rowCode
				return h
			}
			pos += int(e & 15)
			at += int(e >> 4)
			if e < 64<<4 {
				break
			}
		}
		if at > r.cols {
			h.pos, h.status = pos, rowLength
			return h
		}
		if i == 0 {
			h.a1 = at
		}
		h.odd = h.odd || at == from && (i == 0 && from > 0 || i == 1 && at < r.cols)
	}
	h.a2, h.pos = at, pos
	return h
}

// seal sets the sentinels behind the changes of a row.
func (r *reader) seal(out row, n int, cur []int32) row {
	cols := int32(r.cols) //nolint:gosec // ≤ maxColumns
	if n > 0 && cur[n-1] == cols {
		n--
	}
	for i := n; i < n+guard; i++ {
		cur[i] = cols
	}
	out.n = n
	return out
}
