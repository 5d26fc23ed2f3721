package desk

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"dispositivo/dossier"
	"dispositivo/verify/review"
)

// row is one line of the data side by side (C10).
type row struct {
	// Key is the text key of what is compared.
	Key        string
	Form, File string
	// Differs: the form does not say what is on file.
	Differs bool
	// OnDocument: an identity document shows this too. Document is what the
	// machine read of it, "" when it read nothing; DocumentDiffers compares
	// that with what is on file.
	OnDocument      bool
	Document        string
	DocumentDiffers bool
}

// field picks one datum; zone is nil for what no machine readable zone holds.
type field struct {
	key        string
	person     func(dossier.Person) string
	onDocument bool
	zone       func(dossier.Zone) string
	alike      func(file, zone string) bool
}

func fields() []field {
	return []field{
		{key: "ui.field.cf", person: func(p dossier.Person) string { return p.CodiceFiscale }},
		{
			key: "ui.field.surname", person: func(p dossier.Person) string { return p.Surname }, onDocument: true,
			zone: func(z dossier.Zone) string { return z.Surname }, alike: sameName,
		},
		{
			key: "ui.field.name", person: func(p dossier.Person) string { return p.Name }, onDocument: true,
			zone: func(z dossier.Zone) string { return z.GivenNames }, alike: sameName,
		},
		{
			key: "ui.field.birth", person: func(p dossier.Person) string { return p.Birth }, onDocument: true,
			zone: func(z dossier.Zone) string { return z.Birth }, alike: same,
		},
		{
			key: "ui.field.sex", person: func(p dossier.Person) string { return p.Sex }, onDocument: true,
			zone: func(z dossier.Zone) string { return z.Sex }, alike: same,
		},
		{key: "ui.field.birthplace", person: birthPlace, onDocument: true},
		{key: "ui.field.address", person: address},
		{key: "ui.field.doctype", person: func(p dossier.Person) string { return p.Document.Type }, onDocument: true},
		{
			key: "ui.field.docnumber", person: func(p dossier.Person) string { return p.Document.Number }, onDocument: true,
			zone: func(z dossier.Zone) string { return z.DocumentNumber }, alike: same,
		},
		{key: "ui.field.docissuer", person: func(p dossier.Person) string { return p.Document.Issuer }, onDocument: true},
		{
			key: "ui.field.docexpiry", person: func(p dossier.Person) string { return p.Document.Expiry }, onDocument: true,
			zone: func(z dossier.Zone) string { return z.Expiry }, alike: same,
		},
		{key: "ui.field.email", person: func(p dossier.Person) string { return p.Contacts.Email }},
		{key: "ui.field.pec", person: func(p dossier.Person) string { return p.Contacts.PEC }},
		{key: "ui.field.mobile", person: func(p dossier.Person) string { return p.Contacts.Mobile }},
	}
}

// rows compares what was printed on the form and what the machine read of the
// newest identity document with what is on file today.
func rows(k review.Case) []row {
	var list []row
	for _, f := range fields() {
		r := row{Key: f.key, Form: f.person(k.Form), File: f.person(k.Person), OnDocument: f.onDocument}
		r.Differs = !same(r.Form, r.File)
		if len(k.Zones) > 0 && f.zone != nil {
			r.Document = f.zone(k.Zones[len(k.Zones)-1])
			r.DocumentDiffers = r.Document != "" && !f.alike(r.File, r.Document)
		}
		list = append(list, r)
	}
	return list
}

func birthPlace(p dossier.Person) string {
	p = withProvince(p)
	if p.BirthProvince == "" {
		return p.BirthPlace
	}
	return p.BirthPlace + " (" + p.BirthProvince + ")"
}

// bracketed is a municipality with its province in brackets, "Pescara (PE)", as
// older records have both in one field. "Melbourne (Australia)" is none.
var bracketed = regexp.MustCompile(`^(.*\S)\s*\(\s*([A-Za-z]{2})\s*\)\s*$`)

// withProvince takes the province of birth out of the municipality's brackets.
func withProvince(p dossier.Person) dossier.Person {
	if parts := bracketed.FindStringSubmatch(p.BirthPlace); parts != nil && p.BirthProvince == "" {
		p.BirthPlace, p.BirthProvince = parts[1], parts[2]
	}
	return p
}

func address(p dossier.Person) string {
	a := p.Address
	var parts []string
	for _, part := range []string{a.Street, strings.TrimSpace(a.Postcode + " " + a.City), a.Province, a.State} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// same compares as a reader would: case and the number of spaces do not count.
func same(a, b string) bool {
	fold := func(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), " ")) }
	return fold(a) == fold(b)
}

// sameName compares a name with the one of a machine readable zone, which has
// the letters A to Z alone, its own spelling of others, and an end after 39
// characters (ICAO 9303, part 3, section 6). A shortened name counts as alike.
func sameName(file, zone string) bool {
	read := latin(zone)
	for _, spelled := range []string{file, icaoSpelling().Replace(file)} {
		if full := latin(spelled); full == read || len(read) >= 10 && strings.HasPrefix(full, read) {
			return true
		}
	}
	return false
}

// latin keeps A to Z, without accents.
func latin(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 'A' || r > 'Z' {
			return -1
		}
		return r
	}, strings.ToUpper(norm.NFD.String(s)))
}

func icaoSpelling() *strings.Replacer {
	return strings.NewReplacer(
		"Ä", "AE", "ä", "AE", "Ö", "OE", "ö", "OE", "Ü", "UE", "ü", "UE", "ß", "SS", "Æ", "AE", "æ", "AE",
		"Ø", "OE", "ø", "OE", "Å", "AA", "å", "AA", "Œ", "OE", "œ", "OE", "Ñ", "N", "ñ", "N", "Ł", "L", "ł", "L", "Þ", "TH", "þ", "TH",
	)
}
