package mrz

import (
	"strconv"
	"time"
)

// dayFormat is ISO 8601.
const dayFormat = "2006-01-02"

// birthDate reads yymmdd as the latest such day that is not after on: nobody
// is born in the future. Month and day may be fillers when not known (9303-3,
// 4.8); then the date has only its known parts.
func birthDate(field string, on time.Time) (string, bool) {
	year, err := strconv.Atoi(field[:2])
	if err != nil || field[0] < '0' || field[0] > '9' {
		return "", false
	}
	parts, layout := field[2:], "0102"
	switch {
	case parts == "<<<<":
		parts, layout = "", ""
	case parts[2:] == "<<":
		parts, layout = parts[:2], "01"
	}
	century := on.Year() / 100 * 100
	for _, y := range []int{century + year, century + year - 100} {
		t, err := time.Parse("2006"+layout, strconv.Itoa(y)+parts)
		if err == nil && !t.After(on) {
			return t.Format(dayFormat[:4+len(layout)/2*3]), true
		}
	}
	return "", false
}

// expiryDate reads yymmdd as the day nearest to on, of those after the birth:
// documents live some ten years, rarely fifty.
func expiryDate(field, birth string, on time.Time) (string, bool) {
	year, err := strconv.Atoi(field[:2])
	if err != nil || field[0] < '0' || field[0] > '9' {
		return "", false
	}
	var best time.Time
	far := func(t time.Time) time.Duration { return max(t.Sub(on), on.Sub(t)) }
	for c := on.Year()/100 - 1; c <= on.Year()/100+1; c++ {
		t, err := time.Parse("20060102", strconv.Itoa(c*100+year)+field[2:])
		if err != nil || birth != "" && t.Format(dayFormat) <= birth {
			continue
		}
		if best.IsZero() || far(t) < far(best) {
			best = t
		}
	}
	if best.IsZero() {
		return "", false
	}
	return best.Format(dayFormat), true
}
