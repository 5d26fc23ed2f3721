package desk_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"dispositivo/api/desk"
	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/internal/i18n"
	"dispositivo/verify/review"
)

type bench struct {
	t       *testing.T
	router  *gin.Engine
	reviews *fakeReviews
	letters *fakeLetters
	asks    *fakeRequests
	matches *fakeMatching
	ledger  *fakeLedger
	scans   *fakeScans
	journal *fakeJournal
	taken   *fakeEvidence
	stops   *fakeConversions
}

func setup(t *testing.T) *bench {
	t.Helper()
	gin.SetMode(gin.TestMode)
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(ui.Config{
		Texts: texts, Assets: fstest.MapFS{"svg/sprites.svg": {Data: []byte("x")}},
		Demo: func() ui.Demo {
			return ui.Demo{Operators: []ui.DemoOperator{{Username: "u", Password: "p", Role: dossier.RoleOperator}}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	sessions := fakeSessions{}
	for _, role := range []dossier.Role{dossier.RoleCitizen, dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin} {
		sessions["token-"+string(role)] = staffSession(role)
	}
	e := edge.New(edge.Config{Texts: texts, Sessions: sessions, Logger: slog.New(slog.DiscardHandler), Page: pages.ErrorPage})
	pages.SetCSRF(e.CSRF)
	b := &bench{t: t, router: gin.New(), letters: &fakeLetters{}, matches: &fakeMatching{}, ledger: &fakeLedger{}, scans: &fakeScans{}, journal: &fakeJournal{}, taken: &fakeEvidence{}, stops: &fakeConversions{}, asks: &fakeRequests{}, reviews: &fakeReviews{
		items: items(), kase: aCase(), image: review.Image{ContentType: "image/png", Data: []byte("png")},
		submissions: []dossier.Submission{submission("q1", dossier.SubmissionQuarantined, 1), submission("u1", dossier.SubmissionUnmatched, 0)},
	}}
	b.router.Use(e.Identify(), e.Recover(), e.Harden(), e.Localise())
	b.router.NoRoute(e.NotFound())
	desk.New(desk.Deps{Edge: e, UI: pages, Accounts: fakeAccounts{}, Reviews: b.reviews, Evidence: b.taken, Conversions: b.stops, Letters: b.letters, Requests: b.asks, Matching: b.matches, Ledger: b.ledger, Scans: b.scans, Journal: b.journal, Revocation: fakeRevocation{}, Slip: fakeSlip, Now: noon}).Routes(b.router)
	return b
}

func (b *bench) send(r *http.Request, role dossier.Role, lang string) *httptest.ResponseRecorder {
	b.t.Helper()
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", lang)
	if role != "" {
		r.Header.Add("Cookie", "dsp_operator=token-"+string(role))
	}
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	return w
}

func (b *bench) get(path string, role dossier.Role, lang string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.send(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, path, nil), role, lang)
}

func (b *bench) post(path string, role dossier.Role, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	if form == nil {
		form = url.Values{"csrf": {"csrf-" + string(role)}}
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r, role, "it")
}

// Every page of the desk in every language is sound.
//
// proves E1
func TestPagesAreSound(t *testing.T) {
	b := setup(t)
	paths := []string{
		"/desk/code", "/desk/code?stato=reviewing&sede=Zurigo&sollecito=1", "/desk/code?fatto=approved", "/desk/code?fatto=none",
		"/desk/pratiche/r1", "/desk/fascicoli/d1", "/desk/quarantena", "/desk/quarantena?fatto=cleared", "/desk/non-abbinati?fatto=refused", "/desk/invii/u1",
	}
	for _, lang := range []string{"it", "en"} {
		uitest.Check(t, lang+" sign-in", b.get("/desk/accesso", "", lang).Body.String())
		uitest.Check(t, lang+" 404", b.get("/desk/nope", "", lang).Body.String())
		for _, role := range []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor} {
			for _, path := range paths {
				w := b.get(path, role, lang)
				if w.Code != 200 {
					t.Errorf("%s %s %s: %d", lang, role, path, w.Code)
				}
				uitest.Check(t, lang+" "+string(role)+" "+path, w.Body.String())
			}
		}
	}
}

// The outcomes that a redirect may name all have a text.
func TestOutcomesHaveTexts(t *testing.T) {
	b := setup(t)
	for _, done := range []string{"approved", "second_review", "rejected", "waiting", "converted", "released", "cleared", "refused", "stopped", "none"} {
		body := b.get("/desk/code?fatto="+done, dossier.RoleOperator, "en").Body.String()
		uitest.Check(t, done, body)
		if !strings.Contains(body, `dsp-alert-success`) {
			t.Errorf("%s: nothing is told", done)
		}
	}
	if body := b.get("/desk/code?fatto=%3Cb%3E", dossier.RoleOperator, "en").Body.String(); strings.Contains(body, "dsp-alert-success") {
		t.Error("any text in the address is told")
	}
}

func TestWhoMayComeIn(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/desk", "/desk/code", "/desk/pratiche/r1", "/desk/fascicoli/d1", "/desk/quarantena", "/desk/documenti/doc-s1/pagine/1.img"} {
		for _, role := range []dossier.Role{"", dossier.RoleCitizen} {
			if w := b.get(path, role, "it"); w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), "/desk/accesso?dopo=") {
				t.Errorf("%s as %q: %d %q", path, role, w.Code, w.Header().Get("Location"))
			}
		}
	}
	for _, path := range []string{"/desk/code/prossima", "/desk/code/d1/prendi", "/desk/pratiche/r1/decisione", "/desk/pratiche/r1/rilascio", "/desk/invii/q1/rilettura", "/desk/invii/q1/rifiuto"} {
		if w := b.post(path, "", url.Values{}); w.Code != 303 {
			t.Errorf("POST %s as nobody: %d", path, w.Code)
		}
		if w := b.post(path, dossier.RoleOperator, url.Values{"csrf": {"forged"}}); w.Code != 403 {
			t.Errorf("POST %s forged: %d", path, w.Code)
		}
	}
	if len(b.reviews.acts) > 0 || b.reviews.verdict != (review.Verdict{}) {
		t.Errorf("something was done: %v", b.reviews.acts)
	}
}

func TestSignInWithSecondFactor(t *testing.T) {
	b := setup(t)
	first := b.get("/desk/accesso", "", "it")
	cookie, _, _ := strings.Cut(first.Header().Get("Set-Cookie"), ";")
	_, rest, _ := strings.Cut(first.Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	try := func(password, otp string) *httptest.ResponseRecorder {
		form := url.Values{"csrf": {token}, "username": {"operatore"}, "password": {password}, "otp": {otp}, "dopo": {"/desk/quarantena"}}
		r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "/desk/accesso", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		return b.send(r, "", "it")
	}
	if w := try("wrong", "123456"); w.Code != 401 || strings.Contains(w.Body.String(), "123456") {
		t.Errorf("wrong password: %d", w.Code)
	}
	w := try("right", "")
	if w.Code != 403 || !strings.Contains(w.Body.String(), `href="#otp"`) {
		t.Errorf("no second factor: %d", w.Code)
	}
	uitest.Check(t, "second factor", w.Body.String())
	w = try("right", "123456")
	if w.Code != 303 || w.Header().Get("Location") != "/desk/quarantena" || !strings.Contains(strings.Join(w.Header().Values("Set-Cookie"), "\n"), "SameSite=Strict") {
		t.Errorf("right: %d %v", w.Code, w.Header())
	}
}

func TestTakingACase(t *testing.T) {
	b := setup(t)
	if w := b.post("/desk/code/prossima", dossier.RoleOperator, nil); w.Header().Get("Location") != "/desk/pratiche/r1" {
		t.Errorf("next: %d %q", w.Code, w.Header().Get("Location"))
	}
	b.reviews.empty = true
	if w := b.post("/desk/code/prossima", dossier.RoleOperator, nil); w.Header().Get("Location") != "/desk/code?fatto=none" {
		t.Errorf("none: %q", w.Header().Get("Location"))
	}
	if w := b.post("/desk/code/d1/prendi", dossier.RoleOperator, nil); w.Header().Get("Location") != "/desk/pratiche/r1" {
		t.Errorf("claim: %q", w.Header().Get("Location"))
	}
	b.reviews.refuse = problem(dossier.CodeLeaseLost)
	w := b.post("/desk/code/d1/prendi", dossier.RoleOperator, nil)
	if w.Code != 409 || !strings.Contains(w.Body.String(), "Coda delle pratiche") || !strings.Contains(w.Body.String(), `id="problem"`) {
		t.Errorf("taken: %d", w.Code)
	}
	uitest.Check(t, "taken", w.Body.String())
}

// proves C10
func TestDecision(t *testing.T) {
	b := setup(t)
	form := url.Values{
		"csrf": {"csrf-operator"}, "version": {"7"}, "action": {"reject"}, "reason": {"id.expired"}, "note": {" scaduto "},
	}
	w := b.post("/desk/pratiche/r1/decisione", dossier.RoleOperator, form)
	want := review.Verdict{Action: dossier.ActionReject, Reason: dossier.ReasonIDExpired, Note: "scaduto", Version: 7}
	if w.Code != 303 || w.Header().Get("Location") != "/desk/code?fatto=approved" || b.reviews.verdict != want {
		t.Errorf("%d %q %+v", w.Code, w.Header().Get("Location"), b.reviews.verdict)
	}
	for code, link := range map[dossier.Code]string{
		dossier.CodeDossierChanged: "#pages", dossier.CodePagesUnseen: "#pages", dossier.CodeFourEyes: "", dossier.CodeOwnDossier: "",
		dossier.CodeQuarantined: "", dossier.CodeLeaseLost: "",
	} {
		b.reviews.refuse = problem(code)
		w := b.post("/desk/pratiche/r1/decisione", dossier.RoleOperator, form)
		body := w.Body.String()
		if w.Code != 409 || !strings.Contains(body, `id="problem"`) || (link != "" && !strings.Contains(body, `href="`+link+`"`)) {
			t.Errorf("%s: %d", code, w.Code)
		}
		if !strings.Contains(body, "scaduto") || !strings.Contains(body, `value="id.expired" selected`) {
			t.Errorf("%s: what was filled in is lost", code)
		}
		uitest.Check(t, string(code), body)
	}
}

func TestDecisionWithoutReasonOrVersion(t *testing.T) {
	b := setup(t)
	b.reviews.refuse = problem(dossier.CodeRequestInvalid)
	form := url.Values{"csrf": {"csrf-operator"}, "version": {"7"}, "action": {"reject"}}
	if w := b.post("/desk/pratiche/r1/decisione", dossier.RoleOperator, form); w.Code != 400 || !strings.Contains(w.Body.String(), `href="#reason"`) {
		t.Errorf("no reason: %d", w.Code)
	}
	b.reviews.refuse = nil
	form.Set("version", "x")
	if w := b.post("/desk/pratiche/r1/decisione", dossier.RoleOperator, form); w.Code != 400 || b.reviews.verdict.Version != 7 {
		t.Errorf("no version: %d %+v", w.Code, b.reviews.verdict)
	}
}

func TestLeaseGoneShowsTheQueue(t *testing.T) {
	b := setup(t)
	b.reviews.refuse, b.reviews.caseErr = problem(dossier.CodeLeaseLost), problem(dossier.CodeLeaseLost)
	form := url.Values{"csrf": {"csrf-operator"}, "version": {"7"}, "action": {"approve"}}
	w := b.post("/desk/pratiche/r1/decisione", dossier.RoleOperator, form)
	if w.Code != 409 || !strings.Contains(w.Body.String(), "Coda delle pratiche") {
		t.Errorf("%d", w.Code)
	}
	if w := b.get("/desk/pratiche/r1", dossier.RoleOperator, "it"); w.Code != 409 {
		t.Errorf("case: %d", w.Code)
	}
}

func TestCasePage(t *testing.T) {
	b := setup(t)
	body := b.get("/desk/pratiche/r1", dossier.RoleOperator, "it").Body.String()
	for _, want := range []string{
		`<noscript><img src="/desk/documenti/doc-s1/pagine/1.img"`, `name="version" value="7"`, "Pagine ancora da guardare: 1",
		"vedi immagine", "Diverso", "Boston", "Nota interna", "la pagina è troppo scura", "1 gennaio 1980",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(b.get("/desk/fascicoli/d1", dossier.RoleAuditor, "it").Body.String(), "/decisione") {
		t.Error("an auditor is offered a decision")
	}
	b.reviews.kase.Dossier.Submissions[0].State = dossier.SubmissionQuarantined
	body = b.get("/desk/pratiche/r1", dossier.RoleOperator, "it").Body.String()
	uitest.Check(t, "quarantined", body)
	if !strings.Contains(body, "finché un invio è in quarantena") || !strings.Contains(body, "/desk/invii/s1/rilettura") || !strings.Contains(body, `value="approve" disabled`) {
		t.Error("quarantine is not explained")
	}
	b.reviews.kase.Dossier.Submissions[0].Documents[0].Pages[1].ImageBlob = ""
	body = b.get("/desk/pratiche/r1", dossier.RoleOperator, "it").Body.String()
	if !strings.Contains(body, "non si è potuta trasformare in immagine") {
		t.Error("a page without image is not explained")
	}
	uitest.Check(t, "no image", body)
}

func TestPageImages(t *testing.T) {
	b := setup(t)
	w := b.get("/desk/documenti/doc-s1/pagine/2.img", dossier.RoleOperator, "it")
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	b.get("/desk/documenti/doc-s1/pagine/2.mini", dossier.RoleOperator, "it")
	if got := strings.Join(b.reviews.acts, ","); got != "page doc-s1 full,page doc-s1 thumb" {
		t.Errorf("asked for %s", got)
	}
	for _, bad := range []string{"0.img", "x.img", "1", "1.pdf", "-1.img", "99999999999999999999.img"} {
		if w := b.get("/desk/documenti/doc-s1/pagine/"+bad, dossier.RoleOperator, "it"); w.Code != 404 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	b.reviews.image.ContentType = "text/html"
	if w := b.get("/desk/documenti/doc-s1/pagine/1.img", dossier.RoleOperator, "it"); w.Code != 500 || strings.Contains(w.Body.String(), "png") {
		t.Errorf("a page that is no image: %d", w.Code)
	}
}

func TestListsOfSubmissions(t *testing.T) {
	b := setup(t)
	if w := b.post("/desk/invii/q1/rilettura", dossier.RoleOperator, nil); w.Header().Get("Location") != "/desk/quarantena?fatto=cleared" {
		t.Errorf("clear: %d %q", w.Code, w.Header().Get("Location"))
	}
	form := url.Values{"csrf": {"csrf-operator"}, "lista": {"/desk/non-abbinati"}, "motivo": {"unrelated"}}
	if w := b.post("/desk/invii/u1/rifiuto", dossier.RoleOperator, form); w.Header().Get("Location") != "/desk/non-abbinati?fatto=refused" {
		t.Errorf("refuse: %d %q", w.Code, w.Header().Get("Location"))
	}
	if !slices.Contains(b.reviews.acts, "refuse u1 unrelated") {
		t.Errorf("did %v", b.reviews.acts)
	}
	form.Set("lista", "https://evil.example")
	if w := b.post("/desk/invii/q1/rifiuto", dossier.RoleOperator, form); w.Header().Get("Location") != "/desk/quarantena?fatto=refused" {
		t.Errorf("list: %q", w.Header().Get("Location"))
	}
	b.reviews.refuse = problem(dossier.CodeConflict)
	if w := b.post("/desk/invii/q1/rilettura", dossier.RoleOperator, nil); w.Code != 409 || !strings.Contains(w.Body.String(), "Invii in quarantena") {
		t.Errorf("conflict: %d", w.Code)
	}
	b.reviews.submissions[0].DossierID = "d9"
	body := b.get("/desk/quarantena", dossier.RoleOperator, "it").Body.String()
	if strings.Contains(body, "/rilettura") || !strings.Contains(body, `action="/desk/code/d9/prendi"`) {
		t.Error("a case in nobody's hands is not offered to be taken first")
	}
	uitest.Check(t, "take first", body)
	if body := b.get("/desk/quarantena", dossier.RoleAuditor, "it").Body.String(); strings.Contains(body, "/rilettura") {
		t.Error("an auditor is offered to clear")
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	b := setup(t)
	b.reviews.kase.Person.Surname = `"><script>alert(1)</script>`
	b.reviews.kase.Decisions[0].Note = `<img src=x onerror=alert(1)>`
	b.reviews.items[0].Office = `<b>`
	for _, path := range []string{"/desk/pratiche/r1", "/desk/code"} {
		body := b.get(path, dossier.RoleOperator, "it").Body.String()
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || strings.Contains(body, "<td><b>") {
			t.Errorf("%s: a text became markup", path)
		}
		uitest.Check(t, path, body)
	}
}
