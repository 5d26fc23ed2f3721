package ccitt

// Encode writes a picture in the given encoding, as T.4 and T.6 prescribe:
// Group 3 begins with an end-of-line code and ends with six of them, Group 4
// ends with EOFB, unless p.NoEnd. Only Encoding, LSBFirst, ByteAligned, K and
// NoEnd of the parameters count. The picture is stored without loss.
func Encode(b Bitmap, p Params) []byte {
	e := encoder{width: b.Width}
	ref, cur := make([]int32, b.Width+guard), make([]int32, b.Width+guard)
	for i := range guard {
		ref[i] = int32(b.Width) //nolint:gosec // ≤ maxColumns
	}
	k := p.K
	if k <= 0 {
		k = 4
	}
	for y := range b.Height {
		n := changes(cur, b.Row(y), b.Width)
		switch p.Encoding {
		case ModifiedHuffman:
			e.row1D(cur, n)
			e.align()
		case Runs:
			e.row1D(cur, n)
			e.alignIf(p.ByteAligned)
		case Group31D:
			e.eol(p.ByteAligned)
			e.row1D(cur, n)
		case Group32D:
			if y%k == 0 {
				e.eol(p.ByteAligned)
				e.put(1, 1)
				e.row1D(cur, n)
			} else {
				e.eol(p.ByteAligned)
				e.put(0, 1)
				e.row2D(ref, cur)
			}
		case Group4:
			e.row2D(ref, cur)
			e.alignIf(p.ByteAligned)
		}
		ref, cur = cur, ref
	}
	e.end(p)
	e.align()
	if p.LSBFirst {
		reverseBits(e.out)
	}
	return e.out
}

// An encoder collects bits, most significant first.
type encoder struct {
	out   []byte
	acc   uint64 // pending bits, right-aligned
	n     int    // how many, below 8 between calls
	width int
}

func (e *encoder) put(code, length int) {
	e.acc = e.acc<<length | uint64(code) //nolint:gosec // a code word
	e.n += length
	for e.n >= 8 {
		e.n -= 8
		e.out = append(e.out, byte(e.acc>>e.n)) //nolint:gosec // the eight bits whose turn it is
	}
}

func (e *encoder) align() {
	if e.n > 0 {
		e.put(0, 8-e.n)
	}
}

func (e *encoder) alignIf(aligned bool) {
	if aligned {
		e.align()
	}
}

// eol writes an end-of-line code. With fill, zeros before it make it end at a
// byte; a tag bit is the first of the next byte.
func (e *encoder) eol(fill bool) {
	if fill {
		e.put(0, (4-e.n+8)%8)
	}
	e.put(1, 12)
}

func (e *encoder) end(p Params) {
	if p.NoEnd {
		return
	}
	switch p.Encoding {
	case Group31D:
		for range 6 {
			e.eol(false)
		}
	case Group32D:
		for range 6 {
			e.eol(false)
			e.put(1, 1)
		}
	case Group4:
		e.put(1, 12)
		e.put(1, 12)
	case ModifiedHuffman, Runs:
	}
}

// run writes one run in make-up and terminating codes.
func (e *encoder) run(colour, length int) {
	words := &runWords[colour]
	for length >= maxRun+64 {
		e.put(words.makeUp[maxRun/64].code, words.makeUp[maxRun/64].bits)
		length -= maxRun
	}
	if length >= 64 {
		w := words.makeUp[length/64]
		e.put(w.code, w.bits)
		length &= 63
	}
	w := words.terminating[length]
	e.put(w.code, w.bits)
}

func (e *encoder) row1D(cur []int32, n int) {
	at := 0
	for i := 0; i < n; i++ {
		e.run(i&1, int(cur[i])-at)
		at = int(cur[i])
	}
	e.run(n&1, e.width-at)
}

// row2D follows the coding procedure of T.6 section 2.2.
func (e *encoder) row2D(ref, cur []int32) {
	a0, i, b := 0, 0, 0 // a1 is cur[i], b1 is ref[b]
	for a0 < e.width {
		a1, b1, b2 := int(cur[i]), int(ref[b]), int(ref[b+1])
		switch {
		case b2 < a1:
			e.mode(passCode)
			a0 = b2
			b += 2
			continue
		case a1-b1 <= 3 && b1-a1 <= 3:
			e.mode(verticalCodes[a1-b1+3])
			a0 = a1
			i++
			if a1 < b1 && b > 0 {
				b--
			} else {
				b++
			}
		default:
			a2 := int(cur[i+1])
			e.mode(horizontalCode)
			e.run(i&1, a1-a0)
			e.run(i&1^1, a2-a1)
			a0 = a2
			i += 2
		}
		for a0 < e.width && int(ref[b]) <= a0 {
			b += 2
		}
	}
}

func (e *encoder) mode(w word) { e.put(w.code, w.bits) }

// A word is a code and its length.
type word struct{ code, bits int }

// runWords are the code words by colour.
var runWords = [2]struct {
	terminating [64]word
	makeUp      [maxRun/64 + 1]word // by run/64, from 1
}{
	{words64(whiteTerminating), makeUps(whiteMakeUp)},
	{words64(blackTerminating), makeUps(blackMakeUp)},
}

func words64(codes [64]string) (t [64]word) {
	for i, c := range codes {
		t[i] = word{mustBits(c), len(c)}
	}
	return t
}

func makeUps(codes [27]string) (t [maxRun/64 + 1]word) {
	for i, c := range codes {
		t[i+1] = word{mustBits(c), len(c)}
	}
	for i, c := range longMakeUp {
		t[i+28] = word{mustBits(c), len(c)}
	}
	return t
}

// The mode codes, as words.
var (
	passCode       = word{mustBits(passWord), len(passWord)}
	horizontalCode = word{mustBits(horizontalWord), len(horizontalWord)}
	verticalCodes  = newVerticalCodes()
)

func newVerticalCodes() (t [len(verticalWords)]word) {
	for i, w := range verticalWords {
		t[i] = word{mustBits(w), len(w)}
	}
	return t
}
