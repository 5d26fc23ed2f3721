package mrz

import (
	"context"
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"
)

// The long tests look at more pages when asked: go test -run 'Never|Wrong' -mrz.pages 1000
var (
	many  = flag.Int("mrz.pages", 25, "pages for the tests of false readings")
	first = flag.Int("mrz.first", 0, "seed of the first of them")
)

// TestReadPrints: every format, both typefaces, all quarters, slants, sizes, a
// photo's blur and a fax's noise.
func TestReadPrints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i, c := range []copying{
		{pitch: 20},
		{pitch: 20, face: 1},
		{pitch: 14, degrees: 3},
		{pitch: 20, degrees: -7},
		{pitch: 20, turns: 1},
		{pitch: 17, turns: 2, degrees: 2},
		{pitch: 20, turns: 3, degrees: -2},
		{pitch: 24, spread: 3},
		{pitch: 20, bilevel: true, noise: 0.01},
		{pitch: 20, bilevel: true, noise: 0.02, degrees: 3},
		{pitch: 20, face: 1, bilevel: true, noise: 0.02, degrees: -3},
		{pitch: 9},
		{pitch: 33},
	} {
		f := formats[i%len(formats)]
		want := random(r).lines(f)
		side := int(c.pitch * 50)
		got, ok := Read(context.Background(), printed(want, side, side*3/4, c, r), Options{On: day})
		// A print blurred by three pixels is read, but not vouched for.
		sure := c.spread < 3
		if !ok || got.Valid != sure || got.Format != f || strings.Join(got.Lines, " ") != strings.Join(want, " ") {
			t.Errorf("%+v %s: found %v valid %v %v\n got %q\nwant %q", c, f, ok, got.Valid, got.Faults, got.Lines, want)
		}
	}
}

// TestNeverValidOnClutter: pages without a zone give no valid one.
func TestNeverValidOnClutter(t *testing.T) {
	found := 0
	for i := *first; i < *first+*many; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		got, ok := Read(context.Background(), clutter(560+r.IntN(300), 420+r.IntN(300), r), Options{On: day})
		if ok {
			found++
		}
		if got.Valid {
			t.Errorf("page %d: %q", i, got.Lines)
		}
	}
	t.Logf("%d pages: %d with something like a zone, none valid", *many, found)
}

// TestWrongDigitIsNeverValid: a zone printed with one wrong character under a
// check digit is not made right by reading it kindly, on a clear copy or a bad
// one.
func TestWrongDigitIsNeverValid(t *testing.T) {
	kinds := []copying{
		{pitch: 20},
		{pitch: 15, spread: 1.5},
		{pitch: 9, spread: 0.8},
		{pitch: 20, bilevel: true, noise: 0.02},
		{pitch: 20, bilevel: true, noise: 0.04, face: 1},
	}
	read := make([]int, len(kinds))
	for i := *first; i < *first+*many; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 4))
		f := formats[r.IntN(len(formats))]
		lines := random(r).lines(f)
		k := i % len(kinds)
		good, _ := Read(context.Background(), page(lines, kinds[k], r), Options{On: day})
		if good.Valid {
			read[k]++
			if !same(good.Lines, lines, f) {
				t.Errorf("zone %d, %+v: valid but misread\n got %q\nwant %q", i, kinds[k], good.Lines, lines)
			}
		}
		bad := forged(lines, f, r)
		got, _ := Read(context.Background(), page(bad, kinds[k], r), Options{On: day})
		if got.Valid {
			t.Errorf("zone %d, %+v: valid\n got %q\nfrom %q", i, kinds[k], got.Lines, bad)
		}
	}
	for k, n := range read {
		t.Logf("%+v: %d of %d read whole before the change", kinds[k], n, (*many+len(kinds)-1-k)/len(kinds))
	}
}

func page(lines []string, c copying, r *rand.Rand) *image.Gray {
	w := int(c.pitch * 48)
	return printed(lines, w, w/2, c, r)
}

// same compares what check digits cover.
func same(got, want []string, f Format) bool {
	l := layoutOf(f)
	a, b := strings.Join(got, ""), strings.Join(want, "")
	for i, p := range l.plan() {
		if !p.inert() && a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func layoutOf(f Format) layout {
	for _, shape := range [][2]int{{3, 30}, {2, 36}, {2, 44}} {
		for _, l := range variants(shape[0], shape[1]) {
			if l.format == f && l.overflow == 0 {
				return l
			}
		}
	}
	panic(f)
}

// forged changes one character under a check digit so that the digit disagrees.
func forged(lines []string, f Format, r *rand.Rand) []string {
	l := layoutOf(f)
	plan := l.plan()
	for {
		text := []byte(strings.Join(lines, ""))
		i := r.IntN(len(text))
		text[i] = alphabet[26+r.IntN(10)]
		if plan[i].inert() || l.evaluate(string(text), day).Valid {
			continue
		}
		var bad []string
		for row := range l.rows {
			bad = append(bad, string(text[row*l.cols:(row+1)*l.cols]))
		}
		return bad
	}
}

// TestReadBounds: no picture, odd pictures, too large ones, a context that ended.
func TestReadBounds(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	r := rand.New(rand.NewPCG(5, 6))
	zone := printed(strings.Split(specimenTD3, "\n"), 1000, 500, copying{pitch: 20}, r)
	if _, ok := Read(ended, zone, Options{On: day}); ok {
		t.Error("read although the context had ended")
	}
	part, _ := zone.SubImage(image.Rect(30, 100, 970, 490)).(*image.Gray)
	if got, ok := Read(context.Background(), part, Options{On: day}); !ok || !got.Valid {
		t.Error("a part of a picture is not read")
	}
	for _, img := range []*image.Gray{
		nil,
		{},
		image.NewGray(image.Rect(0, 0, 5, 5)), image.NewGray(image.Rect(0, 0, 39, 4000)),
		image.NewGray(image.Rect(0, 0, 4200, 4200)),
		{Rect: image.Rect(0, 0, 500, 500), Stride: 500},
		{Rect: image.Rect(0, 0, 500, 500), Stride: 1, Pix: make([]byte, 250000)},
		image.NewGray(image.Rect(-300, -200, 200, 300)), image.NewGray(image.Rect(0, 0, 40, 100000)),
	} {
		if _, ok := Read(context.Background(), img, Options{On: day}); ok {
			t.Error("found a zone in nothing")
		}
	}
}

// FuzzRead: no picture makes it fail.
func FuzzRead(f *testing.F) {
	zone := printed(strings.Split(specimenTD1, "\n"), 299, 120, copying{pitch: 8}, rand.New(rand.NewPCG(1, 1)))
	f.Add(zone.Pix, uint16(298))
	f.Add(make([]byte, 100*minSide), uint16(99))
	f.Fuzz(func(t *testing.T, pixels []byte, width uint16) {
		w := int(width%600) + 1
		if len(pixels) < w*minSide || len(pixels) > 1<<18 {
			t.Skip()
		}
		img := &image.Gray{Pix: pixels, Stride: w, Rect: image.Rect(0, 0, w, len(pixels)/w)}
		if got, _ := Read(context.Background(), img, Options{On: day}); got.Valid != (len(got.Faults) == 0 && got.Format != "") {
			t.Fatal(fmt.Sprint("valid with faults: ", got.Faults))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	lines := strings.Split(specimenTD3, "\n")
	pages := map[string]*image.Gray{
		"specimen on A4 at 200 dpi": printed(lines, 1654, 2339, copying{pitch: 20}, r),
		"fax of it":                 printed(lines, 1728, 2339, copying{pitch: 20.4, bilevel: true, noise: 0.01}, r),
		"no zone on A4 at 200 dpi":  clutter(1654, 2339, r),
		"white A4 at 200 dpi":       image.NewGray(image.Rect(0, 0, 1654, 2339)),
	}
	for name, page := range pages {
		b.Run(name, func(b *testing.B) {
			Read(context.Background(), page, Options{On: day}) // makes the templates
			for b.Loop() {
				Read(context.Background(), page, Options{On: day})
			}
		})
	}
}
