package request_test

import (
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/request"
)

// proves A1: every field is asked for, and what is missing or wrong is named.
func TestAskNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	for field, spoils := range map[string][]func(*request.Ask){
		"surname": {
			func(a *request.Ask) { a.Person.Surname = " " },
			func(a *request.Ask) { a.Person.Surname = "Ros\xffsi" },
		},
		"name": {
			func(a *request.Ask) { a.Person.Name = "" },
			func(a *request.Ask) { a.Person.Name = strings.Repeat("a", 101) },
		},
		"birth": {
			func(a *request.Ask) { a.Person.Birth = "9/7/1972" },
			func(a *request.Ask) { a.Person.Birth = "2026-03-03" }, // tomorrow
			func(a *request.Ask) { a.Person.Birth = "1879-12-31" },
		},
		"sex":            {func(a *request.Ask) { a.Person.Sex = "X" }},
		"birth_place":    {func(a *request.Ask) { a.Person.BirthPlace = "" }},
		"birth_province": {func(a *request.Ask) { a.Person.BirthProvince = "Roma" }},
		"street": {
			func(a *request.Ask) { a.Person.Address.Street = "" },
			func(a *request.Ask) { a.Person.Address.Street = "a\u202eb" },
		},
		"state":           {func(a *request.Ask) { a.Person.Address.State = "-" }},
		"city":            {func(a *request.Ask) { a.Person.Address.City = "" }},
		"mobile":          {func(a *request.Ask) { a.Person.Contacts.Mobile = "12" }},
		"phone":           {func(a *request.Ask) { a.Person.Contacts.Phone = "tel" }},
		"email":           {func(a *request.Ask) { a.Person.Contacts.Email = "mario" }},
		"pec":             {func(a *request.Ask) { a.Person.Contacts.PEC = "mario@" }},
		"document_type":   {func(a *request.Ask) { a.Person.Document.Type = "" }},
		"document_number": {func(a *request.Ask) { a.Person.Document.Number = "" }},
		"document_issuer": {func(a *request.Ask) { a.Person.Document.Issuer = "" }},
		"document_expiry": {
			func(a *request.Ask) { a.Person.Document.Expiry = "2026-03-01" },
			func(a *request.Ask) { a.Person.Document.Expiry = "soon" },
		},
		"holder_type": {func(a *request.Ask) { a.Type = "emperor" }},
		"time_band":   {func(a *request.Ask) { a.Band = "" }},
	} {
		for _, spoil := range spoils {
			err := w.Ask(t.Context(), ask(spoil))
			house.WantCode(t, err, dossier.CodePINData)
			if got := args(err)["fields"]; got != field {
				t.Errorf("%s: wrong fields %q", field, got)
			}
		}
	}
	// A telephone for the call, and something that can be sent the first half.
	nowhere := func(a *request.Ask) { a.Person.Contacts = dossier.Contacts{Email: "mario@prova.example"} }
	if got := args(w.Ask(t.Context(), ask(nowhere)))["fields"]; got != "mobile" {
		t.Errorf("no telephone: wrong fields %q", got)
	}
	silent := func(a *request.Ask) { a.Person.Contacts = dossier.Contacts{Phone: "+41440000000"} }
	if got := args(w.Ask(t.Context(), ask(silent)))["fields"]; got != "email" {
		t.Errorf("no mailbox: wrong fields %q", got)
	}
}

// In Italy an address has postcode and province.
func TestAskFromItaly(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	w := newWorld(t, h, func(c *request.Config) { c.Eligibility = gate(t, h, request.Before2021) })
	home := func(a *request.Ask) {
		a.Person.Address = dossier.Address{Street: "Via Appia 1", City: "Roma", State: "Italia"}
	}
	if got := args(w.Ask(t.Context(), ask(home)))["fields"]; got != "postcode province" {
		t.Errorf("in Italy: wrong fields %q", got)
	}
}

// TestAskTakesWhatIsUsual: what forms of other countries lack, how people type, and
// the days that are just good enough.
func TestAskTakesWhatIsUsual(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*request.Ask){
		"abroad without postcode and province": func(a *request.Ask) { a.Person.Address.Postcode, a.Person.Address.Province = "", "" },
		"small letters":                        func(a *request.Ask) { a.Person.BirthProvince = " rm" },
		"a name of a hundred letters":          func(a *request.Ask) { a.Person.Document.Issuer = strings.Repeat("ü", 100) },
		"no type":                              func(a *request.Ask) { a.Type = "" },
		"a document that expires today":        func(a *request.Ask) { a.Person.Document.Expiry = "2026-03-02" },
		"no mobile, but a telephone":           func(a *request.Ask) { a.Person.Contacts.Mobile = "" },
		"born today": func(a *request.Ask) {
			a.Person.Birth, a.Confirmed = "2026-03-02", []string{string(codicefiscale.PartBirth)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			check(t, w.Ask(t.Context(), ask(change)))
			if h := w.onFile(someCF); h.Type != dossier.HolderCitizen || h.Person.BirthProvince != "RM" {
				t.Errorf("on file: %s, born in %s", h.Type, h.Person.BirthProvince)
			}
		})
	}
}

// proves A1: length, alphabet, check character; omocodia and provisional codes pass.
func TestAskChecksTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	for _, cf := range []string{"", "RSSMRA72L09H501", "RSSMRA72L09H501T", "RSSMRA72L09H50!S", "12345678901"} {
		house.WantCode(t, w.Service.Begin(mario(cf).Person), "cf.invalid")
		house.WantCode(t, w.Ask(t.Context(), mario(cf)), "cf.invalid")
	}
	born := func(a *request.Ask) { a.Person.CodiceFiscale, a.Person.Birth = "RSSMRA75C22H50MA", "1975-03-22" }
	for _, a := range []request.Ask{mario(someCF), mario(provisional), ask(born)} {
		check(t, w.Service.Begin(a.Person))
		check(t, w.Ask(t.Context(), a))
	}
}

// proves A1: what contradicts the code is pointed out, and goes through when it
// is confirmed; other contradictions than the confirmed ones are pointed out anew.
func TestContradictionsAreConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	a := ask(func(a *request.Ask) { a.Person.Sex, a.Person.BirthPlace, a.Person.BirthProvince = "F", "Milano", "MI" })
	err := w.Ask(t.Context(), a)
	house.WantCode(t, err, dossier.CodePINContradiction)
	if got := args(err)["parts"]; got != "sex place" {
		t.Errorf("contradictions %q", got)
	}
	a.Confirmed = []string{"sex"}
	house.WantCode(t, w.Ask(t.Context(), a), dossier.CodePINContradiction)
	a.Confirmed = []string{"sex", "place"}
	check(t, w.Ask(t.Context(), a))
	born := ask(func(a *request.Ask) { a.Person.BirthPlace, a.Person.BirthProvince = "Svizzera", "EE" })
	if got := args(w.Ask(t.Context(), born))["parts"]; got != "place" {
		t.Errorf("born abroad: contradictions %q", got)
	}
}
