package desk

import (
	"strings"

	"dispositivo/dossier"
	"dispositivo/verify/review"
)

// row is one line of the data side by side (C10).
type row struct {
	// Key is the text key of what is compared.
	Key        string
	Form, File string
	Differs    bool
	// OnDocument: an identity document shows this too.
	OnDocument bool
}

// rows compares what was printed on the form with what is on file today.
func rows(k review.Case) []row {
	pick := []struct {
		key        string
		of         func(dossier.Person) string
		onDocument bool
	}{
		{"ui.field.cf", func(p dossier.Person) string { return p.CodiceFiscale }, false},
		{"ui.field.surname", func(p dossier.Person) string { return p.Surname }, true},
		{"ui.field.name", func(p dossier.Person) string { return p.Name }, true},
		{"ui.field.birth", func(p dossier.Person) string { return p.Birth }, true},
		{"ui.field.sex", func(p dossier.Person) string { return p.Sex }, true},
		{"ui.field.birthplace", birthPlace, true},
		{"ui.field.address", address, false},
		{"ui.field.doctype", func(p dossier.Person) string { return p.Document.Type }, true},
		{"ui.field.docnumber", func(p dossier.Person) string { return p.Document.Number }, true},
		{"ui.field.docissuer", func(p dossier.Person) string { return p.Document.Issuer }, true},
		{"ui.field.docexpiry", func(p dossier.Person) string { return p.Document.Expiry }, true},
		{"ui.field.email", func(p dossier.Person) string { return p.Contacts.Email }, false},
		{"ui.field.pec", func(p dossier.Person) string { return p.Contacts.PEC }, false},
		{"ui.field.mobile", func(p dossier.Person) string { return p.Contacts.Mobile }, false},
	}
	list := make([]row, 0, len(pick))
	for _, f := range pick {
		form, file := f.of(k.Form), f.of(k.Person)
		list = append(list, row{Key: f.key, Form: form, File: file, Differs: !same(form, file), OnDocument: f.onDocument})
	}
	return list
}

func birthPlace(p dossier.Person) string {
	if p.BirthProvince == "" {
		return p.BirthPlace
	}
	return p.BirthPlace + " (" + p.BirthProvince + ")"
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
