package faxline

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sampled is what scan computes, as one would write it down.
func sampled(page *image.Gray, dpi float64, o Options) []uint8 {
	w := columns(o.DPIX)
	h := max(1, int(math.Round(float64(page.Rect.Dy())*o.DPIY/dpi)))
	nx, ny := samples(dpi/o.DPIX), samples(dpi/o.DPIY)
	across, down := along(w, nx, dpi/o.DPIX), along(h, ny, dpi/o.DPIY)
	sin, cos := math.Sincos(o.SkewDegrees * math.Pi / 180)
	var out []uint8
	for y := range h {
		for x := range w {
			sum := uint32(0)
			for _, dy := range down[y*ny:][:ny] {
				for _, dx := range across[x*nx:][:nx] {
					sum += grey(page, float64(page.Rect.Dx())/2+dx*cos+dy*sin, float64(page.Rect.Dy())/2-dx*sin+dy*cos)
				}
			}
			out = append(out, uint8(sum/uint32(nx*ny)))
		}
	}
	return out
}

// TestPaperIsWhite: what takes no sampling, because it is paper, comes out as if it did.
func TestPaperIsWhite(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	page := image.NewGray(image.Rect(0, 0, 303, 205))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	for range 40 {
		page.Pix[random.IntN(len(page.Pix))] = uint8(random.IntN(255))
	}
	page.Pix[0], page.Pix[len(page.Pix)-1] = 0, 0
	for _, skew := range []float64{0, 0.4, -3, 17, 90, -91} {
		for _, dpi := range []float64{98, 196, 391} {
			o := Options{DPIX: 204, DPIY: dpi, SkewDegrees: skew}
			if !slices.Equal(scan(page, 300, o).Pix, sampled(page, 300, o)) {
				t.Errorf("at %g degrees and %g lines an inch other pixels", skew, dpi)
			}
		}
	}
}
