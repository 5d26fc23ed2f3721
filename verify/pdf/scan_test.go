package pdf_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"dispositivo/verify/ccitt"
	"dispositivo/verify/pdf"
)

// scanned is a PDF whose only page is one picture, wPt × hPt points.
func scanned(wPt, hPt int, dict, data string) []byte {
	return written("<</Type/Catalog/Pages 2 0 R>>", pagesOfOne,
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</XObject<</P 5 0 R>>>>>>", wPt, hPt),
		stream("", fmt.Sprintf("%d 0 0 %d 0 0 cm /P Do", wPt, hPt)),
		stream("/Type/XObject/Subtype/Image/ColorSpace/DeviceGray"+dict, data))
}

// w, h and dpi are of the pictures in these tests.
const w, h, dpi = 400, 600, 200

// noise is a fax of random dots, and the shade of each.
func noise() (ccitt.Bitmap, func(x, y int) color.Gray) {
	fax := ccitt.NewBitmap(w, h)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range fax.Pix {
		fax.Pix[i] = byte(rng.Uint32() & rng.Uint32())
	}
	return fax, func(x, y int) color.Gray {
		if fax.Black(x, y) {
			return color.Gray{}
		}
		return color.Gray{Y: 255}
	}
}

// shades is a picture in JPEG, and what Go's decoder makes of each of its dots.
func shades(t *testing.T) (string, func(x, y int) color.Gray) {
	t.Helper()
	photo := image.NewGray(image.Rect(0, 0, w, h))
	for i := range photo.Pix {
		photo.Pix[i] = byte(i%w/2 + i/w/8)
	}
	var stored bytes.Buffer
	if err := jpeg.Encode(&stored, photo, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	decoded, err := jpeg.Decode(bytes.NewReader(stored.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return stored.String(), func(x, y int) color.Gray { return color.GrayModel.Convert(decoded.At(x, y)).(color.Gray) } //nolint:errcheck // the model makes grey
}

// TestScanAtItsOwnResolution: a page that is one fax or one JPEG comes out dot
// for dot as it was stored, at the resolution that PageScan tells.
func TestScanAtItsOwnResolution(t *testing.T) {
	fax, black := noise()
	photo, gray := shades(t)
	params := func(k int) string {
		return fmt.Sprintf("/Width %d/Height %d/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K %d/Columns %d/Rows %d>>", w, h, k, w, h)
	}
	for _, tt := range []struct {
		name       string
		dict, data string
		want       func(x, y int) color.Gray
		near       int // two decoders of JPEG may round differently
	}{
		{"fax, group 4", params(-1), string(ccitt.Encode(fax, ccitt.Params{Encoding: ccitt.Group4})), black, 0},
		{"fax, group 3", params(0), string(ccitt.Encode(fax, ccitt.Params{Encoding: ccitt.Group31D})), black, 0},
		{"JPEG", fmt.Sprintf("/Width %d/Height %d/BitsPerComponent 8/Filter/DCTDecode", w, h), photo, gray, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t, scanned(w*72/dpi, h*72/dpi, tt.dict, tt.data))
			scan, ok, err := d.PageScan(t.Context(), 1)
			if err != nil || !ok || scan.Width != w || scan.Height != h {
				t.Fatalf("%+v, %v, %v", scan, ok, err)
			}
			img, used, err := d.Render(t.Context(), 1, pdf.RenderOptions{DPI: scan.DPI(), Gray: true})
			if err != nil || img.Bounds() != image.Rect(0, 0, w, h) {
				t.Fatalf("%v at %v dpi, %v", img.Bounds(), used, err)
			}
			wrong := 0
			for y := range h {
				for x := range w {
					got, want := img.At(x, y).(color.Gray).Y, tt.want(x, y).Y //nolint:errcheck // grey was asked for
					if diff := int(got) - int(want); diff > tt.near || diff < -tt.near {
						wrong++
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d dots are others", wrong, w*h)
			}
		})
	}
}
