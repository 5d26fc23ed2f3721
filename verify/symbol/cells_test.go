package symbol_test

import (
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/datamatrix"
	"github.com/boombuler/barcode/pdf417"

	"dispositivo/verify/symbol"
)

// licence is what a foreign identity card says in its PDF417: an invented person.
const licence = "00123456789@ROSSI@MARIA TERESA@F@12345678@A@01/01/1980@01/03/2015@203"

// pasted is a form with a code in the middle of its writing, turned clockwise,
// on a white label. module is in millimetres.
func pasted(t testing.TB, code barcode.Barcode, module, degrees float64) *image.Gray {
	t.Helper()
	form, _ := form(t, 0)
	page := image.NewGray(form.Rect)
	copy(page.Pix, form.Pix)
	const mm, quiet, fine = formDPI / 25.4, 2.0, 4
	size := code.Bounds().Size()
	w, h := float64(size.X)*module, float64(size.Y)*module
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	cx, cy, reach := 105.0, 160.0, math.Hypot(w, h)/2+2*quiet
	grey := func(x, y float64) (v int, label bool) {
		a, b := x*cos+y*sin+w/2, y*cos-x*sin+h/2
		if a < -quiet || b < -quiet || a > w+quiet || b > h+quiet {
			return 0, false
		}
		mx, my := int(math.Floor(a/module)), int(math.Floor(b/module))
		if mx < 0 || my < 0 || mx >= size.X || my >= size.Y {
			return 255, true
		}
		r, _, _, _ := code.At(mx, my).RGBA()
		return int(r >> 8), true
	}
	for y := int((cy - reach) * mm); y < int((cy+reach)*mm); y++ {
		for x := int((cx - reach) * mm); x < int((cx+reach)*mm); x++ {
			sum, all := 0, true
			for i := range fine * fine {
				dx, dy := float64(i%fine)/fine, float64(i/fine)/fine
				v, label := grey((float64(x)+dx)/mm-cx, (float64(y)+dy)/mm-cy)
				sum, all = sum+v, all && label
			}
			if all {
				page.Pix[y*page.Stride+x] = byte(sum / (fine * fine))
			}
		}
	}
	return page
}

// TestCellsOnAPage: a PDF417 as small as on identity cards and a Data Matrix are
// found between writing, at any angle, in scans of 300 and 200 dpi and through a
// clean fax, within the quick passes.
func TestCellsOnAPage(t *testing.T) {
	card, err := pdf417.Encode(licence, 3)
	if err != nil {
		t.Fatal(err)
	}
	stamp, err := datamatrix.Encode(fiscalCode)
	if err != nil {
		t.Fatal(err)
	}
	reader := newReader(t)
	for _, c := range []struct {
		code   barcode.Barcode
		kind   symbol.Kind
		text   string
		module float64
	}{
		{card, symbol.PDF417, licence, 0.21}, {card, symbol.PDF417, licence, 0.3}, {stamp, symbol.DataMatrix, fiscalCode, 0.4},
	} {
		for _, degrees := range []float64{0, 30, 90} {
			page := pasted(t, c.code, c.module, degrees)
			pages := map[string]*image.Gray{"300 dpi": page, "200 dpi": symbol.Scaled(page, 2./3)}
			if c.module >= 0.3 {
				pages["fax"] = sent(page, fault{lines: 196}, 1)
			}
			for name, img := range pages {
				t.Run(fmt.Sprintf("%s of %v mm turned by %v, %s", c.kind, c.module, degrees, name), func(t *testing.T) {
					found, stats, err := reader.Find(t.Context(), img, symbol.Options{
						Kinds: []symbol.Kind{c.kind}, MaxPasses: symbol.QuickPasses,
					})
					if err != nil || len(found) != 1 || found[0].Kind != c.kind || found[0].Text != c.text {
						t.Fatalf("%v, %+v, %v", found, stats, err)
					}
					if middle := image.Pt(img.Rect.Dx()/2, img.Rect.Dy()*160/297); !middle.In(found[0].Rect.Inset(-20)) {
						t.Errorf("found at %v, not around %v", found[0].Rect, middle)
					}
				})
			}
		}
	}
}

// TestCellsAreNotLookedForBesideOthers: where ZBar reads something, rxing is not
// asked.
func TestCellsAreNotLookedForBesideOthers(t *testing.T) {
	card, err := pdf417.Encode(licence, 3)
	if err != nil {
		t.Fatal(err)
	}
	page := pasted(t, card, 0.3, 0)
	found, _, err := newReader(t).Find(t.Context(), page, symbol.Options{
		Regions: formRegions(), MaxPasses: symbol.QuickPasses, Stop: func(symbol.Symbol) bool { return false },
	})
	if err != nil || len(found) == 0 || found[len(found)-1].Kind != symbol.QR {
		t.Errorf("%v, %v", found, err)
	}
}
