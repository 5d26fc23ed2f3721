package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/session"
)

// fakeSessions knows one session a token.
type fakeSessions map[string]session.Session

func (f fakeSessions) Resume(_ context.Context, token string) (session.Session, error) {
	if s, ok := f[token]; ok {
		return s, nil
	}
	return session.Session{}, dossier.Problem(dossier.CodeUnauthorized)
}

func (f fakeSessions) End(_ context.Context, token string) error {
	delete(f, token)
	return nil
}

// bench is a server with one edge; its routes are added by the test.
type bench struct {
	t        *testing.T
	edge     *edge.Edge
	router   *gin.Engine
	sessions fakeSessions
	log      *bytes.Buffer
}

func setup(t *testing.T) *bench {
	t.Helper()
	gin.SetMode(gin.TestMode)
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, log: &bytes.Buffer{}, sessions: fakeSessions{
		"citizen":  {CSRF: "csrf-c", Actor: dossier.Actor{Role: dossier.RoleCitizen, ID: "h"}},
		"operator": {CSRF: "csrf-o", Actor: dossier.Actor{Role: dossier.RoleOperator, ID: "o"}},
	}}
	b.edge = edge.New(edge.Config{
		Texts: texts, Sessions: b.sessions, Logger: slog.New(slog.NewJSONHandler(b.log, nil)),
		Page: func(c *gin.Context, p edge.Problem) error {
			c.Data(p.Status, "text/html; charset=utf-8", []byte("<h1>"+p.Title+"</h1>"))
			return nil
		},
	})
	b.router = gin.New()
	b.router.HandleMethodNotAllowed = true
	b.router.Use(b.edge.Identify(), b.edge.Recover(), b.edge.Harden(), b.edge.Localise())
	b.router.NoRoute(b.edge.NotFound())
	b.router.NoMethod(b.edge.MethodNotAllowed())
	return b
}

func (b *bench) fails(path string, err error) {
	b.router.Any(path, b.edge.Handle(func(*gin.Context) error { return err }))
}

func (b *bench) do(r *http.Request) *httptest.ResponseRecorder {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	return w
}

func (b *bench) get(path string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

func TestStatusOf(t *testing.T) {
	for code, want := range map[dossier.Code]int{
		"file.too_large": 413, "file.type": 415, "file.empty": 422, "file.encrypted": 422, "pdf.invalid": 422,
		"pages.too_many": 422, "form.unsigned": 422, "id.missing": 422, "machine.gave_up": 422,
		"form.parts": 400, "request.invalid": 400, "upload.interrupted": 400,
		"unauthorized": 401, "credentials.wrong": 401, "second_factor_required": 403, "forbidden": 403, "csrf": 403,
		"not_found": 404, "method_not_allowed": 405, "conflict": 409, "dossier.changed": 409, "pages.unseen": 409,
		"lease.lost": 409, "four_eyes": 409, "own_dossier": 409, "submission.quarantined": 409,
		"conversion.closed": 409, "conversion.blocked": 409, "conversion.stopped": 409, "stop.over": 409, "pin.not_eligible_kind": 409, "idempotency.mismatch": 422,
		"locked": 429, "rate_limited": 429, "unavailable": 503, "internal": 500, "no.such.code": 500, "": 500,
	} {
		if got := edge.StatusOf(code); got != want {
			t.Errorf("StatusOf(%q) = %d, want %d", code, got, want)
		}
	}
}

// proves C3: where several files of any kind are taken, what is wrong with one is
// told in words of that place, which name it; all else as everywhere.
func TestProblemInWordsOfItsPlace(t *testing.T) {
	b := setup(t)
	for path, tt := range map[string]struct {
		err  error
		code dossier.Code
		says string
	}{
		"/api/v1/type":  {&dossier.Error{Code: "file.type", Args: map[string]string{"found": "zip", "where": "3"}}, "file.type", "File 3, counting"},
		"/api/v1/heavy": {&dossier.Error{Code: "page.too_heavy", Args: map[string]string{"where": "1, 2 (p. 4)", "size": "2097152", "limit": "1048576"}}, "page.too_heavy", "files 1, 2 (p. 4), counting"},
		"/api/v1/size":  {&dossier.Error{Code: "file.too_large", Args: map[string]string{"size": "27262976", "limit": "26214400"}}, "file.too_large", "26 MB altogether"},
		"/api/v1/none":  {dossier.Problem(dossier.CodeFilesNone), dossier.CodeFilesNone, "at least one photo"},
		"/api/v1/often": {&dossier.Error{Code: dossier.CodeRateLimited, Args: map[string]string{"seconds": "7"}}, dossier.CodeRateLimited, "in 7 seconds"},
	} {
		b.fails(path, edge.Worded("compose", tt.err))
		w := b.get(path, "Accept-Language", "en")
		var p edge.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if p.Code != tt.code || w.Code != edge.StatusOf(tt.code) || !strings.Contains(p.Detail, tt.says) || strings.Contains(p.Detail, "{") {
			t.Errorf("%s: %d %+v", path, w.Code, p)
		}
	}
	if edge.Worded("compose", nil) != nil {
		t.Error("nothing became a problem")
	}
}

func TestProblemForMachines(t *testing.T) {
	b := setup(t)
	b.fails("/api/v1/upload", &dossier.Error{
		Code: "file.too_large", Args: map[string]string{"size": "8388608", "limit": "1048576"}, Err: errors.New("private cause"),
	})
	w := b.get("/api/v1/upload", "Accept-Language", "en-GB")
	if w.Code != 413 || w.Header().Get("Content-Type") != edge.ProblemType {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	var p edge.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Code != "file.too_large" || p.Status != 413 || p.Type != "urn:dispositivo:problem:file.too_large" {
		t.Errorf("problem %+v", p)
	}
	if !strings.Contains(p.Detail, "8 MB") || !strings.Contains(p.Detail, "1 MB") || p.Title != "The file is too large" {
		t.Errorf("title %q detail %q", p.Title, p.Detail)
	}
	if strings.Contains(w.Body.String(), "private cause") {
		t.Error("the private cause is public")
	}
	if n := strings.Count(b.log.String(), "private cause"); n != 1 {
		t.Errorf("the cause was logged %d times", n)
	}
}

// proves E2: a page that says so may ask where the browser is, and no other.
func TestAllowPosition(t *testing.T) {
	b := setup(t)
	b.router.GET("/near", b.edge.AllowPosition(), func(c *gin.Context) { c.String(200, "") })
	b.router.GET("/far", func(c *gin.Context) { c.String(200, "") })
	for path, want := range map[string]string{"/near": "geolocation=(self),", "/far": "geolocation=(),", "/nowhere": "geolocation=(),"} {
		got := b.get(path).Header().Values("Permissions-Policy")
		if len(got) != 1 || !strings.Contains(got[0], want) || !strings.Contains(got[0], "camera=(), ") {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// Every code has a text in every language, and no text keeps a placeholder
// that the domain never fills.
func TestEveryCodeHasATitle(t *testing.T) {
	b := setup(t)
	for _, code := range []dossier.Code{
		dossier.CodeInternal, dossier.CodeUnavailable, dossier.CodeNotFound, dossier.CodeForbidden, dossier.CodeUnauthorized,
		dossier.CodeConflict, dossier.CodeRequestInvalid, dossier.CodeFormParts, dossier.CodeUploadInterrupted, dossier.CodeCSRF,
		dossier.CodeMethodNotAllowed, dossier.CodeRateLimited, dossier.CodeLocked, dossier.CodeCredentialsWrong,
		dossier.CodeSecondFactor, dossier.CodeIdempotency, dossier.CodeDossierChanged, dossier.CodePagesUnseen,
		dossier.CodeLeaseLost, dossier.CodeFourEyes, dossier.CodeOwnDossier, dossier.CodeQuarantined,
		dossier.CodeConversionClosed, dossier.CodeConversionBlocked, dossier.CodeAlreadyDispositivo,
		dossier.CodeConversionStopped, dossier.CodeStopOver,
	} {
		path := "/api/" + strings.ReplaceAll(string(code), ".", "-")
		b.fails(path, dossier.Problem(code))
		for _, lang := range []string{"it", "en"} {
			body := b.get(path, "Accept-Language", lang).Body.String()
			if strings.Contains(body, "error."+string(code)) || strings.Contains(body, "{seconds}") {
				t.Errorf("%s %s: %s", lang, code, body)
			}
		}
	}
}

func TestErrorsKeepTheirForm(t *testing.T) {
	b := setup(t)
	b.fails("/page", dossier.Problem(dossier.CodeNotFound))
	b.fails("/api/locked", &dossier.Error{Code: dossier.CodeLocked, Args: map[string]string{"seconds": "170"}})
	b.fails("/api/busy", &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true})
	b.fails("/api/who", dossier.Problem(dossier.CodeUnauthorized))
	b.fails("/api/unknown", errors.New("secret detail"))
	b.fails("/api/slow", context.DeadlineExceeded)

	if w := b.get("/page", "Accept", "text/html"); w.Code != 404 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("page: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if w := b.get("/page", "Accept", "application/json"); w.Header().Get("Content-Type") != edge.ProblemType {
		t.Errorf("JSON wanted, got %s", w.Header().Get("Content-Type"))
	}
	if w := b.get("/api/locked"); w.Code != 429 || w.Header().Get("Retry-After") != "170" {
		t.Errorf("locked: %d %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := b.get("/api/busy"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("busy: %d %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := b.get("/api/who"); w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("who: %d %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
	if w := b.get("/api/unknown"); w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), `"internal"`) {
		t.Errorf("unknown: %d %s", w.Code, w.Body)
	}
	if w := b.get("/api/slow"); w.Code != 503 {
		t.Errorf("slow: %d", w.Code)
	}
	if w := b.get("/nowhere"); w.Code != 404 {
		t.Errorf("nowhere: %d", w.Code)
	}
}

func TestPanicIsAnAnswer(t *testing.T) {
	b := setup(t)
	b.router.GET("/boom", func(*gin.Context) { panic("at the disco") })
	w := b.get("/boom", "Accept", "text/html")
	if w.Code != 500 || strings.Contains(w.Body.String(), "disco") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(b.log.String(), "at the disco") {
		t.Error("the panic was not logged")
	}
}

func TestMethodNotAllowed(t *testing.T) {
	b := setup(t)
	b.router.GET("/only-get", func(c *gin.Context) { c.Status(200) })
	w := b.do(httptest.NewRequestWithContext(b.t.Context(), http.MethodDelete, "/only-get", nil))
	if w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("%d Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestSecurityHeaders(t *testing.T) {
	b := setup(t)
	b.router.GET("/x", func(c *gin.Context) { c.String(200, "ok") })
	h := b.get("/x").Header()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Content-Security-Policy": "default-src 'none'",
	} {
		if !strings.Contains(h.Get(name), want) {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
	if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
		t.Error("the policy allows inline content")
	}
	if h.Get("X-Request-Id") == "" {
		t.Error("no request id")
	}
}

func TestLanguage(t *testing.T) {
	b := setup(t)
	b.router.GET("/*any", func(c *gin.Context) { c.String(200, edge.Lang(c)) })
	for _, tc := range []struct{ accept, cookie, want string }{
		{"", "", "it"},
		{"en-US,en;q=0.9", "", "en"},
		{"xx", "", "it"},
		{";;;", "", "it"},
		{"en", "lang=it", "it"},
		{"en", "lang=zz", "en"},
	} {
		if got := b.get("/x", "Accept-Language", tc.accept, "Cookie", tc.cookie).Body.String(); got != tc.want {
			t.Errorf("accept %q cookie %q: %q, want %q", tc.accept, tc.cookie, got, tc.want)
		}
	}
	w := b.get("/stato?lang=en&x=1")
	if w.Code != 303 || w.Header().Get("Location") != "/stato?x=1" || !strings.Contains(w.Header().Get("Set-Cookie"), "lang=en") {
		t.Errorf("switch: %d %q %q", w.Code, w.Header().Get("Location"), w.Header().Get("Set-Cookie"))
	}
	if to := b.get("//evil.example/x?lang=en").Header().Get("Location"); strings.HasPrefix(to, "//") {
		t.Errorf("open redirect to %q", to)
	}
}

func TestTurnedAwayAndBack(t *testing.T) {
	b := setup(t)
	b.guarded()
	w := b.get("/area", "Accept", "text/html")
	if w.Code != 303 || w.Header().Get("Location") != "/accesso?dopo=%2Farea" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
	}
	if w := b.get("/area", "Accept", "application/json"); w.Code != 401 {
		t.Errorf("machine: %d", w.Code)
	}
	if w := b.get("/area", "Cookie", "dsp_citizen=citizen"); w.Code != 200 {
		t.Errorf("signed in: %d", w.Code)
	}
}

// A picture whose session is over, or that is not there, is answered by no page: a
// page would change the cookie of the form that the browser is about to show.
func TestPartsOfPages(t *testing.T) {
	b := setup(t)
	b.guarded()
	page, data := "text/html", edge.ProblemType
	html, picture := page+",*/*;q=0.8", "image/webp,image/*,*/*;q=0.8"
	for name, tc := range map[string]struct {
		path, mode, accept string
		status             int
		kind               string
	}{
		"page":                {"/area", "navigate", html, 303, page},
		"picture":             {"/area", "no-cors", picture, 401, data},
		"page missing":        {"/nowhere", "navigate", html, 404, page},
		"picture missing":     {"/nowhere", "no-cors", picture, 404, data},
		"where a form led to": {"/nowhere", "cors", page, 404, page}, // our script shows it
		"an old browser":      {"/area", "", html, 303, page},
		"an old picture":      {"/area", "", picture, 303, page},
	} {
		w := b.get(tc.path, "Accept", tc.accept, "Sec-Fetch-Mode", tc.mode)
		if kind := w.Header().Get("Content-Type"); w.Code != tc.status || !strings.HasPrefix(kind, tc.kind) {
			t.Errorf("%s: %d %q, want %d %q", name, w.Code, kind, tc.status, tc.kind)
		}
	}
	w := b.get("/area", "Accept", "*/*", "Sec-Fetch-Mode", "cors", "HX-Request", "true")
	if to := w.Header().Get("HX-Redirect"); w.Code != 204 || to != "/accesso?dopo=%2Farea" {
		t.Errorf("part that htmx shows: %d, to %q", w.Code, to)
	}
}

func TestAfterStaysHome(t *testing.T) {
	b := setup(t)
	b.router.GET("/desk/x", b.edge.Cookies(edge.Operators()), func(c *gin.Context) {
		c.String(200, edge.After(c, c.Query("p"), "/desk/code"))
	})
	for path, want := range map[string]string{
		"/desk/pratiche/r1": "/desk/pratiche/r1", "/desk": "/desk", "/area": "/desk/code", "//evil.example/desk/": "/desk/code",
		"https://evil.example/desk/": "/desk/code", "/desk/../area\\": "/desk/code", "": "/desk/code", "/desk/accesso": "/desk/code",
		"/deskevil": "/desk/code", "/desk/x\r\nSet-Cookie: a=b": "/desk/code",
	} {
		if got := b.get("/desk/x?p=" + url.QueryEscape(path)).Body.String(); got != want {
			t.Errorf("After(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestBearerIgnoresCookies(t *testing.T) {
	b := setup(t)
	b.router.GET("/api/me", b.edge.Bearer(), b.edge.Only(dossier.RoleCitizen), func(c *gin.Context) { c.String(200, edge.Actor(c).ID) })
	for name, tc := range map[string]struct {
		header []string
		want   int
	}{
		"nobody":     {nil, 401},
		"cookie":     {[]string{"Cookie", "dsp_citizen=citizen"}, 401},
		"bearer":     {[]string{"Authorization", "bearer citizen"}, 200},
		"wrong":      {[]string{"Authorization", "Bearer nope"}, 401},
		"basic":      {[]string{"Authorization", "Basic Y2l0aXplbg=="}, 401},
		"other role": {[]string{"Authorization", "Bearer operator"}, 403},
	} {
		if w := b.get("/api/me", tc.header...); w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
}

// proves B5: who signs in gets a session of its own, whatever cookie came along, and
// the one that came along is over.
func TestWelcomeEndsTheSessionBefore(t *testing.T) {
	b := setup(t)
	b.sessions["fresh"] = session.Session{Actor: dossier.Actor{Role: dossier.RoleCitizen, ID: "another"}}
	b.router.GET("/in", b.edge.Cookies(edge.Citizens()), func(c *gin.Context) {
		b.edge.Welcome(c, edge.Citizens(), session.Session{Token: "fresh"})
	})
	for _, planted := range []string{"citizen", "chosen-by-somebody", "operator"} {
		w := b.get("/in", "Cookie", "dsp_citizen="+planted)
		if cookie := w.Header().Get("Set-Cookie"); !strings.Contains(cookie, "dsp_citizen=fresh") {
			t.Errorf("%s: %q", planted, cookie)
		}
	}
	for token, want := range map[string]bool{"citizen": false, "operator": true, "fresh": true} { // the desk's own is none here
		if _, there := b.sessions[token]; there != want {
			t.Errorf("%s is there: %v", token, there)
		}
	}
}

func TestCookies(t *testing.T) {
	b := setup(t)
	b.router.GET("/in", func(c *gin.Context) { b.edge.Welcome(c, edge.Operators(), session.Session{Token: "operator"}) })
	b.router.GET("/desk/out", b.edge.Cookies(edge.Operators()), b.edge.Handle(func(c *gin.Context) error {
		return b.edge.Leave(c, edge.Operators())
	}))
	in := b.get("/in").Header().Get("Set-Cookie")
	for _, want := range []string{"dsp_operator=operator", "Path=/desk", "HttpOnly", "SameSite=Strict"} {
		if !strings.Contains(in, want) {
			t.Errorf("cookie %q lacks %s", in, want)
		}
	}
	out := b.get("/desk/out", "Cookie", "dsp_operator=operator")
	if !strings.Contains(out.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("cookie stays: %q", out.Header().Get("Set-Cookie"))
	}
	if _, there := b.sessions["operator"]; there {
		t.Error("the session was not ended")
	}
}
