package raster

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// spotted is a white picture with a few spots of ink.
func spotted(rng *rand.Rand, w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	whiten(img.Pix)
	for range rng.IntN(4) {
		x, y := rng.IntN(w), rng.IntN(h)
		for range rng.IntN(100) {
			img.Pix[min(h-1, y+rng.IntN(9))*w+min(w-1, x+rng.IntN(30))] = byte(rng.IntN(256))
		}
	}
	return img
}

// TestReduced proves that skipping paper changes no mean.
func TestReduced(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		w, h := 1+rng.IntN(120), 1+rng.IntN(120)
		src := spotted(rng, w, h)
		nw, nh := 1+rng.IntN(w), 1+rng.IntN(h)
		got := plain{gray: src}.reduced(nw, nh)
		for y := range nh {
			for x := range nw {
				area := image.Rect(x*w/nw, y*h/nh, max(x*w/nw+1, (x+1)*w/nw), max(y*h/nh+1, (y+1)*h/nh))
				sum := 0
				for sy := area.Min.Y; sy < area.Max.Y; sy++ {
					for sx := area.Min.X; sx < area.Max.X; sx++ {
						sum += int(src.GrayAt(sx, sy).Y)
					}
				}
				if want := sum / (area.Dx() * area.Dy()); int(got.GrayAt(x, y).Y) != want {
					t.Fatalf("%dx%d to %dx%d: %d at %d,%d, want %d", w, h, nw, nh, got.GrayAt(x, y).Y, x, y, want)
				}
			}
		}
	}
}

// TestWarp proves that every way of turning draws each pixel from where it was.
func TestWarp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		w, h := 2+rng.IntN(120), 2+rng.IntN(120)
		src := spotted(rng, w, h)
		m := toSize(w, h, max(1, w-rng.IntN(9)), max(1, h-rng.IntN(5))).oriented(rng.IntN(9))
		if rng.IntN(3) > 0 {
			m = m.level(rng.Float64()*20-10, 1000)
		}
		got := m.gray(src)
		for v := range m.h {
			for u := range m.w {
				x := m.xu*(float64(u)+0.5) + m.xv*(float64(v)+0.5) + m.x - 0.5
				y := m.yu*(float64(u)+0.5) + m.yv*(float64(v)+0.5) + m.y - 0.5
				want, inside := between(src, x, y)
				if value := float64(got.GrayAt(u, v).Y); inside && math.Abs(value-want) > 3 {
					t.Fatalf("%+v: %v at %d,%d, want %v", m, value, u, v, want)
				}
			}
		}
	}
}

// between reads a picture between its pixels; false beside it.
func between(img *image.Gray, x, y float64) (value float64, inside bool) {
	x0, y0 := math.Floor(x), math.Floor(y)
	if x0 < 0 || y0 < 0 || int(x0)+1 >= img.Rect.Dx() || int(y0)+1 >= img.Rect.Dy() {
		return 0, false
	}
	for j := range 2 {
		for i := range 2 {
			share := math.Abs(1-float64(i)-(x-x0)) * math.Abs(1-float64(j)-(y-y0))
			value += share * float64(img.GrayAt(int(x0)+i, int(y0)+j).Y)
		}
	}
	return value, true
}
