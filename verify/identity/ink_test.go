package identity

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"
)

// canvas is a white picture.
func canvas(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	return img
}

// pen draws a wavering line of some thickness.
func pen(img *image.Gray, from, to, height float64, thick float64, r *rand.Rand) {
	base, phase := float64(img.Rect.Dy())*0.55, r.Float64()*6
	for x := from; x < to; x += 0.25 {
		y := base + height*(math.Sin(x/9+phase)+0.5*math.Sin(x/3.7))
		dot(img, x+4*math.Sin(x/5), y, thick)
	}
}

func dot(img *image.Gray, x, y, thick float64) {
	for dy := -thick; dy <= thick; dy++ {
		for dx := -thick; dx <= thick; dx++ {
			if dx*dx+dy*dy <= thick*thick/4 {
				img.SetGray(int(x+dx), int(y+dy), color.Gray{40})
			}
		}
	}
}

// noisy flips a share of the pixels.
func noisy(img *image.Gray, share float64, r *rand.Rand) *image.Gray {
	for i := range img.Pix {
		if r.Float64() < share {
			img.Pix[i] = ^img.Pix[i]
		}
	}
	return img
}

// box draws a signature box as forms have it: a frame, a line to sign on.
func box() *image.Gray {
	const w, h = 480, 130
	img := canvas(w, h)
	draw.Draw(img, image.Rect(0, 0, w, 2), image.Black, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, 2, h), image.Black, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(w/10, h*3/4, w*9/10, h*3/4+2), image.Black, image.Point{}, draw.Src)
	return img
}

// TestInked: signatures and initials, thin and thick, against empty boxes with
// a line, noise, dust, a shadow or grey paper. Prints the shares measured.
func TestInked(t *testing.T) {
	least, most := 1.0, 0.0
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		for _, noise := range []float64{0, 0.005, 0.02, 0.04} {
			empty, ok := Inked(noisy(box(), noise, r))
			most = max(most, empty)
			if !ok || empty >= EmptyShare {
				t.Errorf("empty, noise %.3f: %.4f", noise, empty)
			}
			for _, thick := range []float64{2, 3, 5} {
				signed := box()
				pen(signed, 60, 300, 22, thick, r)
				initials := box()
				pen(initials, 100, 140, 18, thick, r)
				for _, img := range []*image.Gray{signed, initials} {
					share, ok := Inked(noisy(img, noise, r))
					least = min(least, share)
					if !ok || share < EmptyShare {
						t.Errorf("signed, pen %.0f, noise %.3f: %.4f", thick, noise, share)
					}
				}
			}
		}
	}
	t.Logf("empty boxes up to %.5f, signed ones from %.5f, threshold %.5f", most, least, EmptyShare)
}

// TestInkedGrounds: what is no handwriting.
func TestInkedGrounds(t *testing.T) {
	shadow := canvas(480, 130)
	for i := range shadow.Pix {
		shadow.Pix[i] = uint8(250 - 120*(i%480)/480)
	}
	dark := canvas(480, 130)
	for i := range dark.Pix {
		dark.Pix[i] = 90
	}
	for name, img := range map[string]*image.Gray{
		"shadow": shadow, "dark paper": dark, "black": image.NewGray(image.Rect(0, 0, 480, 130)),
		"nothing": nil, "zero": {}, "tiny": canvas(4, 4), "broken": {Rect: image.Rect(0, 0, 300, 300), Stride: 300},
	} {
		if share, _ := Inked(img); share >= EmptyShare {
			t.Errorf("%s: %.4f", name, share)
		}
	}
	part := box()
	pen(part, 60, 300, 22, 3, rand.New(rand.NewPCG(1, 1)))
	if share, _ := Inked(part.SubImage(image.Rect(20, 10, 400, 120)).(*image.Gray)); share < EmptyShare { //nolint:errcheck // a part of grey is grey
		t.Error("a part of a picture holds no ink")
	}
}
