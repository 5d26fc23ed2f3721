package raster

import (
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

// proves C9: the digest of a page is that of its pixels: the same whatever kind of
// picture holds them, another when one pixel, the size or the way it is shown differs.
func TestDigest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		shades := rapid.SampledFrom([][]uint8{{0, 255}, {0, 40, 255}}).Draw(t, "shades")
		gray := image.NewGray(image.Rect(0, 0, w, h))
		rgba := image.NewNRGBA(gray.Rect)
		for i := range gray.Pix {
			gray.Pix[i] = rapid.SampledFrom(shades).Draw(t, "pixel")
			rgba.Set(i%w, i/w, color.NRGBA{gray.Pix[i], gray.Pix[i], gray.Pix[i], 255})
		}
		digest := func(img image.Image, g Geometry) [32]byte {
			p, err := New(img, g, 0)
			if err != nil {
				t.Fatal(err)
			}
			return p.Digest()
		}
		first := digest(gray, Geometry{})
		if digest(rgba, Geometry{Aspect: 204. / 196, Orientation: 1, Bilevel: true}) != first {
			t.Fatal("the same pixels have another digest")
		}
		if digest(gray, Geometry{Aspect: 204. / 98}) == first || digest(gray, Geometry{Orientation: 3}) == first {
			t.Fatal("a page shown otherwise has the same digest")
		}
		at := rapid.IntRange(0, len(gray.Pix)-1).Draw(t, "at")
		gray.Pix[at] ^= 255
		if digest(gray, Geometry{}) == first {
			t.Fatalf("pixel %d makes no difference", at)
		}
	})
	tall, flat := image.NewGray(image.Rect(0, 0, 8, 16)), image.NewGray(image.Rect(0, 0, 16, 8))
	a, errA := New(tall, Geometry{}, 0)
	b, errB := New(flat, Geometry{}, 0)
	if errA != nil || errB != nil || a.Digest() == b.Digest() {
		t.Error("the size makes no difference")
	}
}

// BenchmarkDigest is what docs/reading.md says a page costs.
func BenchmarkDigest(b *testing.B) {
	fax, gray, colour := image.NewGray(image.Rect(0, 0, 1728, 2290)), image.NewGray(image.Rect(0, 0, 1555, 2200)), image.NewNRGBA(image.Rect(0, 0, 1555, 2200))
	for i := range gray.Pix {
		gray.Pix[i] = uint8(i % 251)
	}
	for i := range colour.Pix {
		colour.Pix[i] = uint8(i%251) | uint8(i%4/3*255) // opaque
	}
	for name, img := range map[string]image.Image{"fax": fax, "grey": gray, "colour": colour} {
		p, err := New(img, Geometry{}, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.Digest()
			}
		})
	}
}
