package portal_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
)

const (
	mustChange = "dsp_citizen=token-must"
	firstHalf  = "dsp_citizen=token-half"
)

// cookieOf returns the line that sets a cookie, "" without one.
func cookieOf(w *httptest.ResponseRecorder, name string) string {
	for _, line := range w.Header().Values("Set-Cookie") {
		if strings.HasPrefix(line, name+"=") {
			return line
		}
	}
	return ""
}

// proves B2, B4: who must change the PIN is led to the change from every page
// that wants a session, whatever is asked of it.
func TestMustChangeLeadsToTheChange(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/accesso", "/area", "/area/recapiti", "/conversione", "/conversione/modulo.pdf", "/conversione/d1"} {
		w := b.get(path, mustChange, "it")
		if path == "/accesso" && w.Header().Get("Location") == "/area" {
			continue // which leads on
		}
		if w.Code != 303 || w.Header().Get("Location") != "/pin/cambio" {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	if w := b.post("/conversione/d1/ritiro", mustChange, "it", url.Values{"csrf": {"csrf-a"}}); w.Code != 303 || len(b.conv.withdrawn) != 0 {
		t.Errorf("withdrew: %d", w.Code)
	}
	w := b.get("/pin/cambio", mustChange, "it")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Prima di continuare") {
		t.Errorf("the change: %d", w.Code)
	}
	uitest.Check(t, "must change", w.Body.String())
}

// proves A10: who showed the first half alone sees no page of the person's, and
// nothing about the person.
func TestFirstHalfLeadsToItsArea(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/area/recapiti", "/pin/cambio", "/conversione", "/conversione/d1"} {
		if w := b.get(path, firstHalf, "it"); w.Code != 303 || w.Header().Get("Location") != "/area" {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	for _, lang := range []string{"it", "en"} {
		w := b.get("/area", firstHalf, lang)
		if w.Code != 200 || strings.Contains(w.Body.String(), "Rossi") || !strings.Contains(w.Body.String(), "PIN semplificato") {
			t.Errorf("%s area: %d", lang, w.Code)
		}
		uitest.Check(t, "simplified "+lang, w.Body.String())
	}
}

// proves B2: the new PIN is shown once, in groups of four, on a page that
// nothing stores, and counts when it was typed back.
func TestChangeOfPIN(t *testing.T) {
	b := setup(t)
	for lang, cookie := range map[string]string{"it": mustChange, "en": signedIn} {
		b.access.changed = false
		w := b.post("/pin/cambio", cookie, lang, url.Values{"csrf": {"csrf-a"}})
		if w.Code != 200 || strings.Count(w.Body.String(), "NEWP W234") != 1 || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%s shown: %d %q", lang, w.Code, w.Header().Get("Cache-Control"))
		}
		uitest.Check(t, lang+" shown", w.Body.String())
		w = b.post("/pin/cambio/conferma", cookie, lang, url.Values{"csrf": {"csrf-a"}, "pin": {"WRONGONE"}})
		if w.Code != 422 || strings.Contains(w.Body.String(), "NEWP") || strings.Contains(w.Body.String(), "WRONGONE") {
			t.Errorf("%s typed wrongly: %d", lang, w.Code)
		}
		uitest.Check(t, lang+" typed wrongly", w.Body.String())
		w = b.post("/pin/cambio/conferma", cookie, lang, url.Values{"csrf": {"csrf-a"}, "pin": {"NEWPW234"}})
		if w.Code != 303 || w.Header().Get("Location") != "/area?pin=cambiato" || !b.access.changed {
			t.Errorf("%s typed back: %d %q", lang, w.Code, w.Header().Get("Location"))
		}
	}
	b.access.refuse = problem(dossier.CodePINProposalOver)
	w := b.post("/pin/cambio/conferma", signedIn, "it", url.Values{"csrf": {"csrf-a"}, "pin": {"NEWPW234"}})
	if w.Code != 409 || !strings.Contains(w.Body.String(), "Mostra il nuovo PIN") {
		t.Errorf("too late: %d", w.Code)
	}
	uitest.Check(t, "too late", w.Body.String())
}

// proves B3: a browser that signed in is known again by a secret of 256 bits,
// which activation is sent as well; a forged one is not believed.
func TestDeviceCookie(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/accesso")
	form := url.Values{"csrf": {token}, "codice_fiscale": {"X"}, "pin": {"WRONG"}}
	if w := b.post("/accesso", cookie, "it", form); cookieOf(w, "dsp_device") != "" {
		t.Error("a wrong PIN leaves a device behind")
	}
	form.Set("pin", "GOODPIN2")
	w := b.post("/accesso", cookie, "it", form)
	line := cookieOf(w, "dsp_device")
	for _, want := range []string{"Path=/;", "Max-Age=31536000", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %s", line, want)
		}
	}
	device, _, _ := strings.Cut(strings.TrimPrefix(line, "dsp_device="), ";")
	if len(device) != 43 { // 256 bits in base64
		t.Errorf("device %q", device)
	}
	if again := cookieOf(b.post("/accesso", cookie+"; dsp_device="+device, "it", form), "dsp_device"); again != line {
		t.Errorf("the device changed: %q", again)
	}
	b.post("/pin/attivazione/conferma", firstHalf+"; dsp_device="+device, "it", url.Values{"csrf": {"csrf-a"}})
	if b.activation.device != device {
		t.Error("the last step of an activation does not know the browser")
	}
	b.post("/accesso", cookie+"; dsp_device=short", "it", form)
	if got := b.access.devices; got[2] != device || got[3] == "short" || got[0] == got[1] {
		t.Errorf("tried from %q", got)
	}
}

// proves B3: during a lock the page leads to a code, which makes the browser
// known; whatever codice fiscale is given, the page is the same.
func TestUnlock(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/accesso")
	b.access.refuse = problem(dossier.CodeLocked, "seconds", "170")
	w := b.post("/accesso", cookie, "it", url.Values{"csrf": {token}, "codice_fiscale": {"X"}, "pin": {"Y"}})
	if w.Code != 429 || !strings.Contains(w.Body.String(), `href="/accesso/sblocco"`) {
		t.Errorf("locked: %d", w.Code)
	}
	uitest.Check(t, "locked", w.Body.String())
	w = b.post("/accesso/sblocco", cookie, "it", url.Values{"csrf": {token}, "codice_fiscale": {`RSS"><b>`}})
	if w.Code != 200 || strings.Contains(w.Body.String(), "<b>") || len(b.devices.asked) != 1 {
		t.Errorf("asked: %d", w.Code)
	}
	uitest.Check(t, "asked", w.Body.String())
	answer := url.Values{"csrf": {token}, "codice_fiscale": {"X"}, "codice": {"WRONG"}}
	w = b.post("/accesso/sblocco/codice", cookie, "it", answer)
	if w.Code != 422 || cookieOf(w, "dsp_device") != "" {
		t.Errorf("wrong code: %d", w.Code)
	}
	uitest.Check(t, "wrong code", w.Body.String())
	answer.Set("codice", "GOODCODE")
	w = b.post("/accesso/sblocco/codice", cookie, "it", answer)
	if w.Code != 303 || w.Header().Get("Location") != "/accesso?sbloccato=1" || !strings.HasPrefix(cookieOf(w, "dsp_device"), "dsp_device="+b.devices.known[0]) {
		t.Errorf("right code: %d %q", w.Code, w.Header())
	}
	b.devices.refuse = problem(dossier.CodeRateLimited, "seconds", "9")
	if w := b.post("/accesso/sblocco", cookie, "it", url.Values{"csrf": {token}}); w.Code != 429 {
		t.Errorf("asked too often: %d", w.Code)
	}
}

// proves A8, D4: a right PIN that is expired says so and is renewed there.
func TestRenewal(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/accesso")
	form := url.Values{"csrf": {token}, "codice_fiscale": {"RSSMRA"}, "pin": {"GOODPIN2"}}
	b.access.refuse = problem(dossier.CodePINExpired)
	w := b.post("/accesso", cookie, "it", form)
	for _, want := range []string{"Attenzione il Pin inserito è scaduto", `action="/accesso/rinnovo"`, `value="RSSMRA"`} {
		if w.Code != 403 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("expired: %d without %q", w.Code, want)
		}
	}
	uitest.Check(t, "expired", w.Body.String())
	b.access.refuse = nil
	w = b.post("/accesso/rinnovo", cookie, "it", form)
	if w.Code != 303 || w.Header().Get("Location") != "/pin/cambio" || cookieOf(w, "dsp_citizen") == "" {
		t.Errorf("renewed: %d %q", w.Code, w.Header())
	}
	form.Set("pin", "WRONG")
	w = b.post("/accesso/rinnovo", cookie, "en", form)
	if w.Code != 401 {
		t.Errorf("wrong: %d", w.Code)
	}
	uitest.Check(t, "not renewed", w.Body.String())
}

// proves B11: contacts are viewed, changed, confirmed and removed.
func TestContacts(t *testing.T) {
	b := setup(t)
	page := b.get("/area/recapiti", signedIn, "it").Body.String()
	for _, want := range []string{"39333000000", "m@prova.example", "mai confermato", "non serve conferma"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, tt := range []struct {
		path         string
		kind, value  string
		status       int
		to, contains string
	}{
		{"/area/recapiti", "email", "n@prova.example", 303, "/area/recapiti/codice", ""},
		{"/area/recapiti", "fax", "+39061111111", 303, "/area/recapiti?fatto=1", ""},
		{"/area/recapiti", "pec", "", 422, "", `id="value"`},
		{"/area/recapiti/codice", "", "WRONG", 422, "", `id="code"`},
		{"/area/recapiti/codice", "", "GOODCODE", 303, "/area/recapiti?fatto=1", ""},
		{"/area/recapiti/rimozione", "phone", "", 303, "/area/recapiti?fatto=1", ""},
	} {
		w := b.post(tt.path, signedIn, "it", url.Values{"csrf": {"csrf-a"}, "tipo": {tt.kind}, "valore": {tt.value}, "codice": {tt.value}})
		if w.Code != tt.status || w.Header().Get("Location") != tt.to || !strings.Contains(w.Body.String(), tt.contains) {
			t.Errorf("%s %s %q: %d %q", tt.path, tt.kind, tt.value, w.Code, w.Header().Get("Location"))
		}
		if w.Code == 422 {
			uitest.Check(t, tt.path, w.Body.String())
		}
	}
	if b.contacts.all.Phone != "" || b.contacts.all.Fax == "" {
		t.Errorf("contacts %+v", b.contacts.all)
	}
}
