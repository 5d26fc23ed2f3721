package portal_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/portal"
	"dispositivo/api/ui"
	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/internal/i18n"
	"dispositivo/pin"
	"dispositivo/pin/conversion"
)

type bench struct {
	t        *testing.T
	router   *gin.Engine
	access   *fakeAccess
	sessions fakeSessions
	// devices and contacts are what the pages of their name work with.
	activation *fakeActivation
	devices    *fakeDevices
	contacts   *fakeContacts
	conv       *fakeConversion
	door       *fakeDoor
	letters    *fakeLetters
	asks       *fakeRequests
	identities fakeIdentities
	catalogue  *fakeServices
	deleghe    *fakeDelegation
	journal    *fakeJournal
	log        *bytes.Buffer
}

func setup(t *testing.T) *bench {
	t.Helper()
	gin.SetMode(gin.TestMode)
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(ui.Config{
		Texts:  texts,
		Assets: fstest.MapFS{"css/bootstrap-italia.min.css": {Data: []byte("x")}, "svg/sprites.svg": {Data: []byte("x")}},
		Demo: func() ui.Demo {
			return ui.Demo{Citizens: []ui.DemoCitizen{{CodiceFiscale: "X", PIN: "Y", Kind: dossier.Ordinario, Scene: "none"}}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	sessions := fakeSessions{
		"token-a": citizenSession(), "token-must": halfSession(dossier.RoleMustChange), "token-half": halfSession(dossier.RoleSimplified),
	}
	log := &bytes.Buffer{}
	e := edge.New(edge.Config{
		Texts: texts, Sessions: sessions,
		Logger: slog.New(slog.NewJSONHandler(log, nil)), Page: pages.ErrorPage,
	})
	pages.SetCSRF(e.CSRF)
	b := &bench{
		t: t, router: gin.New(), sessions: sessions, conv: &fakeConversion{}, door: &fakeDoor{}, activation: &fakeActivation{}, letters: &fakeLetters{}, asks: &fakeRequests{}, devices: &fakeDevices{},
		catalogue: &fakeServices{}, log: log, deleghe: &fakeDelegation{}, journal: &fakeJournal{},
		contacts: &fakeContacts{all: dossier.Contacts{Mobile: "+39333000000", Phone: "+39061234567"}.With(dossier.ContactEmail, "m@prova.example", noon(), true)},
		access:   &fakeAccess{account: pin.Account{HolderID: "holder-a", Kind: dossier.Ordinario, Person: dossier.Person{Name: "Maria", Surname: "Rossi"}}},
	}
	b.router.Use(e.Identify(), e.Recover(), e.Harden(), e.Localise())
	b.router.NoRoute(e.NotFound())
	portal.New(portal.Deps{
		Edge: e, UI: pages, Access: b.access, Activation: b.activation, Devices: b.devices, Contacts: b.contacts, Conversion: b.conv, Requests: b.asks, Door: b.door, Letters: b.letters,
		Identities: &b.identities, Services: b.catalogue, Delegation: b.deleghe, Journal: b.journal, Sessions: sessions, Offices: finder(t), MaxBytes: 1 << 20,
		Messages: func(context.Context) ([]portal.Message, error) {
			return []portal.Message{{At: noon(), Class: "sms", To: "+1 202", Text: "<script>alert(1)</script>"}}, nil
		},
	}).Routes(b.router)
	return b
}

const signedIn = "dsp_citizen=token-a"

func (b *bench) send(r *http.Request, cookie, lang string) *httptest.ResponseRecorder {
	b.t.Helper()
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", lang)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	return w
}

func (b *bench) get(path, cookie, lang string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.send(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, path, nil), cookie, lang)
}

func (b *bench) post(path, cookie, lang string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r, cookie, lang)
}

// token visits a form without a session and returns its cookie and token.
func (b *bench) token(path string) (cookie, token string) {
	b.t.Helper()
	w := b.get(path, "", "it")
	cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	_, rest, _ := strings.Cut(w.Body.String(), `name="csrf" value="`)
	token, _, _ = strings.Cut(rest, `"`)
	return cookie, token
}

func (b *bench) upload(lang string, files ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("csrf", "csrf-a"); err != nil {
		b.t.Fatal(err)
	}
	for _, content := range files {
		part, err := form.CreateFormFile("file", "modulo firmato.pdf")
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "/conversione/invio", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.send(r, signedIn, lang)
}

// Every page in every language, with every state, is sound.
//
// proves E1
func TestPagesAreSound(t *testing.T) {
	b := setup(t)
	for _, lang := range []string{"it", "en"} {
		for _, path := range []string{"/", "/accesso", "/accesso?uscito=1", "/accesso?sbloccato=1", "/accesso/sblocco", "/accesso/rinnovo", "/accesso?attivato=mobile", "/pin/attivazione", "/stato", "/richiesta-pin", "/richiesta-pin/inviata", "/sedi", "/accessibilita", "/privacy", "/demo/messages"} {
			w := b.get(path, "", lang)
			if w.Code != 200 || !strings.Contains(w.Body.String(), `<html lang="`+lang+`">`) {
				t.Errorf("%s %s: %d", lang, path, w.Code)
			}
			uitest.Check(t, lang+" "+path, w.Body.String())
		}
		uitest.Check(t, lang+" 404", b.get("/nowhere", "", lang).Body.String())
		for _, state := range []dossier.State{
			"", dossier.StateOpen, dossier.StateScreening, dossier.StateWaiting, dossier.StateReviewing, dossier.StateSecondReview,
			dossier.StateApproved, dossier.StateConverted, dossier.StateRejected, dossier.StateExpired, dossier.StateWithdrawn, dossier.StateSuperseded,
		} {
			b.everyOwnPage(lang, state)
		}
	}
}

func (b *bench) everyOwnPage(lang string, state dossier.State) {
	b.t.Helper()
	paths := []string{"/area", "/area?pin=cambiato", "/area/recapiti", "/area/recapiti?fatto=1", "/area/recapiti/codice", "/pin/cambio", "/conversione"}
	b.conv.list = nil
	if state != "" {
		b.conv.list = []conversion.Status{inState(state)}
		paths = append(paths, "/conversione/d1", "/conversione/d1?ricevuta=2026/0000001")
		if b.conv.list[0].CanWithdraw {
			paths = append(paths, "/conversione/d1/ritiro")
		}
	}
	for _, path := range paths {
		w := b.get(path, signedIn, lang)
		if w.Code != 200 {
			b.t.Errorf("%s %s %s: %d", lang, state, path, w.Code)
		}
		uitest.Check(b.t, lang+" "+string(state)+" "+path, w.Body.String())
	}
}

func TestNobodyIsSentToSignIn(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/area", "/conversione", "/conversione/modulo.pdf", "/conversione/d1", "/conversione/d1/ritiro"} {
		w := b.get(path, "", "it")
		if want := "/accesso?dopo=" + url.QueryEscape(path); w.Code != 303 || w.Header().Get("Location") != want {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	for _, path := range []string{"/conversione/invio", "/conversione/d1/ritiro"} {
		if w := b.post(path, "", "it", nil); w.Code != 303 || w.Header().Get("Location") != "/accesso?uscito=1" {
			t.Errorf("POST %s: %d %q", path, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestSignIn(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/accesso")
	form := url.Values{"csrf": {token}, "codice_fiscale": {`RSS"><b>`}, "pin": {"WRONG"}, "dopo": {"/conversione"}}
	w := b.post("/accesso", cookie, "en", form)
	if w.Code != 401 || strings.Contains(w.Body.String(), "<b>") || !strings.Contains(w.Body.String(), "not correct") {
		t.Errorf("wrong PIN: %d", w.Code)
	}
	if strings.Contains(w.Body.String(), "WRONG") {
		t.Error("the PIN comes back in the page")
	}
	uitest.Check(t, "wrong PIN", w.Body.String())

	form.Set("pin", "GOODPIN2")
	w = b.post("/accesso", cookie, "en", form)
	if w.Code != 303 || w.Header().Get("Location") != "/conversione" || !strings.Contains(strings.Join(w.Header().Values("Set-Cookie"), "\n"), "dsp_citizen=token-a") {
		t.Errorf("right PIN: %d %q", w.Code, w.Header())
	}
	form.Set("dopo", "https://evil.example/")
	if to := b.post("/accesso", cookie, "en", form).Header().Get("Location"); to != "/area" {
		t.Errorf("sent to %q", to)
	}
	form.Set("csrf", "forged")
	if w := b.post("/accesso", cookie, "en", form); w.Code != 403 {
		t.Errorf("forged: %d", w.Code)
	}
	b.access.refuse = problem(dossier.CodeLocked, "seconds", "170")
	form.Set("csrf", token)
	w = b.post("/accesso", cookie, "it", form)
	if w.Code != 429 || w.Header().Get("Retry-After") != "170" || !strings.Contains(w.Body.String(), "170 secondi") {
		t.Errorf("locked: %d %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestSignOut(t *testing.T) {
	b := setup(t)
	if w := b.post("/uscita", signedIn, "it", url.Values{"csrf": {"csrf-a"}}); w.Code != 303 || w.Header().Get("Location") != "/" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
	}
	if w := b.get("/area", signedIn, "it"); w.Code != 303 {
		t.Errorf("still signed in: %d", w.Code)
	}
}

func TestFormDownload(t *testing.T) {
	b := setup(t)
	w := b.get("/conversione/modulo.pdf", signedIn, "it")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/pdf" || w.Header().Get("Content-Disposition") != "attachment; filename=modulo.pdf" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	b.conv.refuse = problem(dossier.CodeAlreadyDispositivo)
	if w := b.get("/conversione/modulo.pdf", signedIn, "it"); w.Code != 409 || !strings.Contains(w.Body.String(), `id="problem"`) {
		t.Errorf("refused: %d", w.Code)
	}
}

// proves C1 and E2: whoever has no printer at hand gets a blank form, signed in or not.
func TestBlankForm(t *testing.T) {
	b := setup(t)
	for _, who := range []string{"", signedIn} {
		w := b.get("/conversione/modulo-in-bianco.pdf", who, "en")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/pdf" || w.Body.String() != "%PDF-1.7 en" {
			t.Errorf("%q: %d %v", who, w.Code, w.Header())
		}
	}
	b.conv.refuse = problem(dossier.CodeRateLimited)
	if w := b.get("/conversione/modulo-in-bianco.pdf", "", "it"); w.Code != 429 {
		t.Errorf("too many: %d", w.Code)
	}
	b.conv.refuse = nil
	for path, who := range map[string]string{"/": "", "/conversione": signedIn} {
		if !strings.Contains(b.get(path, who, "it").Body.String(), `href="/conversione/modulo-in-bianco.pdf"`) {
			t.Errorf("%s does not lead to it", path)
		}
	}
}

func TestUploadLeadsToTheReceipt(t *testing.T) {
	b := setup(t)
	w := b.upload("it", "%PDF-1.7 …")
	if w.Code != 303 || w.Header().Get("Location") != "/conversione/d1?ricevuta=2026%2F0000001" {
		t.Fatalf("%d %q", w.Code, w.Header().Get("Location"))
	}
	if string(b.door.got) != "%PDF-1.7 …" || b.door.name != "modulo firmato.pdf" {
		t.Errorf("the door got %q, %q", b.door.name, b.door.got)
	}
	b.conv.list = []conversion.Status{inState(dossier.StateScreening)}
	page := b.get(w.Header().Get("Location"), signedIn, "it").Body.String()
	if !strings.Contains(page, "<strong>2026/0000001</strong>") || !strings.Contains(page, `http-equiv="refresh"`) {
		t.Error("no receipt, or it does not refresh")
	}
	if strings.Contains(b.get("/conversione/d1?ricevuta=2026/0000099", signedIn, "it").Body.String(), "dsp-receipt") {
		t.Error("a receipt for a protocol that is not there")
	}
}

// proves C2
func TestRefusalsReachTheReader(t *testing.T) {
	b := setup(t)
	for _, tc := range []struct {
		err    error
		status int
		it, en string
	}{
		{problem("file.too_large", "size", "8388608", "limit", "1048576"), 413, "Il file è di 8 MB; il limite è 1 MB", "The file is 8 MB; the limit is 1 MB"},
		{problem("file.type", "found", "zip"), 415, "Questo tipo di file non va bene", "This type of file cannot be used"},
		{problem("file.empty"), 422, "Il file è vuoto", "The file is empty"},
		{problem("file.encrypted"), 422, "password", "password"},
		{problem(dossier.CodeUnavailable), 503, "Riprovi", "try again"},
	} {
		b.door.refuse = tc.err
		for lang, want := range map[string]string{"it": tc.it, "en": tc.en} {
			w := b.upload(lang, "content")
			if w.Code != tc.status || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), `action="/conversione/invio"`) {
				t.Errorf("%v %s: %d, %q is there: %t", tc.err, lang, w.Code, want, strings.Contains(w.Body.String(), want))
			}
			uitest.Check(t, lang+" "+tc.err.Error(), w.Body.String())
		}
	}
	b.door.refuse = nil
	if w := b.upload("en", "one", "two"); w.Code != 400 || !strings.Contains(w.Body.String(), "Exactly one file is needed") {
		t.Errorf("two files: %d", w.Code)
	}
	if w := b.upload("en"); w.Code != 400 {
		t.Errorf("no file: %d", w.Code)
	}
	if b.door.got != nil {
		t.Error("the door accepted something")
	}
}

func TestSomebodyElsesDossierIsNotThere(t *testing.T) {
	b := setup(t)
	b.conv.list = []conversion.Status{inState(dossier.StateReviewing)}
	if w := b.get("/conversione/d2", signedIn, "it"); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
}

func TestWithdraw(t *testing.T) {
	b := setup(t)
	b.conv.list = []conversion.Status{inState(dossier.StateWaiting)}
	if w := b.post("/conversione/d1/ritiro", signedIn, "it", url.Values{}); w.Code != 403 || len(b.conv.withdrawn) != 0 {
		t.Errorf("without token: %d", w.Code)
	}
	if w := b.post("/conversione/d1/ritiro", signedIn, "it", url.Values{"csrf": {"csrf-a"}}); w.Code != 303 || len(b.conv.withdrawn) != 1 {
		t.Errorf("%d %v", w.Code, b.conv.withdrawn)
	}
	b.conv.list = []conversion.Status{inState(dossier.StateConverted)}
	if w := b.get("/conversione/d1/ritiro", signedIn, "it"); w.Code != 303 {
		t.Errorf("nothing to withdraw: %d", w.Code)
	}
}

// proves C13
func TestStatusByProtocolAndCode(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/stato")
	form := url.Values{"csrf": {token}, "protocollo": {"2026/0000001"}, "codice": {"WRONG"}}
	w := b.post("/stato", cookie, "it", form)
	if w.Code != 404 || !strings.Contains(w.Body.String(), "Nessuna pratica con questi dati") {
		t.Errorf("wrong code: %d", w.Code)
	}
	uitest.Check(t, "wrong code", w.Body.String())
	form.Set("codice", "RIGHT")
	w = b.post("/stato", cookie, "it", form)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "In esame") || strings.Contains(w.Body.String(), "RIGHT") {
		t.Errorf("right code: %d", w.Code)
	}
	uitest.Check(t, "right code", w.Body.String())
}

func TestHostileTextIsEscaped(t *testing.T) {
	b := setup(t)
	b.access.account.Person.Name = `<img src=x onerror="alert(1)">`
	if body := b.get("/area", signedIn, "it").Body.String(); strings.Contains(body, "<img src=x") {
		t.Error("a name became markup")
	}
	if body := b.get("/demo/messages", "", "it").Body.String(); strings.Contains(body, "<script>alert") {
		t.Error("a message became a script")
	}
}

func TestLanguageSwitchKeepsThePage(t *testing.T) {
	b := setup(t)
	b.door.refuse = problem("file.empty")
	if body := b.upload("it", "x").Body.String(); !strings.Contains(body, `href="/conversione?lang=en"`) {
		t.Error("after a POST the switch does not lead to the page")
	}
	if body := b.get("/stato", "", "it").Body.String(); !strings.Contains(body, `href="/stato?lang=en"`) {
		t.Error("the switch leaves the page")
	}
}
