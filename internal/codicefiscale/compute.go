package codicefiscale

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What Compute refuses.
var (
	ErrName  = errors.New("codice fiscale: name without a Latin letter")
	ErrSex   = errors.New("codice fiscale: sex is neither M nor F")
	ErrPlace = errors.New("codice fiscale: place is not a letter and three digits")
	ErrBirth = errors.New("codice fiscale: no date of birth")
)

// Person is what a code is made from. Empty fields are unknown.
type Person struct {
	Surname string
	Name    string    // all given names
	Birth   time.Time // only the calendar date counts, in the value's own zone
	Sex     string    // Male or Female
	Place   string    // municipality or foreign state, such as H501 or Z404
}

// Part names what Matches found to contradict the code.
type Part string

// The parts of a code.
const (
	PartSurname Part = "surname"
	PartName    Part = "name"
	PartBirth   Part = "birth"
	PartSex     Part = "sex"
	PartPlace   Part = "place"
)

// Compute makes the plain code (no omocodia) of a person after DM 23/12/1976.
// sex is Male or Female, place the code of the municipality or foreign state.
// Errors: ErrName, ErrBirth, ErrSex, ErrPlace.
func Compute(surname, name string, birth time.Time, sex, place string) (Code, error) {
	s, n := Fold(surname), Fold(name)
	place = strings.ToUpper(place)
	switch {
	case letters(s) == "" || letters(n) == "":
		return "", ErrName
	case birth.IsZero():
		return "", ErrBirth
	case sex != Male && sex != Female:
		return "", ErrSex
	case !validPlace(place):
		return "", ErrPlace
	}
	text := head(s, n, birth, sex) + place
	return Code(text + string(checkLetter(text))), nil
}

// head is a code up to the place, of names that are folded.
func head(surname, name string, birth time.Time, sex string) string {
	day := birth.Day()
	if sex == Female {
		day += femaleDay
	}
	return fmt.Sprintf("%s%s%02d%c%02d", surnamePart(surname), namePart(name), birth.Year()%100, months[birth.Month()-1], day)
}

// Matches returns the parts of p that contradict the code, in the order
// surname, name, birth, sex, place; nil when nothing does. Unknown fields and
// provisional codes contradict nothing. Names are tried in both usual
// transliterations (Müller as MULLER and MUELLER).
func (c Code) Matches(p Person) []Part {
	born, ok := c.Birth()
	if !ok {
		return nil
	}
	var wrong []Part
	note := func(bad bool, part Part) {
		if bad {
			wrong = append(wrong, part)
		}
	}
	note(!spells(string(c[:3]), p.Surname, surnamePart), PartSurname)
	note(!spells(string(c[3:6]), p.Name, namePart), PartName)
	note(!p.Birth.IsZero() && (p.Birth.Year()%100 != born.Year ||
		p.Birth.Month() != born.Month || p.Birth.Day() != born.Day), PartBirth)
	note((p.Sex == Male || p.Sex == Female) && p.Sex != born.Sex, PartSex)
	note(p.Place != "" && strings.ToUpper(p.Place) != c.Place(), PartPlace)
	return wrong
}

// spells reports whether three letters of a code can stand for a name. A name
// without Latin letters cannot be judged.
func spells(three, name string, part func(string) string) bool {
	short, long := Fold(name), foldLong(name)
	return letters(short) == "" || part(short) == three || part(long) == three
}

// surnamePart takes consonants, then vowels, then X.
func surnamePart(folded string) string {
	consonants, vowels := split(folded)
	return (consonants + vowels + "XXX")[:3]
}

// namePart is as surnamePart, but four consonants or more give the first,
// third and fourth.
func namePart(folded string) string {
	consonants, vowels := split(folded)
	if len(consonants) >= 4 {
		return consonants[:1] + consonants[2:4]
	}
	return (consonants + vowels + "XXX")[:3]
}

func split(folded string) (consonants, vowels string) {
	for _, r := range letters(folded) {
		if strings.ContainsRune("AEIOU", r) {
			vowels += string(r)
		} else {
			consonants += string(r)
		}
	}
	return consonants, vowels
}

// letters drops everything but A-Z.
func letters(folded string) string { return strings.ReplaceAll(folded, " ", "") }

func validPlace(s string) bool {
	return len(s) == 4 && s[0] >= 'A' && s[0] <= 'Z' && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3])
}
