package identity

import (
	"strings"
	"time"
)

// CompareDates compares two ISO 8601 days; a date known in part, such as 1974
// or 1974-08, is compared by that part.
func CompareDates(a, b string) Comparison {
	switch {
	case a == "" || b == "":
		return Comparison{Unknown, NoValue}
	case a == b:
		return Comparison{Same, Exact}
	case len(a) != len(b) && (strings.HasPrefix(a, b+"-") || strings.HasPrefix(b, a+"-")):
		return Comparison{Similar, PartOfDate}
	}
	if len(a) == len(time.DateOnly) && len(b) == len(a) && b == a[:5]+a[8:]+a[4:7] {
		return Comparison{Similar, DayAndMonth}
	}
	return Comparison{Different, Other}
}

// lookAlike makes characters equal that are told apart badly.
var lookAlike = strings.NewReplacer("O", "0", "Q", "0", "I", "1", "L", "1", "Z", "2", "S", "5", "B", "8", "G", "6")

// CompareNumbers compares two document numbers: spaces, hyphens, dots and
// fillers do not count.
func CompareNumbers(a, b string) Comparison {
	a, b = plainNumber(a), plainNumber(b)
	switch {
	case a == "" || b == "":
		return Comparison{Unknown, NoValue}
	case a == b:
		return Comparison{Same, Exact}
	case lookAlike.Replace(a) == lookAlike.Replace(b):
		return Comparison{Similar, LookAlike}
	case min(len(a), len(b)) >= 6 && typos(a, b, 1) == 1:
		return Comparison{Similar, Typing}
	}
	return Comparison{Different, Other}
}

// plainNumber keeps capitals and digits.
func plainNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

// Expired reports whether a document that expires on an ISO 8601 day was out of
// date on the day of receipt, in the zone of received: the day of expiry is the
// last good one. Empty or malformed: not known, so false.
func Expired(expiry string, received time.Time) bool {
	if _, err := time.Parse(time.DateOnly, expiry); err != nil {
		return false
	}
	return received.Format(time.DateOnly) > expiry
}
