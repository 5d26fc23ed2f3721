//go:build soak

package sandbox

import (
	"errors"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/identity"
	"dispositivo/verify/raster"
)

// TestSoakRepetitions measures why the same bytes and the same pixels are a duplicate (C9)
// and pages that look the same are not, but are said to the reviewer (page.repeated): once a
// page was faxed, its look agrees with that of
// the first time no better than with one that was changed meanwhile. The rule it tries
// is the strictest that what is known of a page allows: the looks agree, and findings,
// codes and zone are the same. At the limit of id.reused it would lose pages that are
// news, a ticked box or another signature among them; a limit above all of those
// recognises hardly a repetition. Prints both, and how many page.repeated is said of. Whoever makes
// it fail by a better measure may build the rule.
func TestSoakRepetitions(t *testing.T) {
	r := &reader{settings: hello{CacheDir: t.TempDir(), Compile: true}}
	if err := errors.Join(r.build(t.Context()), r.buildSymbols(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, s := range []sheet{formSheet(t, r), passportSheet(t, r)} {
		lost, recognised, sent := s.measure(t, r)
		if lost == 0 || recognised*2 > sent {
			t.Errorf("%s: %d pages lost at %.2f, %d of %d repetitions recognised without loss: a rule by looks may be safe now",
				s.name, lost, identity.ReuseAgreement, recognised, sent)
		}
	}
}

// sheet is a page as it came first, and what may come after it that is news.
type sheet struct {
	name  string
	first *image.Gray
	news  []news
}

type news struct {
	name string
	page *image.Gray
}

// measure prints the sheet's rows of the table. It returns how many pages that are
// news the rule takes for a repetition at the limit of id.reused, and how many of the
// repetitions sent it recognises at a limit above all news.
func (s sheet) measure(t *testing.T, r *reader) (lost, recognised, sent int) {
	t.Helper()
	ways := sendings()
	var before []said
	for i, way := range ways {
		before = append(before, way(t, r, s.first, uint64(i)))
	}
	compared := func(name string, page *image.Gray, seed int) agreements {
		var all agreements
		for j, way := range ways {
			again := way(t, r, page, uint64(seed+j))
			for _, b := range before {
				all.add(b, again)
			}
		}
		t.Logf("| %s: %s | %d of %d | %d of %d | %d | %.2f |", s.name, name, reach(all.all, identity.RepeatAgreement), all.pairs,
			len(all.told), all.pairs, reach(all.told, identity.ReuseAgreement), all.most())
		return all
	}
	t.Log("| page: what came after it | page.repeated | machine reads the same | agree at 0.40 | most |")
	same, highest := compared("the same sheet", s.first, 100), 0.0
	for _, n := range s.news {
		other := compared(n.name, n.page, 200)
		lost += reach(other.told, identity.ReuseAgreement)
		highest = max(highest, other.most())
	}
	if n := reach(same.all, identity.RepeatAgreement); n*10 < same.pairs*9 {
		t.Errorf("%s: page.repeated is said of %d of %d repetitions", s.name, n, same.pairs)
	}
	recognised = reach(same.told, math.Nextafter(highest, 2))
	t.Logf("%s: a limit above all news, %.2f, recognises %d of %d repetitions", s.name, highest, recognised, same.pairs)
	return lost, recognised, same.pairs
}

// agreements are those of pairs of which the machine reads the same.
type agreements struct {
	pairs int
	told  []float64 // of those of which the machine reads the same
	all   []float64 // of every pair
}

func (a *agreements) add(one, other said) {
	a.pairs++
	a.all = append(a.all, one.look.Agreement(&other.look))
	if one.sameAs(other) {
		a.told = append(a.told, one.look.Agreement(&other.look))
	}
}

// reach counts the agreements from a limit on.
func reach(agreements []float64, limit float64) (n int) {
	for _, v := range agreements {
		if v >= limit {
			n++
		}
	}
	return n
}

// most is the greatest, 0 when there is none.
func (a *agreements) most() float64 {
	if len(a.told) == 0 {
		return 0
	}
	return slices.Max(a.told)
}

// said is what the machine says of a page that could be compared.
type said struct {
	look     identity.Look
	findings []dossier.FindingCode // without the measured values
	symbols  []Symbol
	zones    []MRZ
	bears    bool // our form's code
}

// sameAs reports whether everything but the look is the same; a page that tells
// nothing of itself, neither code nor proved zone, is like no other.
func (s said) sameAs(o said) bool {
	proved := s.bears || len(s.zones) > 0 && s.zones[0].Valid
	return proved && slices.Equal(s.findings, o.findings) && slices.Equal(s.symbols, o.symbols) && slices.Equal(s.zones, o.zones)
}

func say(t *testing.T, r *reader, img *image.Gray, g raster.Geometry) said {
	t.Helper()
	page, err := raster.New(img, g, 0)
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{reader: r, options: ReadOptions{On: sheetOn}, report: Report{Format: FormatTIFF, Pages: []Page{{N: 1}}}}
	v.signs(t.Context(), 1, page)
	look, ok := identity.LookOf(page.Ink())
	if !ok {
		t.Fatal("no look")
	}
	s := said{look: look, symbols: v.report.Symbols, zones: v.report.MRZ, bears: v.bears(1)}
	for _, f := range slices.Concat(v.report.Findings, page.Findings(1, true)) {
		s.findings = append(s.findings, f.Code)
	}
	slices.Sort(s.findings)
	return s
}

// sendings are ways in which a page is faxed, the noise by seed.
func sendings() []func(t *testing.T, r *reader, page *image.Gray, seed uint64) said {
	type way = func(t *testing.T, r *reader, page *image.Gray, seed uint64) said
	by := func(lines, flips, skew float64) way {
		return func(t *testing.T, r *reader, page *image.Gray, seed uint64) said {
			t.Helper()
			b := fax.Simulate(page, sheetDPI, fax.Options{DPIX: 204, DPIY: lines, FlipRate: flips, SkewDegrees: skew, Seed: seed})
			return say(t, r, unpacked(b), raster.Geometry{Aspect: 204 / lines, Bilevel: true})
		}
	}
	return []way{by(196, 0.005, 2), by(196, 0.005, -1), by(196, 0.02, -3), by(98, 0.005, 2), by(98, 0.02, -1)}
}

// formSheet is a signed form, and what its holder may send after it.
func formSheet(t *testing.T, r *reader) sheet {
	t.Helper()
	c, other := demo.Citizens()[0], demo.Citizens()[1]
	first := drawn(t, r, formOf(t, c, c), sheetDPI)
	const x, y = 14.8, 112.4                  // in the box for an identity card
	one := [][2]float64{{26, 123}, {26, 126}} // in the field for the document's number
	return sheet{name: "form", first: first, news: []news{
		{"signature missing on one", drawn(t, r, formOf(t, c), sheetDPI)},
		{"signed by another hand", drawn(t, r, formOf(t, c, other), sheetDPI)},
		{"a box ticked", penned(first, [][2]float64{{x, y}, {x + 3, y + 3}}, [][2]float64{{x + 3, y}, {x, y + 3}})},
		{"three characters written", penned(first,
			[][2]float64{{18, 126}, {18, 123}, {20, 126}, {20, 123}}, [][2]float64{{22, 123}, {24, 123}, {22.5, 126}}, one)},
		{"one digit written", penned(first, one)},
	}}
}

// passportSheet is the copy of a passport, and what its holder may send after it.
func passportSheet(t *testing.T, r *reader) sheet {
	t.Helper()
	draw := func(c demo.Citizen, o demo.SpecimenOptions) *image.Gray {
		data, err := demo.SpecimenPassport(c, sheetOn, o)
		if err != nil {
			t.Fatal(err)
		}
		return drawn(t, r, data, sheetDPI)
	}
	c, other := demo.Citizens()[0], demo.Citizens()[1]
	first := draw(c, demo.SpecimenOptions{})
	return sheet{name: "passport", first: first, news: []news{
		{"with another expiry", draw(c, demo.SpecimenOptions{Expired: true})},
		{"of another person", draw(other, demo.SpecimenOptions{})},
		{"signed on the copy", penned(first, [][2]float64{{60, 170}, {64, 165}, {68, 170}, {72, 165}, {76, 170}, {90, 166}})},
	}}
}

// sheetOn is the day of receipt.
var sheetOn = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// sheetDPI is how sheets are drawn before they are faxed: finer than any fax here.
const sheetDPI = 300

// penned writes strokes, in millimetres of the sheet, with a pen of 0.4 mm.
func penned(page *image.Gray, strokes ...[][2]float64) *image.Gray {
	written := image.NewGray(page.Rect)
	copy(written.Pix, page.Pix)
	const steps, scale = 200, sheetDPI / 25.4
	for _, s := range strokes {
		for i := range len(s) - 1 {
			for k := range steps + 1 {
				part := float64(k) / steps
				x := int((s[i][0]*(1-part) + s[i+1][0]*part) * scale)
				y := int((s[i][1]*(1-part) + s[i+1][1]*part) * scale)
				for dy := range 5 {
					for dx := range 5 {
						written.SetGray(x+dx-2, y+dy-2, color.Gray{Y: 20})
					}
				}
			}
		}
	}
	return written
}
