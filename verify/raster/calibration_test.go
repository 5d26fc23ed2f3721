package raster

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/disintegration/imaging"

	"dispositivo/internal/testkit/fax"
)

// TestCalibration prints the tables of docs/reading.md, "Quality": what is
// measured on pages that are known to be good or bad, with the findings.
//
//	go test ./verify/raster -run TestCalibration -v
func TestCalibration(t *testing.T) {
	var b strings.Builder
	header := "\n| page | ink % | dark % | sharp | cut | lines | axis | votes | share | stand | skew | turn | findings |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n"
	b.WriteString(header)
	for _, s := range made(t) {
		row(&b, s.name, sample{page: s.page, scanned: true, side: 2339, dpi: 200})
	}
	b.WriteString(header)
	for _, name := range documents(t) {
		all := samples(t, name, 3)
		if len(all) == 0 {
			fmt.Fprintf(&b, "| %s | not decoded |\n", name)
		}
		for i, s := range all {
			row(&b, fmt.Sprintf("%s p%d", name, i+1), s)
		}
	}
	t.Log(b.String())
}

func row(b *strings.Builder, name string, s sample) {
	m := s.page.measure()
	cut := 0
	for _, n := range m.cut {
		cut = max(cut, n)
	}
	turn, confident := s.page.Upright()
	upright := fmt.Sprint(turn)
	if !confident {
		upright = "(" + upright + ")"
	}
	var found []string
	findings := s.page.Findings(1, s.scanned)
	if s.scanned {
		findings = append(findings, LowResolution(1, s.side, s.dpi)...)
	}
	for _, f := range findings {
		found = append(found, strings.TrimPrefix(string(f.Code), "page."))
	}
	if m.stance.axis > 99 {
		m.stance.axis = 99
	}
	fmt.Fprintf(b, "| %s | %.3f | %.0f | %.2f | %d | %.1f | %.1f | %.1f | %.2f | %.2f | %.2f | %s | %s |\n",
		name, 100*m.ink, 100*m.dark, m.sharpness, cut, m.stance.lines, m.stance.axis,
		m.stance.votes, m.stance.share, m.stance.stand, m.skew, upright, strings.Join(found, ", "))
}

type namedPage struct {
	name string
	page *Page
}

// made returns pages whose quality is known because it was made.
func made(t *testing.T) []namedPage {
	t.Helper()
	letter := fax.Letter(1, 200)
	var pages []namedPage
	add := func(name string, img image.Image, g Geometry) {
		p, err := New(img, g, 0)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, namedPage{name, p})
	}
	add("letter", letter, Geometry{})
	for _, sigma := range []float64{0.5, 1, 1.5, 2, 3, 4, 5} {
		add(fmt.Sprintf("letter, blur %.1f px at 200 dpi", sigma), imaging.Blur(letter, sigma), Geometry{})
	}
	for _, paper := range []byte{200, 150, 100, 90, 70, 50} {
		add(fmt.Sprintf("letter, ink 5 on paper %d", paper), shaded(letter, 5, paper), Geometry{})
	}
	add("letter, ink 200 on paper 250", shaded(letter, 200, 250), Geometry{})
	b := letter.Bounds()
	for _, share := range []int{5, 10, 20} {
		crop := image.Rect(b.Dx()*share/100, 0, b.Dx(), b.Dy())
		add(fmt.Sprintf("letter, %d%% cut off on the left", share), imaging.Crop(letter, crop), Geometry{})
	}
	for _, o := range []fax.Options{
		{},
		{FlipRate: 0.005},
		{FlipRate: 0.02},
		{FlipRate: 0.04},
		{Streaks: 6, LostLines: 0.05, SkewDegrees: 3},
		{Diffuse: true},
		{DPIX: 204, DPIY: 98},
		{DPIX: 204, DPIY: 98, FlipRate: 0.02, SkewDegrees: -3},
	} {
		img, g := faxed(letter, o)
		if o.DPIY == 0 {
			o.DPIY = 196
			o.DPIX = 204
		}
		add(fmt.Sprintf("fax 204×%v flips %.1f%% streaks %d skew %v diffuse %v", o.DPIY, 100*o.FlipRate, o.Streaks, o.SkewDegrees, o.Diffuse), img, g)
	}
	return pages
}

// shaded maps black and white to other greys.
func shaded(src *image.Gray, ink, paper byte) *image.Gray {
	dst := image.NewGray(src.Rect)
	for i, v := range src.Pix {
		dst.Pix[i] = byte(int(ink) + int(v)*(int(paper)-int(ink))/255)
	}
	return dst
}

// faxed sends a page of 200 dots per inch through a fax.
func faxed(page *image.Gray, o fax.Options) (*image.Gray, Geometry) {
	bits := fax.Simulate(page, 200, o)
	img := image.NewGray(image.Rect(0, 0, bits.Width, bits.Height))
	for y := range bits.Height {
		row := bits.Row(y)
		for x := range bits.Width {
			if row[x>>3]&(0x80>>(x&7)) == 0 {
				img.Pix[y*img.Stride+x] = 0xff
			}
		}
	}
	g := Geometry{Bilevel: true, Aspect: 204.0 / 196}
	if o.DPIY != 0 {
		g.Aspect = o.DPIX / o.DPIY
	}
	return img, g
}
