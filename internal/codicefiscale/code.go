// Package codicefiscale reads, checks and computes the Italian codice fiscale:
// 16 characters made from name, birth and place (DM 23/12/1976), or the 11
// digits of a provisional code.
//
// The places of birth behind a code come as a table that the caller passes in
// (internal/assets has it). The build makes it of the npm package
// @marketto/belfiore-connector-embedded (MIT), which has municipalities since 1861
// from ANPR (Ministero dell'Interno) and Agenzia delle Entrate, both CC BY 4.0, and
// foreign states from ISTAT, CC BY 3.0, and of scripts/places.tsv, whose head names
// its own sources.
//
// It works on texts alone and reads no file. It must not decide who somebody is:
// only the register of Agenzia delle Entrate knows which code was given to whom, so
// a contradiction found here is a hint for a person, never a refusal. It must not
// put a code, or any part of one, into an error.
package codicefiscale

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Lengths of the two forms, in characters.
const (
	Length            = 16 // code of a natural person
	ProvisionalLength = 11 // provisional code, digits only
)

// Sex as the code writes it. Documents that know a third entry leave the
// field empty and are not compared.
const (
	Male   = "M"
	Female = "F"
)

// What can be wrong with a text that should be a codice fiscale. Errors wrap
// one of these and add the position, never the text.
var (
	ErrLength   = errors.New("codice fiscale: neither 16 characters nor 11 digits")
	ErrAlphabet = errors.New("codice fiscale: character other than A-Z and 0-9")
	ErrShape    = errors.New("codice fiscale: letter and digit out of place")
	ErrMonth    = errors.New("codice fiscale: letter is not a month")
	ErrDay      = errors.New("codice fiscale: day of birth out of range")
	ErrCheck    = errors.New("codice fiscale: check character does not fit")
)

// Code is a codice fiscale in upper case that passed Parse or came from
// Compute. The zero value is no code.
type Code string

// Birth is what a code says about the birth of its holder.
type Birth struct {
	Year  int        // two digits, 0 to 99: the code does not tell the century
	Month time.Month // January to December
	Day   int        // 1 to 31; whether the month has such a day is not checked
	Sex   string     // Male or Female
}

// months holds the letter of each month, January first.
const months = "ABCDEHLMPRST"

// shape tells what stands where: A a letter, 0 a digit or its omocodia letter.
const shape = "AAAAAA00A00A000A"

// Positions counted from 0.
const (
	atYear  = 6
	atMonth = 8
	atDay   = 9
	atPlace = 11
	atCheck = 15
)

// femaleDay is added to the day of birth of a woman.
const femaleDay = 40

// Parse reads a code as people type it: spaces are dropped, ASCII letters
// raised. It checks length, alphabet, shape with omocodia letters, month, day
// (1-31, 41-71) and the check character; for 11 digits the check digit, which
// is the one of the partita IVA. Errors wrap ErrLength, ErrAlphabet, ErrShape,
// ErrMonth, ErrDay or ErrCheck.
func Parse(s string) (Code, error) {
	text, err := normalize(s)
	if err != nil {
		return "", err
	}
	switch len(text) {
	case Length:
		return parsePersonal(text)
	case ProvisionalLength:
		return parseProvisional(text)
	default:
		return "", ErrLength
	}
}

// normalize drops spaces and raises ASCII letters. strings.ToUpper would turn
// a dotless i into an ordinary one and so accept what was never issued.
func normalize(s string) (string, error) {
	const longest = 64 // typed with a space after each character, and then some
	if len(s) > longest {
		return "", ErrLength
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			return "", fmt.Errorf("%w: position %d", ErrAlphabet, b.Len()+1)
		}
	}
	return b.String(), nil
}

func parsePersonal(text string) (Code, error) {
	for i := range Length {
		digit := isDigit(text[i])
		if shape[i] == 'A' && digit || shape[i] == '0' && !digit && digitOf(text[i]) < 0 {
			return "", fmt.Errorf("%w: position %d", ErrShape, i+1)
		}
	}
	if strings.IndexByte(months, text[atMonth]) < 0 {
		return "", ErrMonth
	}
	if day := number(text[atDay:atPlace]); day%femaleDay < 1 || day%femaleDay > 31 || day >= 2*femaleDay {
		return "", ErrDay
	}
	if checkLetter(text[:atCheck]) != text[atCheck] {
		return "", ErrCheck
	}
	return Code(text), nil
}

// parseProvisional checks 11 digits. Eleven zeros satisfy the sum but were
// never given to anybody.
func parseProvisional(text string) (Code, error) {
	for i := range ProvisionalLength {
		if !isDigit(text[i]) {
			return "", fmt.Errorf("%w: position %d", ErrShape, i+1)
		}
	}
	if text == strings.Repeat("0", ProvisionalLength) || luhnDigit(text[:10]) != text[10] {
		return "", ErrCheck
	}
	return Code(text), nil
}

// Provisional reports whether the code is one of 11 digits, which says nothing
// about name, birth or place.
func (c Code) Provisional() bool { return len(c) == ProvisionalLength }

// Birth returns date and sex; false for a provisional code.
func (c Code) Birth() (Birth, bool) {
	if len(c) != Length {
		return Birth{}, false
	}
	b := Birth{
		Year:  number(string(c[atYear:atMonth])),
		Month: time.Month(strings.IndexByte(months, c[atMonth]) + 1),
		Day:   number(string(c[atDay:atPlace])),
		Sex:   Male,
	}
	if b.Day > femaleDay {
		b.Day, b.Sex = b.Day-femaleDay, Female
	}
	return b, true
}

// Place returns the four-character code of the municipality of birth, or of the
// foreign state (which begins with Z), omocodia undone; empty for a provisional
// code.
func (c Code) Place() string {
	if len(c) != Length {
		return ""
	}
	return string(c.Base()[atPlace:atCheck])
}

// String returns the code itself. Codes are personal data: never log them.
func (c Code) String() string { return string(c) }

// number reads digits or omocodia letters as a decimal number.
func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + digitOf(s[i])
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
