package identity

import (
	"errors"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
)

// Person is what one source says of a person: the form, the account, or a
// document. Empty fields are not known.
type Person struct {
	Name          Name
	Birth         string // ISO 8601 day, or its known part
	Sex           string // M or F
	Place         string // of birth, as in a codice fiscale: H501, Z404
	CodiceFiscale string
	Document      string // number
	Expiry        string // of the document, ISO 8601 day
}

// Compare lists what a document on a page (0: the whole submission) says
// otherwise than the account, and whether it was out of date when received. All
// findings are warnings; their details name fields and kinds of difference.
func Compare(document, account Person, page int, received time.Time) []dossier.Finding {
	var all []dossier.Finding
	for _, f := range []struct {
		field string
		Comparison
	}{
		{"names", CompareNames(document.Name, account.Name)},
		{"birth", CompareDates(document.Birth, account.Birth)},
		{"sex", compareSex(document.Sex, account.Sex)},
		{"document number", CompareNumbers(document.Document, account.Document)},
		{"expiry", CompareDates(document.Expiry, account.Expiry)},
	} {
		if f.Verdict == Similar || f.Verdict == Different {
			all = append(all, warning(dossier.IDMismatch, page, f.field+" "+string(f.Verdict)+": "+string(f.Reason)))
		}
	}
	if Expired(document.Expiry, received) {
		all = append(all, warning(dossier.IDExpired, page, ""))
	}
	return all
}

func warning(code dossier.FindingCode, page int, detail string) dossier.Finding {
	return dossier.Finding{Code: code, Severity: dossier.SeverityWarn, Page: page, Detail: detail}
}

// compareSex compares M and F; anything else is not known.
func compareSex(a, b string) Comparison {
	known := func(s string) bool { return s == codicefiscale.Male || s == codicefiscale.Female }
	switch {
	case !known(a) || !known(b):
		return Comparison{Unknown, NoValue}
	case a == b:
		return Comparison{Same, Exact}
	}
	return Comparison{Different, Other}
}

// CheckCode compares a claimed codice fiscale with the person it should belong
// to: cf.invalid when it is none, cf.mismatch with the parts that contradict
// name, birth, sex or place. Omocodia is undone. A provisional code of 11 digits
// says nothing about the person and is not compared. Only Agenzia delle Entrate
// knows whose a code is, so all findings are warnings (DOMAIN, section 2).
func CheckCode(claimed string, p Person, page int) []dossier.Finding {
	if claimed == "" {
		return nil
	}
	code, err := codicefiscale.Parse(claimed)
	if err != nil {
		return []dossier.Finding{warning(dossier.CodiceFiscaleBad, page, kind(err))}
	}
	if parts := contradictions(code, p); len(parts) > 0 {
		names := make([]string, len(parts))
		for i, part := range parts {
			names[i] = string(part)
		}
		return []dossier.Finding{warning(dossier.CodiceFiscaleOther, page, strings.Join(names, ", "))}
	}
	return nil
}

// kind names the error of a code without what was typed.
func kind(err error) string {
	for _, k := range []struct {
		err  error
		text string
	}{
		{codicefiscale.ErrLength, "length"},
		{codicefiscale.ErrAlphabet, "characters"},
		{codicefiscale.ErrShape, "shape"},
		{codicefiscale.ErrMonth, "month"},
		{codicefiscale.ErrDay, "day"},
		{codicefiscale.ErrCheck, "check character"},
	} {
		if errors.Is(err, k.err) {
			return k.text
		}
	}
	return "malformed"
}

// contradictions returns the parts of the code that no usual spelling of the
// person explains.
func contradictions(code codicefiscale.Code, p Person) []codicefiscale.Part {
	birth, err := time.Parse(time.DateOnly, p.Birth)
	if err != nil {
		birth = time.Time{}
	}
	given := p.Name.Given
	if p.Name.Cut {
		given = "" // its last letters may be missing
	}
	person := codicefiscale.Person{Surname: p.Name.Surname, Name: given, Birth: birth, Sex: p.Sex, Place: p.Place}
	parts := code.Matches(person)
	for _, person.Surname = range spellings(p.Name.Surname) {
		for _, person.Name = range spellings(given) {
			left := code.Matches(person)
			parts = slices.DeleteFunc(parts, func(part codicefiscale.Part) bool { return !slices.Contains(left, part) })
		}
	}
	return parts
}

// spelledOut is what zones write for Ü, Ö, Ä and Å (ICAO 9303 part 3), while codes
// are made of U, O and A. Each also stands for itself, as in MANUELA.
var spelledOut = []string{"UE", "OE", "AE", "AA"}

// spellings returns what a name of a zone may have been: each pair one letter,
// or two. A code shows three vowels of a name at most, so the first three
// choices decide; there are eight spellings at most.
func spellings(name string) []string { return appendSpellings(nil, name, 0, 3) }

// appendSpellings appends the spellings of a name that is settled before from.
func appendSpellings(out []string, name string, from, choices int) []string {
	for i := from; choices > 0 && i+2 <= len(name); i++ {
		if slices.Contains(spelledOut, name[i:i+2]) {
			out = appendSpellings(out, name[:i+1]+name[i+2:], i+1, choices-1)
			return appendSpellings(out, name, i+1, choices-1)
		}
	}
	return append(out, name)
}
