package mrz

import (
	"slices"
	"strings"
	"time"
)

// Result is what a zone says. Everything in it is personal.
type Result struct {
	Format Format
	// Valid says that every check digit agrees and every field has its form.
	Valid bool
	// Code is the document code, such as P, I, ID or V.
	Code string
	// Issuer and Nationality are the codes of states, fillers removed: UTO, ITA, D.
	Issuer, Nationality string
	// DocumentNumber is the whole number, also when longer than nine characters;
	// fillers inside it are kept.
	DocumentNumber string
	// Surname and GivenNames have single spaces between their words.
	Surname, GivenNames string
	// NamesCut says that the names fill their field and may be cut (9303-3, 4.6).
	NamesCut bool
	// Birth and Expiry are ISO 8601 days; Birth may lack day or day and month
	// where they are not known. Empty when not a date.
	Birth, Expiry string
	// Sex is M, F or empty when not specified.
	Sex string
	// Optional holds the optional data in order, fillers at the end removed.
	Optional []string
	// Lines is the zone itself.
	Lines []string
	// Faults lists what does not hold; empty if and only if Valid.
	Faults []Fault
	// Repaired is how many characters differ from what was read first: in text,
	// digits put for letters; in pixels, ties that a check digit decided.
	Repaired int
	// Weak is how many characters under no check digit were read with doubt; 0
	// for text.
	Weak int
}

// evaluate reads a text of the layout's size and finds its faults; on is the
// day of reading.
func (l layout) evaluate(text string, on time.Time) Result {
	r := Result{
		Format: l.format, Code: bare(text[:2]),
		Issuer: bare(l.issuer.of(text)), Nationality: bare(l.nation.of(text)),
		Sex: bare(text[l.sex : l.sex+1]), NamesCut: text[l.names.to-1] != filler,
	}
	for row := range l.rows {
		r.Lines = append(r.Lines, text[row*l.cols:(row+1)*l.cols])
	}
	for _, s := range l.number {
		r.DocumentNumber += s.of(text)
	}
	r.DocumentNumber = bare(r.DocumentNumber)
	for _, s := range l.optional {
		r.Optional = append(r.Optional, bare(s.of(text)))
	}
	var named bool
	r.Surname, r.GivenNames, named = names(l.names.of(text))
	birth, born := birthDate(l.birth.of(text), on)
	expiry, expires := expiryDate(l.expiry.of(text), birth, on)
	r.Birth, r.Expiry = birth, expiry
	note := func(fault Fault, holds bool) {
		if !holds && !slices.Contains(r.Faults, fault) {
			r.Faults = append(r.Faults, fault)
		}
	}
	note(FaultCode, l.kinds(text, 0, 2))
	note(FaultIssuer, knownState(l.issuer.of(text)))
	note(FaultNames, named)
	note(FaultNumber, r.DocumentNumber != "" && l.numbered(text))
	note(FaultNationality, knownState(l.nation.of(text)))
	note(FaultBirth, born)
	note(FaultSex, l.kinds(text, l.sex, l.sex+1))
	note(FaultExpiry, expires)
	note(FaultOptional, l.optionalHolds(text))
	for _, k := range l.checks {
		note(k.fault, k.holds(text))
	}
	r.Valid = len(r.Faults) == 0 && l.kinds(text, 0, l.size())
	if !r.Valid && len(r.Faults) == 0 {
		r.Faults = []Fault{FaultOptional}
	}
	return r
}

// kinds reports whether the places have characters of their class.
func (l layout) kinds(text string, from, to int) bool {
	c := l.classes()
	for i := from; i < to; i++ {
		if !c[i].takes(text[i], l) {
			return false
		}
	}
	return true
}

// optionalHolds reports whether the optional data have characters of a zone.
func (l layout) optionalHolds(text string) bool {
	return !slices.ContainsFunc(l.optional, func(s span) bool { return !l.kinds(text, s.from, s.to) })
}

// numbered reports whether the document number begins with a character, and in
// an overflowing one that every place is taken and a filler follows.
func (l layout) numbered(text string) bool {
	if text[l.number[0].from] == filler {
		return false
	}
	if l.overflow == 0 {
		return true
	}
	end := l.number[1].to + 1
	return !strings.ContainsRune(l.number[0].of(text)+l.number[1].of(text), filler) && text[end] == filler
}

// bare removes the fillers at the end.
func bare(s string) string { return strings.TrimRight(s, string(filler)) }

// names splits the name field: words of the primary identifier, two fillers,
// words of the secondary one. It fails on anything but letters in words.
func names(field string) (primary, secondary string, ok bool) {
	primary, secondary, _ = strings.Cut(bare(field), "<<")
	ok = primary != "" && field[0] != filler
	for _, part := range []string{primary, secondary} {
		for word := range strings.SplitSeq(part, string(filler)) {
			ok = ok && (word != "" || part == "")
		}
	}
	ok = ok && !strings.ContainsAny(field, "0123456789")
	spaced := func(s string) string { return strings.Join(strings.FieldsFunc(s, isFiller), " ") }
	return spaced(primary), spaced(secondary), ok
}

func isFiller(r rune) bool { return r == filler }
