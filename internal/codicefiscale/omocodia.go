package codicefiscale

import (
	"errors"
	"strings"
)

// Two people whose data give the same code are told apart by letters that
// stand for digits (omocodia, DM 23/12/1976 art. 6).
const omocodiaLetters = "LMNPQRSTUV"

// Omocodias is how many codes one set of personal data can have, the plain one
// among them.
const Omocodias = 128

// ErrOmocodia says that the asked variant does not exist.
var ErrOmocodia = errors.New("codice fiscale: no such omocodia variant")

// digitPositions lists the seven digits from the right, the order in which
// they are replaced.
var digitPositions = [7]int{14, 13, 12, 10, 9, 7, 6}

// Omocodia returns variant i of the code, 0 to 127, whatever variant c is. The
// bits of i tell which digits become letters, bit 0 the rightmost: 0 is the
// plain code, 1 the first that Agenzia delle Entrate would give out. Errors:
// ErrOmocodia for another i or a provisional code.
func (c Code) Omocodia(i int) (Code, error) {
	if i < 0 || i >= Omocodias || len(c) != Length {
		return "", ErrOmocodia
	}
	text := []byte(c)
	for bit, at := range digitPositions {
		d := digitOf(text[at])
		text[at] = digits[d]
		if i>>bit&1 == 1 {
			text[at] = omocodiaLetters[d]
		}
	}
	text[atCheck] = checkLetter(string(text[:atCheck]))
	return Code(text), nil
}

// Base returns the code with omocodia undone and the check character that goes
// with it; a provisional code is returned as it is. The base of two different
// people may be the same: it is for reading date and place, never a key.
func (c Code) Base() Code {
	base, err := c.Omocodia(0)
	if err != nil {
		return c
	}
	return base
}

// digitOf returns the digit that a character of a digit position stands for,
// -1 for a letter that stands for none.
func digitOf(c byte) int {
	if isDigit(c) {
		return int(c - '0')
	}
	return strings.IndexByte(omocodiaLetters, c)
}
