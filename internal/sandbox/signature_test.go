package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/fax"
	"dispositivo/internal/token"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/pdf"
	"dispositivo/verify/raster"
)

// TestSignatureThroughFax: the form without a signature is form.unsigned on a
// scan and through a fax of either resolution, three degrees askew, 2 % of all
// pixels flipped, wherever its frame is found; the signed form never is.
// proves C8
func TestSignatureThroughFax(t *testing.T) {
	if testing.Short() {
		t.Skip("draws and faxes forms")
	}
	r := &reader{settings: hello{CacheDir: engineCache(t), Compile: true}}
	if err := errors.Join(r.build(t.Context()), r.buildSymbols(t.Context())); err != nil {
		t.Fatal(err)
	}
	people := demo.Citizens()[:4]
	for _, way := range []struct {
		name string
		sent func(page *image.Gray, seed uint64) (*image.Gray, raster.Geometry)
		all  bool // every unsigned form is found
	}{
		{"drawn at 188 dpi", func(page *image.Gray, _ uint64) (*image.Gray, raster.Geometry) { return page, raster.Geometry{} }, true},
		{"fax 204×196, 2 %, 3°", faxed(196, 3), true},
		{"fax 204×196, 2 %, -3°", faxed(196, -3), true},
		{"fax 204×98, 2 %, 3°", faxed(98, 3), true},
		{"fax 204×98, 2 %, -3°", faxed(98, -3), true},
	} {
		found, wrong := 0, 0
		for i, c := range people {
			for _, signed := range []bool{false, true} {
				page, g := way.sent(filledForm(t, r, c, signed), uint64(i))
				unsigned := saysUnsigned(t, r, page, g)
				switch {
				case signed && unsigned:
					wrong++
				case !signed && unsigned:
					found++
				}
			}
		}
		t.Logf("| %s | %d of %d | %d |", way.name, found, len(people), wrong)
		if wrong > 0 || way.all && found < len(people) {
			t.Errorf("%s: %d of %d unsigned forms found, %d signed ones called unsigned", way.name, found, len(people), wrong)
		}
	}
}

// TestUnsignedIsCertain: a page that is not ours, or whose box is covered or cut
// off, is never called unsigned.
func TestUnsignedIsCertain(t *testing.T) {
	r := &reader{settings: hello{CacheDir: engineCache(t), Compile: true}}
	if err := errors.Join(r.build(t.Context()), r.buildSymbols(t.Context())); err != nil {
		t.Fatal(err)
	}
	form := filledForm(t, r, demo.Citizens()[0], false)
	w, h := form.Rect.Dx(), form.Rect.Dy()
	for name, painted := range map[string]struct {
		area image.Rectangle
		gray uint8
	}{
		"box whitened":       {image.Rect(w*45/100, h*64/100, w, h*76/100), 255},
		"box blackened":      {image.Rect(w*45/100, h*64/100, w, h*76/100), 0},
		"one side is gone":   {image.Rect(w*45/100, h*64/100, w*51/100, h*76/100), 255},
		"lower half is gone": {image.Rect(0, h*70/100, w, h), 255},
	} {
		page := image.NewGray(form.Rect)
		copy(page.Pix, form.Pix)
		for y := painted.area.Min.Y; y < painted.area.Max.Y; y++ {
			for x := painted.area.Min.X; x < painted.area.Max.X; x++ {
				page.SetGray(x, y, color.Gray{Y: painted.gray})
			}
		}
		if saysUnsigned(t, r, page, raster.Geometry{}) {
			t.Errorf("%s: called unsigned", name)
		}
	}
}

func faxed(lines, skew float64) func(*image.Gray, uint64) (*image.Gray, raster.Geometry) {
	return func(page *image.Gray, seed uint64) (*image.Gray, raster.Geometry) {
		b := fax.Simulate(page, pageDPI, fax.Options{DPIX: 204, DPIY: lines, FlipRate: 0.02, SkewDegrees: skew, Seed: seed})
		return unpacked(b), raster.Geometry{Aspect: 204 / lines, Bilevel: true}
	}
}

func unpacked(b ccitt.Bitmap) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, b.Width, b.Height))
	for y := range b.Height {
		for x := range b.Width {
			if !b.Black(x, y) {
				g.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return g
}

// filledForm draws an invented citizen's form.
func filledForm(t *testing.T, r *reader, c demo.Citizen, signed bool) *image.Gray {
	t.Helper()
	if signed {
		return drawn(t, r, formOf(t, c, c), pageDPI)
	}
	return drawn(t, r, formOf(t, c), pageDPI)
}

// formOf is an invented citizen's form with the signatures of those who signed it.
func formOf(t *testing.T, c demo.Citizen, hands ...demo.Citizen) []byte {
	t.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	seed := bytes.Repeat([]byte(c.CodiceFiscale.String()), 8)
	tok, err := token.Mint(bytes.NewReader(seed), bytes.Repeat([]byte("k"), token.MinKeyLength))
	if err != nil {
		t.Fatal(err)
	}
	data, err := paper.Form{
		Agency: "Ente di prova", Made: at, Token: tok,
		Holder: paper.Holder{CodiceFiscale: c.CodiceFiscale.String(), Surname: c.Surname, Name: c.Name, Birth: c.Birth, Sex: c.Sex},
	}.Render("it")
	if err != nil {
		t.Fatal(err)
	}
	for _, hand := range hands {
		signature, err := demo.Signature(hand, at)
		if err != nil {
			t.Fatal(err)
		}
		if data, err = pdf.Overlay(data, signature, 1); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// drawn is the first page of a PDF.
func drawn(t *testing.T, r *reader, data []byte, dpi float64) *image.Gray {
	t.Helper()
	doc, err := r.engine.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := doc.Render(t.Context(), 1, pdf.RenderOptions{DPI: dpi, Gray: true})
	if err := errors.Join(err, doc.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	return img.(*image.Gray) //nolint:errcheck // grey was asked for
}

// saysUnsigned reads the signs of a page whose code must be found.
func saysUnsigned(t *testing.T, r *reader, img *image.Gray, g raster.Geometry) bool {
	t.Helper()
	page, err := raster.New(img, g, 0)
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{reader: r, report: Report{Format: FormatTIFF, Pages: []Page{{N: 1}}}}
	v.signs(t.Context(), 1, page)
	if !v.bears(1) {
		t.Error(fmt.Sprint("the form's code was not read: ", v.report.Symbols))
	}
	return slices.ContainsFunc(v.report.Findings, func(f dossier.Finding) bool { return f.Code == dossier.FormUnsigned })
}
