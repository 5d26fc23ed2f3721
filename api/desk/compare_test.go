package desk

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/verify/review"
)

// A machine readable zone spells names its own way; that is no difference.
func TestSameName(t *testing.T) {
	for _, tt := range []struct {
		file, zone string
		want       bool
	}{
		{"Rinaldi", "RINALDI", true},
		{"D'Angelo", "DANGELO", true},
		{"D'Angelo", "D ANGELO", true},
		{"Maria Grazia", "MARIA GRAZIA", true},
		{"Nicolò", "NICOLO", true},
		{"Müller", "MUELLER", true},
		{"Müller", "MULLER", true},
		{"Castellani della Rovere Bentivoglio", "CASTELLANI DELLA ROVERE BENT", true},
		{"Rinaldi", "RINALD", false},
		{"Rinaldi", "ROSSI", false},
		{"Rinaldi", "", false},
	} {
		if got := sameName(tt.file, tt.zone); got != tt.want {
			t.Errorf("sameName(%q, %q) = %v", tt.file, tt.zone, got)
		}
	}
}

func TestRowsShowWhatTheMachineRead(t *testing.T) {
	person := dossier.Person{Surname: "Rinaldi", Name: "Marco", Birth: "1975-06-30", Sex: "M"}
	person.Document.Number = "UT9169649"
	list := rows(review.Case{Person: person, Form: person, Zones: []dossier.Zone{
		{Surname: "OLD"}, {Surname: "RINALDI", GivenNames: "MARCO", Birth: "1975-06-30", Sex: "M", DocumentNumber: "UT0000000"},
	}})
	for _, r := range list {
		if r.Differs {
			t.Errorf("%s: the form says what is on file", r.Key)
		}
		if want := r.Key == "ui.field.docnumber"; r.DocumentDiffers != want {
			t.Errorf("%s: read %q, on file %q, differs %v", r.Key, r.Document, r.File, r.DocumentDiffers)
		}
	}
	for _, r := range rows(review.Case{Person: person}) {
		if r.Document != "" || r.DocumentDiffers {
			t.Errorf("%s: %q was read off no document", r.Key, r.Document)
		}
	}
}

// A municipality with its province in brackets is the same place as both in
// fields of their own, and case and spaces are no difference.
func TestPlaceOfBirthWithProvinceInBrackets(t *testing.T) {
	for _, tt := range []struct {
		asked, askedProvince, file, fileProvince string
		differs                                  bool
	}{
		{"Pescara", "PE", "Pescara (PE)", "", false},
		{"Pescara (PE)", "", "Pescara", "PE", false},
		{"PESCARA", "pe", "Pescara  ( PE )", "", false},
		{"Reggio nell'Emilia", "RE", "Reggio nell'Emilia(RE)", "", false},
		{"Melbourne (Australia)", "", "Melbourne (Australia)", "", false},
		{"Pescara", "CH", "Pescara (PE)", "", true},
		{"Popoli", "PE", "Pescara (PE)", "", true},
		{"Pescara", "", "Pescara (PE)", "", true},
		{"Melbourne", "", "Melbourne (Australia)", "", true},
	} {
		asked := dossier.Person{BirthPlace: tt.asked, BirthProvince: tt.askedProvince}
		file := dossier.Person{BirthPlace: tt.file, BirthProvince: tt.fileProvince}
		differs := false
		for _, r := range callRows(dossier.AskedData{Person: asked}, dossier.Holder{Person: file}) {
			differs = differs || r.Differs
		}
		if differs != tt.differs {
			t.Errorf("asked %q %q, on file %q %q: differs %v", tt.asked, tt.askedProvince, tt.file, tt.fileProvince, differs)
		}
		if same(birthPlace(asked), birthPlace(file)) == tt.differs {
			t.Errorf("form %q, file %q", birthPlace(asked), birthPlace(file))
		}
	}
}
