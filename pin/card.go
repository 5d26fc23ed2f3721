package pin

import (
	"strings"
	"time"
	"unicode"
)

// Card is a tessera sanitaria as its holder typed it. Of cards there is nothing
// on file: a card that is written like one keeps out who has none, and proves no
// person.
type Card struct {
	// Number is field 8 of its back: 20 digits. Expiry is an ISO 8601 day.
	Number, Expiry string
}

// cardDigits is how long the number of a tessera sanitaria is, cardPrefix how
// those issued in Italy begin: 80 for health (ISO/IEC 7812), 380 for the state.
const (
	cardDigits = 20
	cardPrefix = "80380"
)

// Blame names what of a card is not written as it should be, or is over:
// "card_number" or "card_expiry"; "" for none.
func (c Card) Blame(now time.Time) string {
	number := Plain(c.Number)
	switch {
	case len(number) != cardDigits || strings.Trim(number, "0123456789") != "":
		return "card_number"
	case !NotOver(c.Expiry, now):
		return "card_expiry"
	}
	return ""
}

// Doubtful reports whether a card's number is written like one, and yet neither
// begins nor ends as those known do: to be pointed out, never to refuse.
func (c Card) Doubtful() bool {
	number := Plain(c.Number)
	return !strings.HasPrefix(number, cardPrefix) || !luhn(number)
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

// NotOver reports whether an ISO 8601 day is one, and not over.
func NotOver(iso string, now time.Time) bool {
	day, err := time.Parse(time.DateOnly, iso)
	return err == nil && now.Before(day.AddDate(0, 0, 1))
}

// Plain is a number without what people put between its parts, in upper case.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}
