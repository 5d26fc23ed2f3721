package mrz

// Format names the size and order of a machine readable zone.
type Format string

// The formats of ICAO Doc 9303.
const (
	TD1  Format = "td1"   // part 5: cards, 3 lines of 30
	TD2  Format = "td2"   // part 6: larger cards, 2 lines of 36
	TD3  Format = "td3"   // part 4: passports, 2 lines of 44
	MRVA Format = "mrv-a" // part 7: visas, 2 lines of 44
	MRVB Format = "mrv-b" // part 7: smaller visas, 2 lines of 36
)

// filler stands for a space and for nothing.
const filler = '<'

// Fault names a part of a zone that does not hold.
type Fault string

// The faults, in the order in which they are reported.
const (
	FaultCode        Fault = "code"        // document code
	FaultIssuer      Fault = "issuer"      // no such issuing state
	FaultNames       Fault = "names"       // not letters in words
	FaultNumber      Fault = "number"      // document number and its digit
	FaultNationality Fault = "nationality" // no such state
	FaultBirth       Fault = "birth"       // date of birth and its digit
	FaultSex         Fault = "sex"         // not M, F or unspecified
	FaultExpiry      Fault = "expiry"      // date of expiry and its digit
	FaultOptional    Fault = "optional"    // optional data and their digit
	FaultComposite   Fault = "composite"   // digit over all the others
	FaultDoubt       Fault = "doubt"       // another reading of the pixels is as good
)

// span is a stretch of the zone's lines put end to end.
type span struct{ from, to int }

func (s span) of(text string) string { return text[s.from:s.to] }

// check is a check digit at one place over some stretches.
type check struct {
	fault Fault
	over  []span
	at    int
	// blank lets a filler stand for the digit when there is nothing to check.
	blank bool
}

// layout says what stands where. Places count from 0 in the lines put end to end.
type layout struct {
	format     Format
	rows, cols int
	code       string // letters that a document code may begin with
	issuer     span
	names      span
	number     []span
	nation     span
	birth      span
	sex        int
	expiry     span
	optional   []span
	checks     []check
	overflow   int // characters of the number that stand in the optional data
}

// twoLines builds the layout of TD2, TD3, MRV-A and MRV-B, which differ in
// their width, in their optional data and in the digits at the end.
func twoLines(f Format, cols int) layout {
	b := cols // begin of line 2
	l := layout{
		format: f, rows: 2, cols: cols, code: "V",
		issuer: span{2, 5}, names: span{5, cols}, number: []span{{b, b + 9}}, nation: span{b + 10, b + 13},
		birth: span{b + 13, b + 19}, sex: b + 20, expiry: span{b + 21, b + 27}, optional: []span{{b + 28, 2 * cols}},
	}
	l.checks = []check{
		{FaultNumber, l.number, b + 9, false},
		{FaultBirth, []span{l.birth}, b + 19, false},
		{FaultExpiry, []span{l.expiry}, b + 27, false},
	}
	last := 2*cols - 1
	all := []span{{b, b + 10}, {b + 13, b + 20}, {b + 21, last}}
	switch f {
	case TD2:
		l.code = "ACI"
		l.optional[0].to = last
		l.checks = append(l.checks, check{FaultComposite, all, last, false})
	case TD3:
		l.code = "P"
		l.optional[0].to = last - 1
		l.checks = append(l.checks, check{FaultOptional, l.optional, last - 1, true}, check{FaultComposite, all, last, false})
	case TD1, MRVA, MRVB: // cards have a layout of their own, visas no more digits
	}
	return l
}

// td1 builds the layout of cards.
func td1() layout {
	l := layout{
		format: TD1, rows: 3, cols: 30, code: "ACI",
		issuer: span{2, 5}, number: []span{{5, 14}}, optional: []span{{15, 30}, {48, 59}},
		birth: span{30, 36}, sex: 37, expiry: span{38, 44}, nation: span{45, 48}, names: span{60, 90},
	}
	l.checks = []check{
		{FaultNumber, l.number, 14, false},
		{FaultBirth, []span{l.birth}, 36, false},
		{FaultExpiry, []span{l.expiry}, 44, false},
		{FaultComposite, []span{{5, 37}, {38, 45}, {48, 59}}, 59, false},
	}
	return l
}

// overflowing returns the layout for a document number of 9+n characters: a
// filler takes the place of its check digit, and the rest of the number and the
// digit begin the optional data (9303-5, 4.2.2.1 note j; 9303-6 likewise).
func (l layout) overflowing(n int) layout {
	data := l.optional[0]
	l.number = []span{l.number[0], {data.from, data.from + n}}
	l.optional = append([]span{{data.from + n + 1, data.to}}, l.optional[1:]...)
	checks := append([]check{}, l.checks...)
	checks[0] = check{FaultNumber, l.number, data.from + n, false}
	l.checks, l.overflow = checks, n
	return l
}

// variants returns the layouts that lines of this shape can have: for cards,
// first the usual one, then those of ever longer document numbers.
func variants(rows, cols int) []layout {
	var base layout
	switch {
	case rows == 2 && cols == 44:
		return []layout{twoLines(TD3, 44), twoLines(MRVA, 44)}
	case rows == 2 && cols == 36:
		base = twoLines(TD2, 36)
	case rows == 3 && cols == 30:
		base = td1()
	default:
		return nil
	}
	all := []layout{base}
	for n := 1; n+1 < base.optional[0].to-base.optional[0].from; n++ {
		all = append(all, base.overflowing(n))
	}
	if base.format == TD2 {
		all = append(all, twoLines(MRVB, 36))
	}
	return all
}

// size is the number of characters.
func (l layout) size() int { return l.rows * l.cols }

// class is the kind of character that a place takes.
type class byte

const (
	classAny class = iota
	classLetter
	classDigit
	classBirth // a digit, or a filler for what is not known
	classSex
	classCode
	classBlank   // a filler
	classOrBlank // a digit or a filler
)

// takes reports whether a place of this class takes a character.
func (c class) takes(ch byte, l layout) bool {
	digit := ch >= '0' && ch <= '9'
	letter := ch >= 'A' && ch <= 'Z'
	switch c {
	case classLetter:
		return letter || ch == filler
	case classDigit:
		return digit
	case classBirth, classOrBlank:
		return digit || ch == filler
	case classSex:
		return ch == 'M' || ch == 'F' || ch == filler
	case classCode:
		return indexByte(l.code, ch)
	case classBlank:
		return ch == filler
	case classAny:
	}
	return digit || letter || ch == filler
}

func indexByte(s string, ch byte) bool {
	for i := range len(s) {
		if s[i] == ch {
			return true
		}
	}
	return false
}

// classes returns the class of every place.
func (l layout) classes() []class {
	c := make([]class, l.size())
	fill := func(s span, k class) {
		for i := s.from; i < s.to; i++ {
			c[i] = k
		}
	}
	fill(span{1, 2}, classLetter)
	fill(l.issuer, classLetter)
	fill(l.names, classLetter)
	fill(l.nation, classLetter)
	fill(span{l.birth.from, l.birth.from + 2}, classDigit)
	fill(span{l.birth.from + 2, l.birth.to}, classBirth)
	fill(l.expiry, classDigit)
	c[0], c[l.sex] = classCode, classSex
	for _, k := range l.checks {
		c[k.at] = classDigit
		if k.blank {
			c[k.at] = classOrBlank
		}
	}
	if l.overflow > 0 {
		c[l.number[0].to] = classBlank
	}
	return c
}
