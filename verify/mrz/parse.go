package mrz

import (
	"errors"
	"strings"
	"time"
)

// ErrShape says that the lines have the size of no format.
var ErrShape = errors.New("mrz: lines are neither 3 of 30, 2 of 36 nor 2 of 44 characters")

// digitFor is the digit that readers of print take for a letter.
var digitFor = map[byte]byte{'O': '0', 'D': '0', 'Q': '0', 'I': '1', 'L': '1', 'Z': '2', 'S': '5', 'G': '6', 'B': '8'}

// mostRepairs is how many characters Parse changes at most.
const mostRepairs = 4

// Parse reads the lines of a machine readable zone, spaces dropped and letters
// raised; on is the day of reading, by which the centuries of its dates are
// chosen. Lines of another size: ErrShape.
//
// A letter in a place that takes a digit alone (dates and check digits) becomes
// the digit that looks like it, if then every digit agrees and every field has
// its form: the place leaves one choice, and the check digit proves it. Nothing
// else is repaired. In a document number or in optional data both O and 0 may
// stand, and one check digit is satisfied by one wrong choice in ten: changing
// 8 to B or 0 to D there would make a valid zone out of other errors too. Names,
// states and sex have no digit. What is not repaired is not Valid, and Faults
// says why.
func Parse(lines []string, on time.Time) (Result, error) {
	text, rows, cols := flatten(lines)
	all := variants(rows, cols)
	if all == nil {
		return Result{}, ErrShape
	}
	for _, l := range all {
		if r := l.evaluate(text, on); r.Valid {
			return r, nil
		}
	}
	for _, l := range all {
		forced, n := l.forced(text)
		if r := l.evaluate(forced, on); r.Valid && n <= mostRepairs {
			r.Repaired = n
			return r, nil
		}
	}
	return likeliest(all, text).evaluate(text, on), nil
}

// forced returns the text with letters in digit places replaced, and how many.
func (l layout) forced(text string) (string, int) {
	out, n := []byte(text), 0
	for i, class := range l.classes() {
		digit, known := digitFor[text[i]]
		if known && !class.takes(text[i], l) && class.takes(digit, l) {
			out[i] = digit
			n++
		}
	}
	return string(out), n
}

// flatten puts lines end to end; empty ones are left out.
func flatten(lines []string) (text string, rows, cols int) {
	const longest = 256 // a line of 44 with spaces, and then some
	for _, line := range lines {
		if len(line) > longest {
			return "", 0, 0
		}
		line = strings.ToUpper(strings.Join(strings.Fields(line), ""))
		switch {
		case line == "":
			continue
		case rows > 0 && len(line) != cols:
			return "", 0, 0
		}
		text, rows, cols = text+line, rows+1, len(line)
	}
	return text, rows, cols
}

// likeliest returns the layout whose document code fits, else the first.
func likeliest(all []layout, text string) layout {
	for _, l := range all {
		if indexByte(l.code, text[0]) {
			return l
		}
	}
	return all[0]
}
