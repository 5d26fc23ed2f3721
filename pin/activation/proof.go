package activation

import (
	"strings"
	"time"
	"unicode"

	"dispositivo/dossier"
)

// Proof is what stands beside the first half: a card or a document, not both.
// Expiries are ISO 8601 days.
type Proof struct {
	Card     *Card
	Document *Document
}

// Card is a tessera sanitaria.
type Card struct {
	// Number is field 8 of its back: 20 digits.
	Number, Expiry string
}

// Document is an identity document as the request named it.
type Document struct{ Type, Number, Expiry string }

// cardDigits is how long the number of a tessera sanitaria is, cardPrefix how
// those issued in Italy begin: 80 for health (ISO/IEC 7812), 380 for the state.
const (
	cardDigits = 20
	cardPrefix = "80380"
)

// check reports what can be seen without knowing anybody: CodeActivationProof
// with the field to blame.
func (p Proof) check(now time.Time) error {
	switch {
	case (p.Card == nil) == (p.Document == nil):
		return invalid("proof")
	case p.Card != nil && !isCardNumber(p.Card.Number):
		return invalid("card_number")
	case p.Card != nil && !lies(p.Card.Expiry, now):
		return invalid("card_expiry")
	case p.Document != nil && (p.Document.Type == "" || normal(p.Document.Number) == ""):
		return invalid("document_number")
	case p.Document != nil && !lies(p.Document.Expiry, now):
		return invalid("document_expiry")
	}
	return nil
}

func invalid(field string) error {
	return &dossier.Error{Code: dossier.CodeActivationProof, Args: map[string]string{"field": field}}
}

// fits compares with what is on file.
func (p Proof) fits(person dossier.Person) bool {
	if p.Document == nil {
		return true // see the package's doc
	}
	file := person.Document
	return file.Number != "" && normal(file.Number) == normal(p.Document.Number) &&
		file.Type == p.Document.Type && file.Expiry == p.Document.Expiry
}

// Doubtful reports whether a card's number is written like one, and yet neither
// begins nor ends as those known do: to be pointed out, never to refuse.
func (c Card) Doubtful() bool {
	number := normal(c.Number)
	return !strings.HasPrefix(number, cardPrefix) || !luhn(number)
}

func isCardNumber(s string) bool {
	s = normal(s)
	return len(s) == cardDigits && strings.Trim(s, "0123456789") == ""
}

// luhn checks the last digit (ISO/IEC 7812-1, annex B).
func luhn(digits string) bool {
	sum := 0
	for i, r := range digits {
		d := int(r - '0')
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// lies reports whether a day is one, and not over.
func lies(iso string, now time.Time) bool {
	day, err := time.Parse(time.DateOnly, iso)
	return err == nil && now.Before(day.AddDate(0, 0, 1))
}

// normal is a number without what people put between its parts.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}
