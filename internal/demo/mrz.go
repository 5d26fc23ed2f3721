package demo

import (
	"fmt"
	"strings"
	"time"

	"dispositivo/internal/codicefiscale"
)

// utopia is the state code that ICAO 9303 keeps for specimens.
const utopia = "UTO"

// Passport is the specimen passport of a demo citizen.
type Passport struct {
	Number, Issuer string
	Issued, Expiry time.Time // midnight UTC
}

// Passport returns the holder's specimen passport as it is at a time: valid for
// four years more, or expired since last year. It stays the same through a
// calendar year.
func (c Citizen) Passport(at time.Time, expired bool) Passport {
	d := dice(c)
	years := 4
	if expired {
		years = -1
	}
	expiry := time.Date(at.Year()+years, time.Month(d.IntN(12)+1), d.IntN(28)+1, 0, 0, 0, 0, time.UTC)
	return Passport{
		Number: fmt.Sprintf("UT%07d", d.IntN(10_000_000)),
		Issuer: "Ministero degli Esteri di Utopia",
		Issued: expiry.AddDate(-10, 0, 1), Expiry: expiry,
	}
}

// MRZ returns the two lines of the machine readable zone, 44 characters each
// (ICAO 9303 part 4, TD3).
func (p Passport) MRZ(c Citizen) [2]string {
	names := filler(codicefiscale.Fold(c.Surname)) + "<<" + filler(codicefiscale.Fold(c.Name))
	number := pad(p.Number, 9)
	birth, expiry := c.Birth.Format("060102"), p.Expiry.Format("060102")
	optional := pad("", 14)
	number += check(number)
	birth += check(birth)
	expiry += check(expiry)
	optional += check(optional)
	return [2]string{
		pad("P<"+utopia+names, 44),
		number + utopia + birth + c.Sex + expiry + optional + check(number+birth+expiry+optional),
	}
}

// check returns the check digit: weights 7, 3, 1; digits count as they are,
// letters from 10, fillers 0.
func check(field string) string {
	weights := [3]int{7, 3, 1}
	sum := 0
	for i := range len(field) {
		switch ch := field[i]; {
		case ch >= '0' && ch <= '9':
			sum += weights[i%3] * int(ch-'0')
		case ch >= 'A' && ch <= 'Z':
			sum += weights[i%3] * int(ch-'A'+10)
		}
	}
	digit := sum % 10
	return "0123456789"[digit : digit+1]
}

func filler(s string) string { return strings.ReplaceAll(s, " ", "<") }

// pad fills or cuts a field to n characters.
func pad(s string, n int) string { return (s + strings.Repeat("<", n))[:n] }
