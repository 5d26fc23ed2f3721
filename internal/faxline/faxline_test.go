package faxline_test

import (
	"bytes"
	"image"
	"math/bits"
	"testing"

	"dispositivo/internal/faxline"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/tiff"
)

func ink(b ccitt.Bitmap) (n int) {
	for _, v := range b.Pix {
		n += bits.OnesCount8(v)
	}
	return n
}

func TestSameSeedSamePage(t *testing.T) {
	o := faxline.Options{Seed: 7, SkewDegrees: 1.5, FlipRate: 0.01, Streaks: 3, LostLines: 0.05}
	a := faxline.Simulate(fax.Letter(1, 204), 204, o)
	b := faxline.Simulate(fax.Letter(1, 204), 204, o)
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same seed gave two faxes")
	}
	o.Seed++
	if b = faxline.Simulate(fax.Letter(1, 204), 204, o); bytes.Equal(a.Pix, b.Pix) {
		t.Error("two seeds gave the same fax")
	}
}

func TestSizes(t *testing.T) {
	page := image.NewGray(image.Rect(0, 0, 827, 1169)) // A4, all black
	for _, c := range []struct {
		x, y          float64
		width, height int
	}{
		{0, 0, 1728, 2291},
		{204, 98, 1728, 1146},
		{204, 391, 1728, 4571},
		{300, 300, 2592, 3507},
		{400, 400, 3456, 4676},
	} {
		for _, diffuse := range []bool{false, true} {
			b := faxline.Simulate(page, 100, faxline.Options{DPIX: c.x, DPIY: c.y, Diffuse: diffuse})
			if b.Width != c.width || b.Height != c.height {
				t.Errorf("%v x %v: %d x %d", c.x, c.y, b.Width, b.Height)
			}
			if share := float64(ink(b)) / float64(b.Width*b.Height); share < 0.9 || share > 1 {
				t.Errorf("%v x %v: %.2f of the page is black", c.x, c.y, share)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	page := image.NewGray(image.Rect(0, 0, 840, 1180))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	if b := faxline.Simulate(page, 100, faxline.Options{}); ink(b) != 0 {
		t.Fatal("ink on a white page")
	}
	b := faxline.Simulate(page, 100, faxline.Options{FlipRate: 0.02})
	if share := float64(ink(b)) / float64(b.Width*b.Height); share < 0.019 || share > 0.021 {
		t.Errorf("%.4f of the pixels flipped, not 0.02", share)
	}
	lost := faxline.Simulate(page, 100, faxline.Options{FlipRate: 0.02, LostLines: 0.05})
	same := 0
	for y := 1; y < lost.Height; y++ {
		if bytes.Equal(lost.Row(y), lost.Row(y-1)) {
			same++
		}
	}
	if share := float64(same) / float64(lost.Height); share < 0.03 || share > 0.07 {
		t.Errorf("%.3f of the lines lost, not 0.05", share)
	}
	whole, short := faxline.Simulate(page, 100, faxline.Options{}), faxline.Simulate(page, 100, faxline.Options{MissingLines: 0.05})
	if share := 1 - float64(short.Height)/float64(whole.Height); share < 0.03 || share > 0.07 || len(short.Pix) != short.Height*short.Stride {
		t.Errorf("%.3f of the lines missing, not 0.05", share)
	}
	if n := ink(faxline.Simulate(page, 100, faxline.Options{Seed: 2, Streaks: 6})); n == 0 {
		t.Error("no streaks")
	}
}

func TestLettersHaveText(t *testing.T) {
	for seed := range uint64(5) {
		b := faxline.Simulate(fax.Letter(seed, 204), 204, faxline.Options{})
		if share := float64(ink(b)) / float64(b.Width*b.Height); share < 0.01 || share > 0.2 {
			t.Errorf("seed %d: %.3f of the page is black", seed, share)
		}
	}
}

// TestTIFF proves that every coding comes back from the file bit by bit.
func TestTIFF(t *testing.T) {
	page := faxline.Simulate(fax.Letter(1, 100), 100, faxline.Options{})
	for _, p := range []ccitt.Params{
		{Encoding: ccitt.ModifiedHuffman},
		{Encoding: ccitt.Group31D},
		{Encoding: ccitt.Group32D, ByteAligned: true},
		{Encoding: ccitt.Group4, LSBFirst: true},
	} {
		file, findings, err := tiff.Open(faxline.TIFF([]ccitt.Bitmap{page, page}, p, 204, 196), tiff.Limits{Pages: 2, BilevelPixels: 1 << 24, Pixels: 1})
		if err != nil || len(findings) > 0 {
			t.Fatal(p, err, findings)
		}
		var rows ccitt.Bitmap
		info, err := file.Rows(&rows, 2)
		if err != nil || !bytes.Equal(rows.Pix, page.Pix) || info.DPIX != 204 || info.DPIY != 196 || info.Encoding != p.Encoding.String() {
			t.Errorf("%v: %v, %+v", p, err, info)
		}
	}
}
