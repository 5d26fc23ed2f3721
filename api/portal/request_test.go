package portal_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/pin/request"
)

// fakeRequests answers every request with refuse, and keeps the last.
type fakeRequests struct {
	refuse error
	began  dossier.Person
	got    request.Ask
}

func (f *fakeRequests) Begin(p dossier.Person) error {
	f.began = p
	return f.refuse
}

func (f *fakeRequests) Ask(_ context.Context, a request.Ask) error {
	f.got = a
	return f.refuse
}

// theData are the fields of the second page, filled in.
func theData(token string) url.Values {
	return url.Values{
		"csrf": {token}, "residence": {"abroad"}, "italian_document": {"no"}, "codice_fiscale": {"RSSMRA72L09H501S"},
		"surname": {"Rossi"}, "name": {"Mario"}, "birth": {"1972-07-09"}, "sex": {"M"}, "birth_place": {"Roma"}, "birth_province": {"RM"},
		"street": {"Langstrasse 1"}, "postcode": {"8005"}, "city": {"Zurigo"}, "province": {"ZH"}, "state": {"Svizzera"},
		"mobile": {"+41760000000"}, "phone": {"+41440000000"}, "email": {"mario@prova.example"}, "pec": {"mario@pec.example"},
		"document_type": {"passport"}, "document_number": {"X1"}, "document_issuer": {"Zurigo"}, "document_expiry": {"2030-01-31"},
		"time_band": {"evening"}, "holder_type": {"artisan"},
	}
}

// proves A1: two pages; the second asks for everything, and the closing text is
// the source's. Nothing that was typed is in an address.
func TestRequestInTwoPages(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/richiesta-pin")
	first := url.Values{"csrf": {token}, "codice_fiscale": {"RSSMRA72L09H501S"}, "residence": {"abroad"}, "italian_document": {"no"}}
	w := b.post("/richiesta-pin", cookie, "it", first)
	page := w.Body.String()
	if w.Code != 200 || b.asks.began.CodiceFiscale != "RSSMRA72L09H501S" || b.asks.began.ItalianDocument || b.asks.began.Address.State == "" {
		t.Fatalf("first page: %d %+v", w.Code, b.asks.began)
	}
	uitest.Check(t, "second page", page)
	data := theData(token)
	for field := range data {
		if !strings.Contains(page, `name="`+field+`"`) {
			t.Errorf("the second page does not ask for %s", field)
		}
	}
	for _, text := range []string{`name="codice_fiscale" value="RSSMRA72L09H501S"`, `name="residence" value="abroad"`, `name="italian_document" value="no"`} {
		if !strings.Contains(page, text) {
			t.Errorf("the second page forgot %s", text)
		}
	}
	w = b.post("/richiesta-pin/dati", cookie, "it", data)
	if w.Code != 303 || w.Header().Get("Location") != "/richiesta-pin/inviata" {
		t.Fatalf("second page: %d %s", w.Code, w.Header().Get("Location"))
	}
	want := request.Ask{Type: dossier.HolderArtisan, Band: dossier.BandEvening, Source: "192.0.2.1", Person: dossier.Person{
		CodiceFiscale: "RSSMRA72L09H501S", Surname: "Rossi", Name: "Mario", Birth: "1972-07-09", Sex: "M", BirthPlace: "Roma", BirthProvince: "RM",
		Address:  dossier.Address{Street: "Langstrasse 1", Postcode: "8005", City: "Zurigo", Province: "ZH", State: "Svizzera"},
		Document: dossier.Document{Type: "passport", Number: "X1", Issuer: "Zurigo", Expiry: "2030-01-31"}, Lang: "it",
	}}
	contacts := b.asks.got.Person.Contacts
	if contacts.Mobile != "+41760000000" || contacts.Phone != "+41440000000" || contacts.Email != "mario@prova.example" || contacts.PEC != "mario@pec.example" {
		t.Errorf("contacts: %+v", contacts)
	}
	got := b.asks.got
	if got.Type != want.Type || got.Band != want.Band || got.Source != want.Source || got.Person.Document != want.Person.Document ||
		got.Person.Address != want.Person.Address || got.Person.Surname != "Rossi" || got.Person.Birth != "1972-07-09" || got.Person.Lang != "it" {
		t.Errorf("asked: %+v", got)
	}
	const closing = "La sua richiesta è stata presa in carico, a breve riceverà la prima parte di PIN ad uno dei contatti da Lei specificato " +
		"(mail o cellulare); la seconda parte le sarà spedita all&#39;indirizzo di residenza comunicato."
	if done := b.get("/richiesta-pin/inviata", "", "it").Body.String(); !strings.Contains(done, closing) {
		t.Error("the closing text is not the source's")
	}
}

// proves A1: contradictions are named and can be confirmed as they are.
func TestRequestPointsOutContradictions(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/richiesta-pin")
	b.asks.refuse = problem(dossier.CodePINContradiction, "parts", "sex place")
	for _, lang := range []string{"it", "en"} {
		w := b.post("/richiesta-pin/dati", cookie, lang, theData(token))
		page := w.Body.String()
		uitest.Check(t, lang, page)
		if w.Code != 422 || !strings.Contains(page, `name="confirmed" value="sex place"`) || strings.Count(page, `aria-invalid="true"`) != 2 {
			t.Errorf("%s: %d", lang, w.Code)
		}
		if !strings.Contains(page, `value="Langstrasse 1"`) {
			t.Error("what was typed is gone")
		}
	}
	b.asks.refuse = nil
	data := theData(token)
	data.Set("confirmed", "sex place")
	if w := b.post("/richiesta-pin/dati", cookie, "it", data); w.Code != 303 || strings.Join(b.asks.got.Confirmed, " ") != "sex place" {
		t.Errorf("confirmed: %d %v", w.Code, b.asks.got.Confirmed)
	}
}

// proves A1: wrong fields are marked, each by a text of its own, on either page.
func TestRequestMarksFields(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/richiesta-pin")
	b.asks.refuse = problem(dossier.CodePINData, "fields", "surname mobile document_type time_band")
	w := b.post("/richiesta-pin/dati", cookie, "it", theData(token))
	page := w.Body.String()
	uitest.Check(t, "fields", page)
	if w.Code != 422 || strings.Count(page, `aria-invalid="true"`) != 4 || !strings.Contains(page, `href="#f-surname"`) {
		t.Errorf("fields: %d", w.Code)
	}
	b.asks.refuse = problem("cf.invalid")
	first := url.Values{"csrf": {token}, "codice_fiscale": {"X"}, "residence": {"abroad"}, "italian_document": {"no"}}
	w = b.post("/richiesta-pin", cookie, "it", first)
	uitest.Check(t, "code", w.Body.String())
	if w.Code != 422 || !strings.Contains(w.Body.String(), `href="#f-codice_fiscale"`) {
		t.Errorf("codice fiscale: %d", w.Code)
	}
	first.Del("residence")
	b.asks.began = dossier.Person{}
	if w = b.post("/richiesta-pin", cookie, "it", first); w.Code != 400 || b.asks.began.CodiceFiscale != "" {
		t.Errorf("residence not said: %d", w.Code)
	}
}

// proves A2: the refusal says why, and names SPID, CIE and CNS; who says nothing
// of an Italian document is taken to have one.
func TestRequestRefusalNamesTheOthers(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/richiesta-pin")
	b.asks.refuse = problem(dossier.CodePINNotEligible)
	for _, lang := range []string{"it", "en"} {
		w := b.post("/richiesta-pin", cookie, lang, url.Values{"csrf": {token}, "codice_fiscale": {"X"}, "residence": {"italy"}, "italian_document": {"yes"}})
		uitest.Check(t, lang, w.Body.String())
		if w.Code != 403 || !b.asks.began.ItalianDocument || b.asks.began.Address.State != "" {
			t.Errorf("%s: %d, %+v", lang, w.Code, b.asks.began)
		}
		for _, way := range []string{"SPID", "CIE", "CNS", "2021"} {
			if !strings.Contains(w.Body.String(), way) {
				t.Errorf("%s: the refusal does not name %s", lang, way)
			}
		}
	}
	data := theData(token)
	data.Del("italian_document")
	b.post("/richiesta-pin/dati", cookie, "it", data)
	if !b.asks.got.Person.ItalianDocument {
		t.Error("silence counts as no document")
	}
}

func TestRequestNeedsItsToken(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/richiesta-pin", "/richiesta-pin/dati"} {
		if w := b.post(path, "", "it", theData("forged")); w.Code != 403 || b.asks.got.Person.Surname != "" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
