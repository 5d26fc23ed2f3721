package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/pin/activation"
)

// proves B1: from the first half over contacts and codes to the second half, on
// pages that are sound in both languages.
func TestActivation(t *testing.T) {
	for _, lang := range []string{"it", "en"} {
		b := setup(t)
		cookie, token := b.token("/pin/attivazione")
		form := url.Values{
			"csrf": {token}, "codice_fiscale": {"RSSMRA"}, "pin": {"WRONG"}, "prova": {"document"},
			"documento_tipo": {"passport"}, "documento_numero": {"AA1"}, "documento_scadenza": {"2030-01-31"},
		}
		w := b.post("/pin/attivazione", cookie, lang, form)
		if w.Code != 401 || strings.Contains(w.Body.String(), "WRONG") || !strings.Contains(w.Body.String(), `value="AA1"`) {
			t.Errorf("wrong half: %d", w.Code)
		}
		uitest.Check(t, lang+" wrong half", w.Body.String())
		b.activation.refuse = problem(dossier.CodeActivationProof, "field", "document_expiry")
		w = b.post("/pin/attivazione", cookie, lang, form)
		if w.Code != 422 || !strings.Contains(w.Body.String(), `href="#document_expiry"`) {
			t.Errorf("expired document: %d", w.Code)
		}
		uitest.Check(t, lang+" expired document", w.Body.String())
		b.activation.refuse = nil
		form.Set("pin", "GOODHALF")
		w = b.post("/pin/attivazione", cookie, lang, form)
		if w.Code != 303 || w.Header().Get("Location") != "/pin/attivazione/recapiti" || !strings.HasPrefix(cookieOf(w, "dsp_citizen"), firstHalfCookie) {
			t.Errorf("right half: %d %q", w.Code, w.Header())
		}
		if d := b.activation.proofs[2].Document; d == nil || *d != (activation.Document{Type: "passport", Number: "AA1", Expiry: "2030-01-31"}) {
			t.Errorf("proof %+v", d)
		}
		form.Set("prova", "card")
		form.Set("tessera_numero", "12345678901234567890")
		if to := b.post("/pin/attivazione", cookie, lang, form).Header().Get("Location"); to != "/pin/attivazione/recapiti?tessera=dubbia" {
			t.Errorf("doubtful card: %q", to)
		}
		b.finishActivation(lang)
	}
}

const firstHalfCookie = "dsp_citizen=token-citizen_simplified"

func (b *bench) finishActivation(lang string) {
	t := b.t
	t.Helper()
	b.activation.status = activation.Status{Person: dossier.Person{
		Name: "Maria", Surname: "Rossi", Birth: "1972-07-09", BirthPlace: "Roma", Contacts: dossier.Contacts{Email: "m@prova.example"},
	}}
	w := b.get("/pin/attivazione/conferma", firstHalf, lang)
	if w.Code != 303 || w.Header().Get("Location") != "/pin/attivazione/recapiti" {
		t.Errorf("no contacts yet: %d", w.Code)
	}
	w = b.get("/pin/attivazione/recapiti?tessera=dubbia", firstHalf, lang)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Rossi") || !strings.Contains(w.Body.String(), "m@prova.example") {
		t.Errorf("contacts: %d", w.Code)
	}
	uitest.Check(t, lang+" contacts", w.Body.String())
	contacts := url.Values{"csrf": {"csrf-a"}, "mobile": {"+39333000000"}, "email": {"n@prova.example"}}
	b.activation.refuse = problem(dossier.CodeContactInvalid, "kind", "email")
	w = b.post("/pin/attivazione/recapiti", firstHalf, lang, contacts)
	if w.Code != 422 || !strings.Contains(w.Body.String(), `href="#email"`) || !strings.Contains(w.Body.String(), "n@prova.example") {
		t.Errorf("no address: %d", w.Code)
	}
	uitest.Check(t, lang+" no address", w.Body.String())
	b.activation.refuse = nil
	w = b.post("/pin/attivazione/recapiti", firstHalf, lang, contacts)
	if w.Code != 303 || w.Header().Get("Location") != "/pin/attivazione/conferma" || b.activation.given[dossier.ContactEmail] != "n@prova.example" {
		t.Errorf("given: %d %+v", w.Code, b.activation.given)
	}
	b.activation.status.Given = []dossier.GivenContact{{Kind: dossier.ContactEmail, Value: "n@prova.example"}}
	uitest.Check(t, lang+" codes", b.get("/pin/attivazione/conferma", firstHalf, lang).Body.String())
	b.lastStep(lang)
}

func (b *bench) lastStep(lang string) {
	t := b.t
	t.Helper()
	for _, step := range []struct {
		code, half string
		sends      dossier.ContactKind
		status     int
		want       string
	}{
		{"WRONG", "GOODHALF", "", 422, `href="#code-email"`},
		{"GOODCODE", "WRONG", "", 401, `href="#half"`},
		{"GOODCODE", "GOODHALF", "", 303, "/accesso?attivato=post"},
		{"GOODCODE", "", dossier.ContactMobile, 303, "/accesso?attivato=mobile"},
	} {
		b.activation.to, b.activation.status.SendsTo = step.sends, step.sends
		uitest.Check(t, lang+" last step", b.get("/pin/attivazione/conferma", firstHalf, lang).Body.String())
		w := b.post("/pin/attivazione/conferma", firstHalf, lang, url.Values{"csrf": {"csrf-a"}, "codice_email": {step.code}, "parte": {step.half}})
		if w.Code != step.status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), step.want) {
			t.Errorf("%+v: %d %q", step, w.Code, w.Header().Get("Location"))
		}
		if w.Code == 303 {
			b.sessions["token-half"] = halfSession(dossier.RoleSimplified) // it ended with the activation
			continue
		}
		uitest.Check(t, lang+" "+step.want, w.Body.String())
	}
	// The exact words of the agency.
	page := b.get("/accesso?attivato=mobile", "", "it").Body.String()
	if !strings.Contains(page, "Il suo PIN è stato attivato. La seconda parte del PIN le è stata inviata via SMS sul suo cellulare") {
		t.Error("the text about the second half is another one")
	}
	// Whose session ended in between begins again where an activation begins.
	for _, path := range []string{"/pin/attivazione/recapiti", "/pin/attivazione/conferma"} {
		if to := b.get(path, "dsp_citizen=gone", lang).Header().Get("Location"); !strings.HasPrefix(to, "/pin/attivazione?") || !strings.Contains(to, "uscito=1") {
			t.Errorf("%s without a session leads to %q", path, to)
		}
	}
	uitest.Check(t, lang+" ended", b.get("/pin/attivazione?uscito=1", "", lang).Body.String())
	b.activation.refuse = problem(dossier.CodeActivationOver)
	for _, path := range []string{"/pin/attivazione/recapiti", "/pin/attivazione/conferma"} {
		w := b.get(path, firstHalf, lang)
		if w.Code != 409 || !strings.Contains(w.Body.String(), `action="/pin/attivazione"`) {
			t.Errorf("%s after the end: %d", path, w.Code)
		}
		uitest.Check(t, lang+" over", w.Body.String())
	}
}
