package ui_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/internal/i18n"
)

func serve(t *testing.T, assets fs.FS) *gin.Engine {
	t.Helper()
	gin.SetMode(gin.TestMode)
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	u, err := ui.New(ui.Config{Texts: texts, Assets: assets})
	if err != nil {
		t.Fatal(err)
	}
	e := edge.New(edge.Config{Texts: texts, Logger: slog.New(slog.DiscardHandler), Page: u.ErrorPage})
	u.SetCSRF(e.CSRF)
	r := gin.New()
	r.Use(e.Identify(), e.Recover(), e.Harden(), e.Localise())
	r.NoRoute(e.NotFound())
	r.GET(ui.AssetRoute, e.Handle(u.Static))
	r.GET("/manifest.webmanifest", e.Handle(u.Manifest))
	r.GET("/lookup", e.Handle(func(c *gin.Context) error {
		return u.Show(c, ui.Page{Area: ui.Portal, Name: "portal/lookup", Title: "ui.lookup.title", Data: lookup{
			Status: &status{
				State: dossier.StateReviewing, Protocol: "2026/0000001",
				ChangedAt: time.Date(2026, time.August, 1, 22, 30, 0, 0, time.UTC),
				DueAt:     time.Date(2026, time.December, 31, 23, 30, 0, 0, time.UTC),
			},
		}})
	}))
	r.GET("/broken", e.Handle(func(c *gin.Context) error {
		return u.Show(c, ui.Page{Area: ui.Portal, Name: "portal/area", Title: "ui.area.title", Data: 7})
	}))
	return r
}

type lookup struct {
	Protocol string
	Status   *status
}

type status struct {
	State            dossier.State
	Protocol         string
	ChangedAt, DueAt time.Time
}

func get(r *gin.Engine, path string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
	req.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// Dates are those of Rome, with summer time, in the reader's words.
func TestDatesAreRoman(t *testing.T) {
	r := serve(t, fstest.MapFS{})
	it, en := get(r, "/lookup").Body.String(), get(r, "/lookup", "Accept-Language", "en").Body.String()
	for _, want := range []string{"2 agosto 2026, ore 00:30", "1 gennaio 2027"} {
		if !strings.Contains(it, want) {
			t.Errorf("no %q in Italian", want)
		}
	}
	for _, want := range []string{"2 August 2026 at 00:30", "1 January 2027"} {
		if !strings.Contains(en, want) {
			t.Errorf("no %q in English", want)
		}
	}
}

// A bare clone has no fetched assets; pages read well all the same and name
// nothing that is not there.
func TestBareClone(t *testing.T) {
	r := serve(t, fstest.MapFS{})
	page := get(r, "/lookup").Body.String()
	uitest.Check(t, "bare", page)
	if strings.Contains(page, "bootstrap") || strings.Contains(page, "sprites") {
		t.Error("the page names a file that is not there")
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/assets/[^"#]+)`).FindAllStringSubmatch(page, -1) {
		if w := get(r, m[1]); w.Code != 200 {
			t.Errorf("%s: %d", m[1], w.Code)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	r := serve(t, fstest.MapFS{"css/fonts.css": {Data: []byte("@font-face{}")}, "engine.wasm": {Data: []byte("no")}})
	url := regexp.MustCompile(`/assets/[0-9a-f]+/css/fonts\.css`).FindString(get(r, "/lookup").Body.String())
	w := get(r, url)
	if w.Code != 200 || w.Body.String() != "@font-face{}" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", url, w.Code, w.Header())
	}
	if w := get(r, url, "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") == "" {
		t.Errorf("not packed: %v", w.Header())
	}
	for _, path := range []string{
		strings.Replace(url, "css/fonts.css", "nope.css", 1), "/assets/0000000000000000/css/fonts.css",
		strings.Replace(url, "css/fonts.css", "engine.wasm", 1), strings.Replace(url, "css/fonts.css", "../ui.go", 1),
	} {
		w := get(r, path)
		if w.Code != 404 || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

// A page that cannot be rendered is an error page, never half a page.
func TestBrokenPageIsAnError(t *testing.T) {
	w := get(serve(t, fstest.MapFS{}), "/broken")
	if w.Code != 500 || strings.Count(w.Body.String(), "<html") != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	uitest.Check(t, "500", w.Body.String())
}

// Our own script and style sheet name only files that are there, and no other server.
func TestOwnFilesNameNoOtherServer(t *testing.T) {
	r := serve(t, fstest.MapFS{})
	page := get(r, "/lookup").Body.String()
	for _, m := range regexp.MustCompile(`(?:src|href)="(/assets/[^"#]+\.(?:css|js))`).FindAllStringSubmatch(page, -1) {
		body := get(r, m[1]).Body.String()
		if strings.Contains(body, "http://") || strings.Contains(body, "https://") || strings.Contains(body, "data:") {
			t.Errorf("%s names another server", m[1])
		}
	}
}
