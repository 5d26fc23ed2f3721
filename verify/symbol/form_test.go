package symbol_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"dispositivo/internal/paper"
	"dispositivo/verify/symbol"
)

// figures makes the tables of docs/reading.md; beside says how many pages of a
// case zbarimg gets, a second each.
var (
	figures = flag.Bool("symbol.figures", false, "40 pages a case, each beside zbarimg (zbar-tools)")
	beside  = flag.Int("symbol.zbarimg", -1, "pages a case for zbarimg; 1, or all with -symbol.figures")
)

// pagesPerCase is short, or the 40 of the figures to reach.
func pagesPerCase(short int) int {
	if *figures {
		return 40
	}
	return short
}

// faults are the cases of the table. must says that every page has to be read.
var faults = []struct {
	fault
	must bool
}{
	{fault{name: "204x196, 0.5 %", lines: 196, flips: 0.005}, true},
	{fault{name: "204x196, 2 %", lines: 196, flips: 0.02}, true},
	{fault{name: "204x196, 4 %", lines: 196, flips: 0.04}, false},
	{fault{name: "204x196, 0.5 %, streaks", lines: 196, flips: 0.005, streaks: true}, true},
	{fault{name: "204x196, 0.5 %, lines repeated", lines: 196, flips: 0.005, lost: true}, true},
	{fault{name: "204x196, 0.5 %, lines missing", lines: 196, flips: 0.005, cut: true}, true},
	{fault{name: "204x196, 4 %, streaks, lines missing", lines: 196, flips: 0.04, cut: true, streaks: true}, false},
	{fault{name: "204x98, 0.5 %", lines: 98, flips: 0.005}, true},
	{fault{name: "204x98, 2 %", lines: 98, flips: 0.02}, true},
	{fault{name: "204x98, 4 %", lines: 98, flips: 0.04}, false},
	{fault{name: "204x98, 0.5 %, streaks", lines: 98, flips: 0.005, streaks: true}, true},
	{fault{name: "204x98, 0.5 %, lines repeated", lines: 98, flips: 0.005, lost: true}, true},
	{fault{name: "204x98, 0.5 %, lines missing", lines: 98, flips: 0.005, cut: true}, true},
	{fault{name: "204x98, 4 %, streaks, lines missing", lines: 98, flips: 0.04, cut: true, streaks: true}, false},
}

// formRegions are the places of the codes on our form.
func formRegions() []symbol.Region {
	var regions []symbol.Region
	for _, b := range paper.QRBoxes() {
		regions = append(regions, symbol.Region{
			X0: b.X / paper.PageWidth, Y0: b.Y / paper.PageHeight,
			X1: (b.X + b.W) / paper.PageWidth, Y1: (b.Y + b.H) / paper.PageHeight,
		})
	}
	return regions
}

// TestFormsThroughFax prints a line for each case: how many pages gave up their
// token, how many of them in the first pass, the mean time by the clock, and how
// many zbarimg reads of the same pages enlarged two-fold with a light blur. All
// must be read at 0.5 % and 2 %, and never fewer than zbarimg reads.
func TestFormsThroughFax(t *testing.T) {
	n, compared := pagesPerCase(3), pagesPerCase(1)
	if *beside >= 0 {
		compared = min(*beside, n)
	}
	reader := newReader(t)
	t.Logf("\n| case, skew ±3° | read, of %d | in pass 1 | mean | zbarimg ×2 blur, of %d |\n|---|---|---|---|---|\n", n, compared)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			var ours, first, oursBeside, theirs int
			var took time.Duration
			for i := range n {
				page, text := form(t, i)
				fax := sent(page, f.fault, uint64(i))
				begun := time.Now() //nolint:forbidigo // how long it takes
				found, stats, err := reader.Find(t.Context(), fax, symbol.Options{
					Regions: formRegions(), Stop: func(s symbol.Symbol) bool { return s.Text == text },
					Kinds: []symbol.Kind{symbol.QR},
				})
				took += time.Since(begun)
				if err != nil {
					t.Fatal(err)
				}
				read := says(found, text)
				ours += count(read)
				first += count(read && stats.Passes == 1)
				if i < compared {
					oursBeside += count(read)
					theirs += count(zbarimg(t, symbol.TwoFold(fax), text))
				}
			}
			t.Logf("\n| %s | %d | %d | %v | %d |", f.name, ours, first, mean(took, n), theirs)
			if f.must && ours < n || oursBeside < theirs {
				t.Errorf("%d of %d read; of %d %d, zbarimg %d", ours, n, compared, oursBeside, theirs)
			}
		})
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// TestFormsLyingOtherwise: upside down and on either side, copied a tenth
// smaller or larger, and at the resolutions of scanners, the token is found in
// the quick passes.
func TestFormsLyingOtherwise(t *testing.T) {
	reader := newReader(t)
	page, text := form(t, 1)
	pages := map[string]*image.Gray{
		"150 dpi": symbol.Scaled(page, 0.5), "300 dpi": page, "400 dpi": symbol.Scaled(page, 4./3),
		"100 dpi": symbol.Scaled(page, 1./3),
	}
	fax := sent(page, fault{lines: 196, flips: 0.02}, 1)
	for _, degrees := range []float64{90, 180, 270, 7, 187} {
		pages[fmt.Sprintf("fax turned by %v", degrees)] = symbol.Turned(fax, degrees)
	}
	for name, img := range pages {
		found, stats, err := reader.Find(t.Context(), img, symbol.Options{
			Regions: formRegions(), MaxPasses: symbol.QuickPasses, Stop: func(s symbol.Symbol) bool { return s.Text == text },
		})
		if err != nil || !says(found, text) {
			t.Errorf("%s: not found: %v %+v", name, err, stats)
		}
		for _, s := range found {
			if s.Text == text && !s.Rect.In(img.Rect.Inset(-2)) {
				t.Errorf("%s: found at %v, outside the page", name, s.Rect)
			}
		}
	}
}

func says(found []symbol.Symbol, text string) bool {
	for _, s := range found {
		if s.Text == text {
			return true
		}
	}
	return false
}

// zbarimg tells whether Debian's zbarimg reads text in a picture.
func zbarimg(t testing.TB, img *image.Gray, text string) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.pgm")
	data := append(fmt.Appendf(nil, "P5\n%d %d\n255\n", img.Rect.Dx(), img.Rect.Dy()), img.Pix...)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "zbarimg", "-q", "--raw", file).Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	return bytes.Contains(out, []byte(text))
}
