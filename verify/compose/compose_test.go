package compose

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// grainy is a page that JPEG cannot make small.
func grainy(w, h int, seed uint64) *image.Gray {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
	}
	return img
}

func made(t *testing.T, limit int, sheets ...Sheet) (Result, error) {
	t.Helper()
	m := NewMaker(Options{Limit: limit})
	for _, s := range sheets {
		if err := m.Add(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return m.Make(t.Context())
}

// proves C3: whatever fits is within the limit and never below the floor, the
// same every time; what does not fit names its page.
func TestLimitAndFloor(t *testing.T) {
	sheet := func() Sheet { return Sheet{Gray: grainy(1700, 900, 1)} }
	light := func() Sheet { return Sheet{Gray: image.NewGray(image.Rect(0, 0, 800, 600))} }
	_, err := made(t, 1, sheet())
	heavy, ok := errors.AsType[*HeavyError](err)
	if !ok {
		t.Fatal(err)
	}
	for _, limit := range []int{heavy.Bytes, heavy.Bytes * 3 / 2, heavy.Bytes * 4} {
		r, err := made(t, limit, sheet())
		if err != nil || len(r.PDF) > limit {
			t.Fatalf("limit %d: %d bytes, %v", limit, len(r.PDF), err)
		}
		c := r.Pages[0]
		if c.Quality < FloorQuality || max(c.Width, c.Height) < FloorSide {
			t.Errorf("limit %d: %dx%d at quality %d", limit, c.Width, c.Height, c.Quality)
		}
		again, err := made(t, limit, sheet())
		if err != nil || !bytes.Equal(r.PDF, again.PDF) {
			t.Errorf("limit %d: another document the second time, %v", limit, err)
		}
	}
	_, err = made(t, heavy.Bytes/2, light(), sheet())
	if heavy, ok = errors.AsType[*HeavyError](err); !ok || len(heavy.Pages) != 1 || heavy.Pages[0] != 1 {
		t.Errorf("%v: %+v", err, heavy)
	}
}

// A shadow over paper goes, ink and colour stay.
func TestFlatten(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1000, 1400))
	for y := range 1400 {
		for x := range 1000 {
			v := uint8(120 + x/10)
			c := color.NRGBA{v, v, v, 255}
			switch {
			case y%60 < 6 && x%40 < 20:
				c = color.NRGBA{v / 6, v / 6, v / 6, 255}
			case y%60 < 6 && x%40 < 30:
				c = color.NRGBA{v / 4, v / 4, v, 255} // blue ink
			}
			img.SetNRGBA(x, y, c)
		}
	}
	p, err := ready(Sheet{Colour: img, Writing: true})
	if err != nil {
		t.Fatal(err)
	}
	at := func(x, y int) (r, g, b uint8) {
		return color.YCbCrToRGB(p.y.pix[y*p.y.w+x], p.cb.pix[y/2*p.cb.w+x/2], p.cr.pix[y/2*p.cr.w+x/2])
	}
	for _, x := range []int{35, 515, 955} {
		if r, g, b := at(x, 640); min(r, g, b) < 215 {
			t.Errorf("paper at %d is %d %d %d", x, r, g, b)
		}
		if r, g, b := at(x-25, 662); max(r, g, b) > 70 {
			t.Errorf("ink at %d is %d %d %d", x-25, r, g, b)
		}
		if r, _, b := at(x-10, 662); int(b)-int(r) < 90 {
			t.Errorf("blue ink at %d is %d, %d", x-10, r, b)
		}
	}
}

// Two colours are told from a picture: letters with soft edges, and the same
// with a face of passport size in grey.
func TestTwoTone(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 1600, 2200))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := 100; y < 2000; y += 20 {
		for x := 100; x < 1500; x += 9 {
			for dy := range 12 {
				img.Pix[(y+dy)*1600+x], img.Pix[(y+dy)*1600+x+1], img.Pix[(y+dy)*1600+x+2] = 130, 20, 140
			}
		}
	}
	if !TwoTone(img) {
		t.Error("letters are no picture")
	}
	for y := 300; y < 600; y++ {
		for x := 300; x < 540; x++ {
			img.Pix[y*1600+x] = uint8(100 + (x+y)%90)
		}
	}
	if TwoTone(img) {
		t.Error("a face is lost")
	}
}

// Shrinking keeps the mean and never reads or writes outside.
func TestShrunk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h")
		nw, nh := rapid.IntRange(1, w).Draw(t, "nw"), rapid.IntRange(1, h).Draw(t, "nh")
		v := rapid.Byte().Draw(t, "v")
		got := plane{w, h, bytes.Repeat([]byte{v}, w*h)}.shrunk(nw, nh)
		if got.w != nw || got.h != nh || !bytes.Equal(got.pix, bytes.Repeat([]byte{v}, nw*nh)) {
			t.Fatalf("%d: %v", v, got)
		}
	})
}

// proves C3: many pages give the very document that they would if all kept their
// pixels, at any limit; only the last few have any.
func TestManyPages(t *testing.T) {
	colour := func(w, h int, seed uint64) *image.NRGBA {
		img, g := image.NewNRGBA(image.Rect(0, 0, w, h)), grainy(w, h, seed)
		for i, v := range g.Pix {
			img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = v, 128, 255-v, 255
		}
		return img
	}
	writing := func(seed uint64) *image.Gray {
		img := image.NewGray(image.Rect(0, 0, 900, 1250))
		for i := range img.Pix {
			img.Pix[i] = 255
			if y := i / 900; y%30 < 12 && (i+int(seed))%9 < 3 {
				img.Pix[i] = 20
			}
		}
		return img
	}
	sheets := func() (all []Sheet) {
		for seed := range uint64(4) {
			all = append(all,
				Sheet{Gray: grainy(500, 420, seed), Bilevel: true}, Sheet{Colour: colour(1701, 203, seed)},
				Sheet{Gray: writing(seed), Writing: true}, Sheet{Gray: grainy(150, 1900, seed)})
		}
		return all
	}
	whole := func(limit int) *Maker {
		m := NewMaker(Options{Limit: limit})
		for _, s := range sheets() {
			p, err := ready(s)
			if err != nil {
				t.Fatal(err)
			}
			m.pages = append(m.pages, p)
		}
		return m
	}
	_, err := whole(1).Make(t.Context())
	heavy, ok := errors.AsType[*HeavyError](err)
	if !ok {
		t.Fatal(err)
	}
	for _, limit := range []int{1, heavy.Bytes, heavy.Bytes * 5 / 4, heavy.Bytes * 2, heavy.Bytes * 100} {
		want, wantErr := whole(limit).Make(t.Context())
		m := NewMaker(Options{Limit: limit})
		for _, s := range sheets() {
			if err := m.Add(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		for i, p := range m.pages {
			if settled := i < len(m.pages)-loose; p.y.empty() != settled || !p.cb.empty() && settled {
				t.Errorf("limit %d: page %d has pixels: %t", limit, i, settled)
			}
		}
		got, err := m.Make(t.Context())
		if !bytes.Equal(got.PDF, want.PDF) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("limit %d: %d bytes and %v, not %d and %v", limit, len(got.PDF), err, len(want.PDF), wantErr)
		}
	}
}
