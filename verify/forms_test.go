package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"os"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/assets"
	"dispositivo/internal/demo"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/engines"
	"dispositivo/internal/testkit/fax"
	"dispositivo/internal/token"
	"dispositivo/verify/identity"
	"dispositivo/verify/pdf"
	"dispositivo/verify/raster"
)

var update = flag.Bool("update", false, "add the outlines of the present form")

// artist draws PDF pages for tests.
type artist struct {
	t      *testing.T
	engine *pdf.Engine
}

func newArtist(t *testing.T) artist {
	t.Helper()
	wasm, err := assets.PDFium()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := engines.Folder()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := pdf.NewEngine(t.Context(), wasm, pdf.EngineConfig{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	return artist{t, engine}
}

const drawnDPI = 188

func (a artist) draw(data []byte, err error) *image.Gray {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
	doc, err := a.engine.Open(a.t.Context(), data)
	if err != nil {
		a.t.Fatal(err)
	}
	img, _, err := doc.Render(a.t.Context(), 1, pdf.RenderOptions{DPI: drawnDPI, Gray: true})
	if err := errors.Join(err, doc.Close(context.Background())); err != nil {
		a.t.Fatal(err)
	}
	return img.(*image.Gray) //nolint:errcheck // grey was asked for
}

func (a artist) look(img *image.Gray, g raster.Geometry) identity.Look {
	a.t.Helper()
	page, err := raster.New(img, g, 0)
	if err != nil {
		a.t.Fatal(err)
	}
	look, ok := identity.LookOf(page.Ink())
	if !ok {
		a.t.Fatal("no look")
	}
	return look
}

func (a artist) faxed(img *image.Gray, lines, flips, skew float64) identity.Look {
	a.t.Helper()
	b := fax.Simulate(img, drawnDPI, fax.Options{DPIX: 204, DPIY: lines, FlipRate: flips, SkewDegrees: skew, Seed: 7})
	g := image.NewGray(image.Rect(0, 0, b.Width, b.Height))
	for y := range b.Height {
		for x := range b.Width {
			if !b.Black(x, y) {
				g.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return a.look(g, raster.Geometry{Aspect: 204 / lines, Bilevel: true})
}

var drawnAt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// filled is an invented citizen's form, signed.
func filled(t *testing.T, c demo.Citizen, lang string) ([]byte, error) {
	t.Helper()
	tok, err := token.Mint(bytes.NewReader(bytes.Repeat([]byte(c.CodiceFiscale.String()), 8)), bytes.Repeat([]byte("k"), token.MinKeyLength))
	if err != nil {
		t.Fatal(err)
	}
	form, err := paper.Form{
		Agency: "Ente di prova", Made: drawnAt, Token: tok,
		Holder: paper.Holder{
			CodiceFiscale: c.CodiceFiscale.String(), Surname: c.Surname, Name: c.Name, Birth: c.Birth, BirthPlace: c.BirthPlace, Sex: c.Sex,
			Street: c.Address.Street, City: c.Address.City, State: c.Address.State, Email: c.Email,
		},
		Ways: paper.Ways{Portal: "https://pin.ente.example", Email: "pin@ente.example"},
	}.Render(lang)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := demo.Signature(c, drawnAt)
	if err != nil {
		t.Fatal(err)
	}
	return pdf.Overlay(form, signature, 1)
}

// blank is the form that is filled in by pen.
func blank(lang string) ([]byte, error) {
	return paper.BlankForm("Ente di prova", drawnAt, paper.Ways{Portal: "https://pin.ente.example", Email: "pin@ente.example"}, 90, lang)
}

// TestFormByItsLook: our form is known by its layout where its codes cannot be
// read, and no passport is taken for it, so that the forms of two people are
// never one document used twice.
// proves C9
func TestFormByItsLook(t *testing.T) {
	a := newArtist(t)
	if *update {
		a.addOutlines()
	}
	if len(ownForms()) == 0 {
		t.Fatal("no outline of our form is known")
	}
	nearest := func(l identity.Look) float64 {
		outline, most := l.Outline(), -1.0
		for _, form := range ownForms() {
			most = max(most, form.Likeness(&outline))
		}
		return most
	}
	const tooBad = 0.04 // for the codes
	least, most := 1.0, -1.0
	for i, c := range demo.Citizens()[:3] {
		for _, lang := range []string{"it", "en"} {
			form := a.draw(filled(t, c, lang))
			least = min(least, nearest(a.look(form, raster.Geometry{})), nearest(a.faxed(form, 98, tooBad, float64(3*i-3))))
		}
		passport := a.draw(demo.SpecimenPassport(c, drawnAt, demo.SpecimenOptions{}))
		most = max(most, nearest(a.look(passport, raster.Geometry{})), nearest(a.faxed(passport, 98, tooBad, float64(3*i-3))))
	}
	for i, lang := range []string{"it", "en"} {
		form := a.draw(blank(lang))
		least = min(least, nearest(a.look(form, raster.Geometry{})), nearest(a.faxed(form, 98, tooBad, float64(2*i-1))))
	}
	letter := fax.Letter(1, drawnDPI)
	most = max(most, nearest(a.look(letter, raster.Geometry{})))
	t.Logf("forms from %.2f, other pages up to %.2f, limit %.2f", least, most, formLikeness)
	if least < formLikeness || most >= formLikeness {
		t.Error("forms and other pages are not apart")
	}
}

// addOutlines adds the present edition to forms.txt; earlier ones stay, for
// their forms still arrive.
func (a artist) addOutlines() {
	a.t.Helper()
	var kept strings.Builder
	for line := range strings.Lines(formOutlines) {
		if !strings.HasPrefix(line, paper.FormVersion+" ") {
			kept.WriteString(line)
		}
	}
	for _, lang := range []string{"it", "en"} {
		for _, form := range []*image.Gray{a.draw(filled(a.t, demo.Citizens()[0], lang)), a.draw(blank(lang))} {
			look := a.look(form, raster.Geometry{})
			outline := look.Outline()
			fmt.Fprintf(&kept, "%s %s %s\n", paper.FormVersion, lang, base64.StdEncoding.EncodeToString(outline[:]))
		}
	}
	if err := os.WriteFile("forms.txt", []byte(kept.String()), 0o644); err != nil { //nolint:gosec // a file of the project
		a.t.Fatal(err)
	}
	formOutlines = kept.String()
}

// TestOlder compares the versions of markers.
func TestOlder(t *testing.T) {
	for version, want := range map[string]bool{"": false, paper.FormVersion: false, "CP-0": true, "CP-9999": false, "other": false} {
		if older(version) != want {
			t.Errorf("%q: %v", version, !want)
		}
	}
}

// proves C9: a machine asks for the document only where nothing but our own form can be
// on the pages; of paper it says what it sees, and of what may be a document nothing.
func TestCompareID(t *testing.T) {
	drawn := leaf{n: 1, sheet: true}
	faxed := leaf{n: 1, tokenIDs: []string{"t"}}
	card := leaf{n: 2, tokenIDs: []string{"t"}, bars: []string{"PRVDAA80A41H501X"}}
	for name, tt := range map[string]struct {
		leaves []leaf
		zones  []dossier.Zone
		came   bool
		want   dossier.FindingCode
	}{
		"form from a program":            {leaves: []leaf{drawn}, want: dossier.IDMissing},
		"form by fax":                    {leaves: []leaf{faxed}, want: dossier.IDNotSeen},
		"one of each":                    {leaves: []leaf{drawn, faxed}, want: dossier.IDNotSeen},
		"with another page":              {leaves: []leaf{faxed, {n: 2}}},
		"with a card on it":              {leaves: []leaf{faxed, card}},
		"with a zone on it":              {leaves: []leaf{faxed}, zones: []dossier.Zone{{Page: 1}}},
		"a zone on one from a program":   {leaves: []leaf{drawn}, zones: []dossier.Zone{{Page: 1}}},
		"where the document came before": {leaves: []leaf{faxed}, came: true},
		"no page":                        {},
	} {
		var got dossier.FindingCode
		if found := compareID(tt.leaves, tt.zones, tt.came); len(found) == 1 {
			got = found[0].Code
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestIDCame: a submission that brought the form alone, or was not read, brought no document.
func TestIDCame(t *testing.T) {
	other := func(state dossier.SubmissionState, codes ...dossier.FindingCode) dossier.Dossier {
		o := dossier.Submission{ID: "earlier", State: state}
		for _, c := range codes {
			o.Findings = append(o.Findings, dossier.Finding{Code: c})
		}
		return dossier.Dossier{Submissions: []dossier.Submission{o, {ID: "this", State: dossier.SubmissionJoined}}}
	}
	this := dossier.Submission{ID: "this"}
	for name, tt := range map[string]struct {
		d    dossier.Dossier
		want bool
	}{
		"nothing else":       {dossier.Dossier{Submissions: []dossier.Submission{this}}, false},
		"all":                {other(dossier.SubmissionJoined), true},
		"a form":             {other(dossier.SubmissionJoined, dossier.IDMissing), false},
		"what looks like it": {other(dossier.SubmissionQuarantined, dossier.IDNotSeen), false},
		"no form":            {other(dossier.SubmissionJoined, dossier.FormMissing), true},
		"what was refused":   {other(dossier.SubmissionRefused), false},
	} {
		if got := idCame(tt.d, this); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
