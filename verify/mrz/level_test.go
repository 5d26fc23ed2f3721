package mrz

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"
)

// TestPaperIsSkipped proves that leaving out what is white changes neither the
// levels nor the map of ink.
func TestPaperIsSkipped(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		w, h := 1+rng.IntN(120), 1+rng.IntN(120)
		src := image.NewGray(image.Rect(0, 0, w, h))
		for i := range src.Pix {
			src.Pix[i] = white
		}
		for range rng.IntN(6) {
			x, y := rng.IntN(w), rng.IntN(h)
			for range rng.IntN(200) {
				src.Pix[min(h-1, y+rng.IntN(9))*w+min(w-1, x+rng.IntN(30))] = byte(rng.IntN(256))
			}
		}
		x0, y0 := rng.IntN(w), rng.IntN(h)
		r := image.Rect(x0, y0, x0+1+rng.IntN(w-x0), y0+1+rng.IntN(h-y0))
		nw, nh := 1+rng.IntN(r.Dx()), 1+rng.IntN(r.Dy())
		if got, want := shrink(src, r, nw, nh), plainShrink(src, r, nw, nh); !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("%v to %dx%d: %v, want %v", r, nw, nh, got.Pix, want.Pix)
		}
		nw, nh = r.Dx()+rng.IntN(2*r.Dx()+1), r.Dy()+rng.IntN(2*r.Dy()+1)
		if got, want := enlarge(src, r, nw, nh), plainEnlarge(src, r, nw, nh); !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("%v to %dx%d: %v, want %v", r, nw, nh, got.Pix, want.Pix)
		}
		for i, got := range inkOf(src) {
			if want := plainInk(src, i%w, i/w); (got != 0) != want {
				t.Fatalf("%dx%d: ink at %d,%d is %v", w, h, i%w, i/w, !want)
			}
		}
	}
}

// plainShrink adds up every pixel.
func plainShrink(src *image.Gray, r image.Rectangle, w, h int) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, w, h))
	columns := parts(r.Dx(), w)
	for y, row := range parts(r.Dy(), h) {
		for x, c := range columns {
			sum := uint64(0)
			for sy := row.from; sy <= row.to; sy++ {
				sum += uint64(c.sum(src.Pix[src.PixOffset(r.Min.X, r.Min.Y+sy):])) * uint64(row.weight(sy))
			}
			dst.Pix[y*dst.Stride+x] = uint8(sum / (uint64(c.total) * uint64(row.total)))
		}
	}
	return dst
}

// plainEnlarge interpolates everywhere.
func plainEnlarge(src *image.Gray, r image.Rectangle, w, h int) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, w, h))
	columns := taps(r.Dx(), w)
	for y, row := range taps(r.Dy(), h) {
		for x, c := range columns {
			var across [4]float32
			for i, at := range row.at {
				for j := range c.at {
					across[i] += c.k[j] * float32(src.GrayAt(r.Min.X+c.at[j], r.Min.Y+at).Y)
				}
			}
			v := row.k[0]*across[0] + row.k[1]*across[1] + row.k[2]*across[2] + row.k[3]*across[3]
			dst.Pix[y*w+x] = uint8(min(max(v+0.5, 0), 255))
		}
	}
	return dst
}

// plainInk looks at the whole window.
func plainInk(src *image.Gray, x, y int) bool {
	n, sum := 0, 0
	window := image.Rect(x-around, y-around, x+around+1, y+around+1).Intersect(src.Rect)
	for yy := window.Min.Y; yy < window.Max.Y; yy++ {
		for xx := window.Min.X; xx < window.Max.X; xx++ {
			sum += int(src.GrayAt(xx, yy).Y)
			n++
		}
	}
	mean := sum / n
	return int(src.GrayAt(x, y).Y)+max(contrast, mean/9) < mean
}
