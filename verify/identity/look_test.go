package identity_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"dispositivo/internal/assets"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit/engines"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/identity"
	"dispositivo/verify/pdf"
	"dispositivo/verify/raster"
)

// passports draws the specimen passports of n people at 300 dpi: one layout,
// faces and text of their own.
func passports(t *testing.T, n int) []*image.Gray {
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
	var pages []*image.Gray
	for _, c := range demo.Citizens()[:n] {
		data, err := demo.SpecimenPassport(c, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), demo.SpecimenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := engine.Open(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := doc.Render(t.Context(), 1, pdf.RenderOptions{DPI: 300, Gray: true})
		if err := errors.Join(err, doc.Close(context.Background())); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, img.(*image.Gray)) //nolint:errcheck // grey was asked for
	}
	return pages
}

// copies are ways in which a sheet comes again.
func copies() []func(page *image.Gray, seed uint64) (string, *image.Gray, raster.Geometry) {
	type way = func(page *image.Gray, seed uint64) (string, *image.Gray, raster.Geometry)
	scan := func(dpi, turned float64) way {
		return func(page *image.Gray, _ uint64) (string, *image.Gray, raster.Geometry) {
			return fmt.Sprintf("scan %v dpi, %v°", dpi, turned), scanned(page, turned, dpi/300), raster.Geometry{}
		}
	}
	sent := func(lines, flips, skew float64) way {
		return func(page *image.Gray, seed uint64) (string, *image.Gray, raster.Geometry) {
			b := fax.Simulate(page, 300, fax.Options{DPIX: 204, DPIY: lines, FlipRate: flips, SkewDegrees: skew, Seed: seed})
			return fmt.Sprintf("fax 204×%v, %v %%, %v°", lines, flips*100, skew), unpacked(b), raster.Geometry{Aspect: 204 / lines, Bilevel: true}
		}
	}
	return []way{
		scan(300, 0), scan(150, 1.5), scan(100, -3), sent(196, 0.005, 2), sent(196, 0.02, -3), sent(98, 0.005, 2), sent(98, 0.02, -3),
	}
}

func scanned(src *image.Gray, degrees, scale float64) *image.Gray {
	if degrees == 0 && scale == 1 {
		return src
	}
	w, h := float64(src.Rect.Dx())*scale, float64(src.Rect.Dy())*scale
	dst := image.NewGray(image.Rect(0, 0, int(w), int(h)))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	s, c := math.Sincos(degrees * math.Pi / 180)
	cx, cy := float64(src.Rect.Dx())/2, float64(src.Rect.Dy())/2
	draw.BiLinear.Transform(dst, f64.Aff3{
		scale * c, -scale * s, w/2 - scale*(c*cx-s*cy), scale * s, scale * c, h/2 - scale*(s*cx+c*cy),
	}, src, src.Rect, draw.Src, nil)
	return dst
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

func lookOf(t *testing.T, img *image.Gray, g raster.Geometry) identity.Look {
	t.Helper()
	page, err := raster.New(img, g, 0)
	if err != nil {
		t.Fatal(err)
	}
	look, ok := identity.LookOf(page.Ink())
	if !ok {
		t.Fatal("no look")
	}
	again, err := identity.ParseLook(look.Bytes())
	if err != nil || again != look {
		t.Fatalf("a look does not survive being kept: %v", err)
	}
	return look
}

// TestLooks: copies of one passport agree, those of others never as much, all
// ways of copying against all. Prints the table of docs/reading.md, with
// DISPOSITIVO_SOAK for six people instead of three, and how many of all pairs reach
// the limit of page.repeated, within a dossier: more copies, and hardly any others.
// proves C8 C9
func TestLooks(t *testing.T) {
	people := 3
	if os.Getenv("DISPOSITIVO_SOAK") != "" {
		people = 6
	}
	var names []string
	looks := make([][]identity.Look, people)
	for i, page := range passports(t, people) {
		for k, way := range copies() {
			name, img, g := way(page, uint64(10*i+k))
			looks[i] = append(looks[i], lookOf(t, img, g))
			if i == 0 {
				names = append(names, name)
			}
		}
	}
	most, alikest, missed, pairs := -1.0, -1.0, 0, 0
	said, alarms, strangers := 0, 0, 0
	for k := range names {
		for m := range k + 1 {
			var same, other []float64
			for i := range people {
				for j := range people {
					if i == j && k != m {
						same = append(same, looks[i][k].Agreement(&looks[j][m]))
						a, b := looks[i][k].Outline(), looks[j][m].Outline()
						alikest = max(alikest, 1-a.Likeness(&b))
					}
					if i < j || i > j && k != m && (i+j)%3 == 0 {
						other = append(other, looks[i][k].Agreement(&looks[j][m]))
					}
				}
			}
			most = max(most, slices.Max(other))
			alarms, strangers = alarms+reach(other, identity.RepeatAgreement), strangers+len(other)
			if k == m {
				continue
			}
			found := reach(same, identity.ReuseAgreement)
			pairs, missed, said = pairs+len(same), missed+len(same)-found, said+reach(same, identity.RepeatAgreement)
			t.Logf("| %s | %s | %d of %d | %.2f | %.2f |", names[k], names[m], found, people, slices.Min(same), slices.Max(other))
		}
	}
	t.Logf("missed %d of %d, others agree up to %.2f; outlines of copies down to %.2f", missed, pairs, most, 1-alikest)
	if most >= identity.ReuseAgreement || missed*2 > pairs {
		t.Errorf("copies and others are not apart")
	}
	t.Logf("at %.2f: %d of %d copies, %d of %d pairs of others", identity.RepeatAgreement, said, pairs, alarms, strangers)
	if said*4 < pairs*3 || alarms*50 > strangers {
		t.Errorf("what comes again in a dossier is not told from what is new")
	}
}

// reach counts the agreements from a limit on.
func reach(agreements []float64, limit float64) (n int) {
	for _, a := range agreements {
		if a >= limit {
			n++
		}
	}
	return n
}

// TestLookOfNothing: an empty page and one of specks have no look, and bytes
// that are none are refused.
func TestLookOfNothing(t *testing.T) {
	white := image.NewGray(image.Rect(0, 0, 1240, 1754))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	for name, img := range map[string]*image.Gray{
		"white": white, "specks": unpacked(fax.Simulate(white, 150, fax.Options{FlipRate: 0.02, Seed: 1})),
	} {
		page, err := raster.New(img, raster.Geometry{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := identity.LookOf(page.Ink()); ok {
			t.Errorf("%s has a look", name)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 10), make([]byte, identity.LookSize)} {
		if _, err := identity.ParseLook(b); !errors.Is(err, identity.ErrLook) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

// BenchmarkLook is what a page costs beyond the measures of quality, and a
// comparison of two.
func BenchmarkLook(b *testing.B) {
	letter := fax.Letter(1, 300)
	b.Run("of a fax", func(b *testing.B) {
		page, err := raster.New(unpacked(fax.Simulate(letter, 300, fax.Options{FlipRate: 0.02})), raster.Geometry{Aspect: 204. / 196, Bilevel: true}, 0)
		if err != nil {
			b.Fatal(err)
		}
		page.Findings(1, true)
		for b.Loop() {
			identity.LookOf(page.Ink())
		}
	})
	page, err := raster.New(letter, raster.Geometry{}, 0)
	if err != nil {
		b.Fatal(err)
	}
	look, _ := identity.LookOf(page.Ink())
	b.Run("agreement", func(b *testing.B) {
		for b.Loop() {
			look.Agreement(&look)
		}
	})
}
