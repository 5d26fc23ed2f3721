package identity

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
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
func box(w, h int) *image.Gray {
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
			empty, ok := Inked(noisy(box(480, 130), noise, r))
			most = max(most, empty)
			if ok {
				t.Errorf("empty, noise %.3f: %.4f", noise, empty)
			}
			for _, thick := range []float64{2, 3, 5} {
				signed := box(480, 130)
				pen(signed, 60, 300, 22, thick, r)
				initials := box(480, 130)
				pen(initials, 100, 140, 18, thick, r)
				for _, img := range []*image.Gray{signed, initials} {
					share, ok := Inked(noisy(img, noise, r))
					least = min(least, share)
					if !ok {
						t.Errorf("signed, pen %.0f, noise %.3f: %.4f", thick, noise, share)
					}
				}
			}
		}
	}
	t.Logf("empty boxes up to %.5f, signed ones from %.5f, threshold %.5f", most, least, InkedShare)
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
		if share, ok := Inked(img); ok {
			t.Errorf("%s: %.4f", name, share)
		}
	}
	part := box(480, 130)
	pen(part, 60, 300, 22, 3, rand.New(rand.NewPCG(1, 1)))
	if _, ok := Inked(part.SubImage(image.Rect(20, 10, 400, 120)).(*image.Gray)); !ok {
		t.Error("a part of a picture holds no ink")
	}
}

// card draws an invented document on a sheet: layout common to all, face and
// text the holder's.
func card(holder uint64, w, h int) *image.Gray {
	img := canvas(620, 877)
	r := rand.New(rand.NewPCG(holder, 9))
	draw.Draw(img, image.Rect(120, 200, 500, 440), image.NewUniform(color.Gray{232}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(135, 240, 235, 370), image.NewUniform(color.Gray{uint8(150 + r.IntN(60))}), image.Point{}, draw.Src)
	cx, cy, rx, ry := 185.0, 305.0, 25+20*r.Float64(), 30+25*r.Float64()
	hair, skin := uint8(20+r.IntN(90)), uint8(140+r.IntN(90))
	for y := 240; y < 370; y++ {
		for x := 135; x < 235; x++ {
			d := math.Hypot((float64(x)-cx)/rx, (float64(y)-cy)/ry)
			if d < 1 {
				img.SetGray(x, y, color.Gray{skin})
			} else if d < 1.3 && y < 310+r.IntN(20) {
				img.SetGray(x, y, color.Gray{hair})
			}
		}
	}
	for line := range 9 {
		text := make([]byte, 8+r.IntN(18))
		for i := range text {
			text[i] = byte('A' + r.IntN(26))
		}
		d := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(250, 225+line*17)}
		d.DrawBytes(text)
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
	return out
}

func fingerprint(t *testing.T, img *image.Gray) Fingerprint {
	t.Helper()
	f, ok := Fingerprinted(img)
	if !ok {
		t.Fatal("no fingerprint")
	}
	return f
}

// TestFingerprints: the same sheet at other scales lies within ReuseDistance, a
// noisy copy near, documents of others on the same layout farther.
func TestFingerprints(t *testing.T) {
	var scaled, noise, others []int
	const holders = 8
	for a := range uint64(holders) {
		sheet := card(a, 620, 877)
		f := fingerprint(t, sheet)
		scaled = append(scaled, f.Distance(fingerprint(t, card(a, 930, 1316))), f.Distance(fingerprint(t, card(a, 827, 1169))))
		noise = append(noise, f.Distance(fingerprint(t, noisy(card(a, 1240, 1754), 0.005, rand.New(rand.NewPCG(a, 2))))))
		for b := range a {
			others = append(others, f.Distance(fingerprint(t, card(b, 620, 877))))
		}
	}
	t.Logf("other scales %v, noisy %v, other people on the same layout %v", spread(scaled), spread(noise), spread(others))
	if slices.Max(scaled) > ReuseDistance || slices.Max(noise) >= slices.Min(others) || slices.Min(others) <= ReuseDistance {
		t.Error("copies and others are not apart")
	}
}

// spread is the least, the mean and the most.
func spread(v []int) [3]int {
	out := [3]int{math.MaxInt, 0, 0}
	for _, d := range v {
		out[0], out[1], out[2] = min(out[0], d), out[1]+d, max(out[2], d)
	}
	out[1] /= len(v)
	return out
}

// TestFingerprintOfNothing: empty and malformed pictures have none.
func TestFingerprintOfNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, img := range map[string]*image.Gray{
		"nothing": nil, "zero": {}, "white": canvas(600, 800), "black": image.NewGray(image.Rect(0, 0, 600, 800)),
		"dust": noisy(canvas(600, 800), 0.001, r), "broken": {Rect: image.Rect(0, 0, 300, 300), Stride: 300}, "pixel": canvas(1, 1),
	} {
		if _, ok := Fingerprinted(img); ok {
			t.Errorf("%s has a fingerprint", name)
		}
	}
}
