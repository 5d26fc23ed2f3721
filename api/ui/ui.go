package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // dates are shown in Europe/Rome wherever this runs

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/internal/i18n"
)

//go:embed templates
var templateFiles embed.FS

// Area is the part of the site a page belongs to.
type Area string

// The areas. Each has its own header and navigation.
const (
	Portal Area = "portal"
	Desk   Area = "desk"
)

// Demo is what a demonstration shows to everyone: invented credentials.
type Demo struct {
	Citizens  []DemoCitizen
	Operators []DemoOperator
}

// DemoCitizen is an invented citizen's credentials.
type DemoCitizen struct {
	Name, CodiceFiscale, PIN string
	Kind                     dossier.Kind
	// Scene names what is to be seen: its text is "ui.demo.scene.…".
	Scene string
}

// DemoOperator is an invented operator's credentials.
type DemoOperator struct {
	Username, Password string
	Role               dossier.Role
}

// Config is what New needs.
type Config struct {
	// Texts also says which languages there are, in the order of the switch.
	Texts *i18n.Bundle
	// Assets is the tree of assets.FS; empty in a bare clone.
	Assets fs.FS
	// CSRF returns the token of the answer's forms: edge.Edge.CSRF. It may be
	// set later by SetCSRF, because the edge needs the error page first.
	CSRF func(*gin.Context) string
	// Demo returns the demonstration's credentials; nil: no demonstration.
	Demo func() Demo
}

// UI renders pages. Its methods are safe for concurrent use once it is set up.
type UI struct {
	texts  *i18n.Bundle
	langs  []string
	csrf   func(*gin.Context) string
	demo   func() Demo
	static *static
	rome   *time.Location
	sets   map[string]*template.Template // by language
	names  []string
}

// New reads every template for every language; an error is a mistake in the
// program, never in its input.
func New(cfg Config) (*UI, error) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	files, err := newStatic(cfg.Assets)
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	u := &UI{
		texts: cfg.Texts, langs: cfg.Texts.Languages(), csrf: cfg.CSRF, demo: cfg.Demo,
		static: files, rome: rome, sets: map[string]*template.Template{},
	}
	pages, err := fs.Glob(templateFiles, "templates/[dp]*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	for _, file := range pages {
		u.names = append(u.names, strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html"))
	}
	for _, lang := range u.langs {
		if u.sets[lang], err = u.parse(lang); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// SetCSRF names the source of form tokens. Call it before the first page.
func (u *UI) SetCSRF(csrf func(*gin.Context) string) { u.csrf = csrf }

// parse reads the templates with the functions of one language, as one set: a set
// for each page would hold the layout some fifty times, which every garbage
// collection would look through. A page defines "main", which bears the page's
// name in the set, and parts of its own, whose names are nobody else's.
func (u *UI) parse(lang string) (*template.Template, error) {
	set := template.New("")
	funcs := u.funcs(lang)
	funcs["main"] = func(v view) (template.HTML, error) {
		var body strings.Builder
		err := set.ExecuteTemplate(&body, v.Name, v)
		return template.HTML(body.String()), err //nolint:gosec // what the template made
	}
	if _, err := set.Funcs(funcs).ParseFS(templateFiles, "templates/shared/*.html"); err != nil {
		return nil, fmt.Errorf("parse shared templates: %w", err)
	}
	for _, name := range u.names {
		if err := addPage(set, name, funcs); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return set, nil
}

// addPage puts what a page's file defines into the set.
func addPage(set *template.Template, name string, funcs template.FuncMap) error {
	file := "templates/" + name + ".html"
	own, err := template.New(path.Base(file)).Funcs(funcs).ParseFS(templateFiles, file)
	if err != nil {
		return err
	}
	for _, part := range own.Templates() {
		as := part.Name()
		switch {
		case part == own: // what stands outside of all definitions
			continue
		case as == "main":
			as = name
		}
		if set.Lookup(as) != nil {
			return fmt.Errorf("%q is defined already", as)
		}
		if _, err := set.AddParseTree(as, part.Tree); err != nil {
			return err
		}
	}
	return nil
}

// Names lists the pages, such as "portal/landing".
func (u *UI) Names() []string { return slices.Clone(u.names) }

// Crumb is a step of the way from the home page. URL is empty for the page itself.
type Crumb struct {
	// Key is the text's key.
	Key string
	URL string
}

// Page is what a handler wants shown.
type Page struct {
	Area Area
	// Name is the template's, such as "portal/landing".
	Name string
	// Status is the HTTP status; 0: 200.
	Status int
	// Title is the text key of the heading and the window's title.
	Title string
	Args  map[string]string
	// Crumbs lead here from the area's home, without either end.
	Crumbs []Crumb
	// Refresh reloads the page after so many seconds without JavaScript; 0: never.
	Refresh int
	// Problem is shown above everything else, with the focus on it.
	Problem *edge.Problem
	// Field is the id of the form field the problem is about; empty: none.
	Field string
	// Here is the address that shows this page by GET, when the request was a POST.
	Here string
	// Data is the template's own.
	Data any
}

// view is what the templates see.
type view struct {
	Page
	Lang     string
	Switch   []langLink
	CSRF     string
	Path     string
	SignedIn bool
	// Acting: the session acts for another (B10).
	Acting bool
	Role   dossier.Role
	Demo   *Demo
}

type langLink struct {
	Code, Name, URL string
	Current         bool
}

// Show renders the page and writes it. On an error nothing has been written.
func (u *UI) Show(c *gin.Context, p Page) error {
	lang := edge.Lang(c)
	var body bytes.Buffer
	if err := u.sets[lang].ExecuteTemplate(&body, "layout", u.view(c, lang, p)); err != nil {
		return fmt.Errorf("render %s: %w", p.Name, err)
	}
	status := p.Status
	if status == 0 {
		status = http.StatusOK
	}
	c.Data(status, "text/html; charset=utf-8", body.Bytes())
	return nil
}

// Text returns the text of a key in the caller's language.
func (u *UI) Text(c *gin.Context, key string) string { return u.texts.T(edge.Lang(c), key, nil) }

func (u *UI) view(c *gin.Context, lang string, p Page) view {
	_, signedIn := edge.SessionOf(c)
	v := view{
		Page: p, Lang: lang, CSRF: u.csrf(c), Path: c.Request.URL.Path,
		SignedIn: signedIn, Role: edge.Actor(c).Role, Acting: edge.Acting(c).Mandate != (dossier.Mandate{}),
	}
	if u.demo != nil {
		d := u.demo()
		v.Demo = &d
	}
	for _, code := range u.langs {
		v.Switch = append(v.Switch, langLink{
			Code: code, Name: u.texts.T(code, "language.name", nil),
			URL: switchURL(c.Request.URL, p.Here, code), Current: code == lang,
		})
	}
	return v
}

// switchURL is the same page in another language.
func switchURL(now *url.URL, here, lang string) string {
	u := url.URL{Path: "/" + strings.TrimLeft(now.Path, `/\`)}
	q := now.Query()
	if here != "" {
		u.Path, q = here, url.Values{}
	}
	q.Set("lang", lang)
	u.RawQuery = q.Encode()
	return u.String()
}

// ErrorPage shows a problem as a page of its own: edge.Config.Page.
func (u *UI) ErrorPage(c *gin.Context, p edge.Problem) error {
	area := Portal
	if strings.HasPrefix(c.Request.URL.Path, "/desk") {
		area = Desk
	}
	here := "/"
	if area == Desk {
		here = "/desk"
	}
	if c.Request.Method == http.MethodGet {
		here = ""
	}
	return u.Show(c, Page{
		Area: area, Name: "portal/error", Status: p.Status, Title: "ui.error.title",
		Here: here, Data: p,
	})
}
