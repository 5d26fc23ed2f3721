package symbol_test

import (
	"fmt"
	"image"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/code39"

	"dispositivo/verify/symbol"
)

// fiscalCode is an invented person's.
const fiscalCode = "RSSMRA80A41H501Y"

// card is the bar code of a tessera sanitaria, copied on a page.
type card struct {
	name   string
	module float64 // width of a narrow bar, in millimetres
	angle  float64 // of the card on the page, degrees
	least  [3]int  // to be read of eight, for each fax of the test
}

// cards: 0.27 mm makes 63 mm, as wide as the card allows; 0.2 mm makes 47 mm.
var cards = []card{
	{"63 mm", 0.27, 0, [3]int{7, 6, 5}},
	{"63 mm, turned by 90", 0.27, 90, [3]int{3, 2, 0}}, // a bar is one line high at 98
	{"63 mm, laid askew by 12", 0.27, 12, [3]int{7, 7, 7}},
	{"63 mm, laid askew by 40", 0.27, 40, [3]int{7, 7, 7}},
	{"47 mm", 0.2, 0, [3]int{5, 5, 5}},
	{"47 mm, laid askew by 200", 0.2, 200, [3]int{7, 7, 5}},
}

// withCard is a page of text with a Code 39 of the fiscal code in the middle.
func withCard(t testing.TB, c card, number int) *image.Gray {
	t.Helper()
	code, err := code39.Encode(fiscalCode, false, false)
	if err != nil {
		t.Fatal(err)
	}
	form, _ := form(t, 0)
	page := image.NewGray(form.Rect)
	copy(page.Pix, form.Pix)
	const mm, height, fine = formDPI / 25.4, 8.0, 3
	cx, cy := 105*mm+float64(number%5), 150*mm+float64(number%7)
	sin, cos := math.Sincos(c.angle * math.Pi / 180)
	modules := code.Bounds().Dx()
	bars := make([]int, modules)
	for i := range bars {
		r, _, _, _ := code.At(i, 0).RGBA()
		bars[i] = int(r >> 8)
	}
	half := float64(modules) * c.module / 2 * mm
	for y := int(cy - 46*mm); y < int(cy+46*mm); y++ {
		for x := int(cx - 46*mm); x < int(cx+46*mm); x++ {
			sum := 0
			if b := (float64(y)-cy)*cos - (float64(x)-cx)*sin; math.Abs(b) > height/2*mm+2 {
				page.Pix[y*page.Stride+x] = 255 // well off the bars
				continue
			}
			for i := range fine * fine {
				dx := float64(x) + float64(i%fine)/fine - cx
				dy := float64(y) + float64(i/fine)/fine - cy
				a, b := dx*cos+dy*sin, dy*cos-dx*sin
				at := int(math.Floor((a + half) / (c.module * mm)))
				v := 255
				if math.Abs(b) < height/2*mm && at >= 0 && at < modules {
					v = bars[at]
				}
				sum += v
			}
			page.Pix[y*page.Stride+x] = byte(sum / (fine * fine))
		}
	}
	return page
}

// TestCardsThroughFax prints how often the codice fiscale is read from the bar
// code of a copied card, in the quick passes alone. least is for eight pages.
func TestCardsThroughFax(t *testing.T) {
	n := pagesPerCase(8)
	reader := newReader(t)
	var table strings.Builder
	fmt.Fprintf(&table, "| bar code | fax, skew ±3° | read, of %d | mean |\n|---|---|---|---|\n", n)
	for _, c := range cards {
		pages := make([]*image.Gray, n)
		for i := range pages {
			pages[i] = withCard(t, c, i)
		}
		for at, f := range []fault{
			{name: "204x196, 0.5 %", lines: 196, flips: 0.005},
			{name: "204x196, 2 %", lines: 196, flips: 0.02},
			{name: "204x98, 2 %", lines: 98, flips: 0.02},
		} {
			read := 0
			var took time.Duration
			for i := range n {
				fax := sent(pages[i], f, uint64(i))
				begun := time.Now() //nolint:forbidigo // how long it takes
				found, _, err := reader.Find(t.Context(), fax, symbol.Options{
					Kinds: []symbol.Kind{symbol.Code39}, MaxPasses: symbol.QuickPasses,
					Stop: func(s symbol.Symbol) bool { return s.Text == fiscalCode },
				})
				took += time.Since(begun)
				if err != nil {
					t.Fatal(err)
				}
				if says(found, fiscalCode) {
					read++
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %d | %v |\n", c.name, f.name, read, mean(took, n))
			if read*8 < c.least[at]*n {
				t.Errorf("%s, %s: %d of %d read", c.name, f.name, read, n)
			}
		}
	}
	t.Log("\n" + table.String())
}
