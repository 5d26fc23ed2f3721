package symbol_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/boombuler/barcode/qr"

	"dispositivo/internal/assets"
	"dispositivo/verify/symbol"
)

// drawn is a QR code of side pixels a module, quiet zone included.
func drawn(t testing.TB, text string, side int) *image.Gray {
	t.Helper()
	code, err := qr.Encode(text, qr.Q, qr.AlphaNumeric)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 4
	n := code.Bounds().Dx()
	img := image.NewGray(image.Rect(0, 0, (n+2*quiet)*side, (n+2*quiet)*side))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			c := color.Color(color.White)
			if mx, my := x/side-quiet, y/side-quiet; mx >= 0 && my >= 0 && mx < n && my < n {
				c = code.At(mx, my)
			}
			img.Set(x, y, c)
		}
	}
	return img
}

func TestScanCleanCode(t *testing.T) {
	const text = "DSP1:ACDEFHJKMNPRTVWXY34678"
	img := drawn(t, text, 5)
	moved := &image.Gray{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect.Add(image.Pt(1000, -70))}
	found, err := engine(t).Scan(t.Context(), moved, symbol.ScanOptions{})
	if err != nil || len(found) != 1 || found[0].Kind != symbol.QR || found[0].Text != text {
		t.Fatalf("%+v, %v", found, err)
	}
	if s := found[0]; len(s.Points) != 4 || !s.Rect.In(moved.Rect) || s.Rect.Dx() < moved.Rect.Dx()/2 {
		t.Errorf("found at %v", s.Rect)
	}
	if found, err = engine(t).Scan(t.Context(), img, symbol.ScanOptions{Kinds: []symbol.Kind{symbol.Code39}}); err != nil || found != nil {
		t.Errorf("a kind not asked for: %v, %v", found, err)
	}
}

func TestBadPictures(t *testing.T) {
	for name, img := range map[string]*image.Gray{
		"none":      nil,
		"empty":     image.NewGray(image.Rect(0, 0, 0, 5)),
		"too large": {Rect: image.Rect(0, 0, 8001, 5000), Stride: 8001, Pix: make([]byte, 8001*5000)},
		"too wide":  image.NewGray(image.Rect(0, 0, 30_001, 1)),
		"short":     {Rect: image.Rect(0, 0, 100, 100), Stride: 100, Pix: make([]byte, 9_999)},
		"overlaps":  {Rect: image.Rect(0, 0, 100, 100), Stride: 10, Pix: make([]byte, 10_000)},
	} {
		if _, err := engine(t).Scan(t.Context(), img, symbol.ScanOptions{}); !errors.Is(err, symbol.ErrSize) {
			t.Errorf("Scan %s: %v", name, err)
		}
		if _, _, err := newReader(t).Find(t.Context(), img, symbol.Options{}); !errors.Is(err, symbol.ErrSize) {
			t.Errorf("Find %s: %v", name, err)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 50, 50))
	if _, err := engine(t).Scan(t.Context(), img, symbol.ScanOptions{Kinds: []symbol.Kind{"maxicode"}}); err == nil {
		t.Error("no error")
	}
}

// TestMemoryCap: an engine without room says so, and works on smaller pictures.
func TestMemoryCap(t *testing.T) {
	wasm, err := assets.ZBar()
	if err != nil {
		t.Fatal(err)
	}
	e, err := symbol.NewEngine(t.Context(), wasm, symbol.EngineConfig{CacheDir: engineCache, MemoryPages: 260})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close(context.Background()) }()
	if _, err := e.Scan(t.Context(), drawn(t, "ABC", 135), symbol.ScanOptions{}); !errors.Is(err, symbol.ErrEngine) {
		t.Errorf("no room: %v", err)
	}
	if found, err := e.Scan(t.Context(), drawn(t, "ABC", 4), symbol.ScanOptions{}); err != nil || len(found) != 1 {
		t.Errorf("afterwards: %v, %v", found, err)
	}
}

func TestForeignEngineIsRefused(t *testing.T) {
	wasm, err := assets.PDFium()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"another engine": wasm, "no wasm": []byte("x")} {
		if _, err := symbol.NewEngine(t.Context(), data, symbol.EngineConfig{CacheDir: engineCache}); err == nil {
			t.Errorf("%s was accepted", name)
		}
		if _, err := symbol.NewMatrixEngine(t.Context(), data, symbol.EngineConfig{CacheDir: engineCache}); err == nil {
			t.Errorf("%s was accepted for rxing", name)
		}
	}
}

// noise is a page of random pixels, the worst for finding patterns.
func noise(w, h int, dark float64) *image.Gray {
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		if rng.Float64() > dark {
			img.Pix[i] = 0xFF
		}
	}
	return img
}

func TestTimeIsUp(t *testing.T) {
	reader := newReader(t)
	_, stats, err := reader.Find(t.Context(), noise(600, 800, 0.3), symbol.Options{Over: func() bool { return true }})
	if err != nil || !stats.OutOfTime || stats.Scans != 0 {
		t.Errorf("over: %+v, %v", stats, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := reader.Find(ctx, noise(600, 800, 0.3), symbol.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestSameAgain: the same page gives the same answer and the same work.
func TestSameAgain(t *testing.T) {
	page, _ := form(t, 2)
	fax := sent(page, fault{lines: 98, flips: 0.04, streaks: true}, 5)
	reader := newReader(t)
	type answer struct {
		found []symbol.Symbol
		stats symbol.Stats
	}
	find := func() (a answer) {
		var err error
		if a.found, a.stats, err = reader.Find(t.Context(), fax, symbol.Options{Regions: formRegions()}); err != nil {
			t.Fatal(err)
		}
		return a
	}
	if first, again := find(), find(); !reflect.DeepEqual(first, again) || len(first.found) == 0 {
		t.Errorf("%+v, then %+v", first, again)
	}
}

// TestPassesAreBounded: noise, blank and black pages go through all passes in
// at most so many scans, and nothing is read into them.
func TestPassesAreBounded(t *testing.T) {
	const most = 64
	reader := newReader(t)
	for name, img := range map[string]*image.Gray{
		"noise": noise(800, 1100, 0.1), "blank": noise(800, 1100, 0), "black": noise(800, 1100, 1), "dot": noise(1, 1, 1),
		"line": noise(900, 1, 0.5),
	} {
		found, stats, err := reader.Find(t.Context(), img, symbol.Options{Kinds: symbol.AllKinds(), Regions: formRegions()})
		if err != nil || len(found) > 0 || stats.Scans > most || stats.Pixels > most*symbol.MaxPixels {
			t.Errorf("%s: %v, %+v, %v", name, found, stats, err)
		}
	}
}

// FuzzScan: whatever the pixels, the search ends without a trap, and what it
// finds lies on the page.
func FuzzScan(f *testing.F) {
	seed := drawn(f, "ABC123", 2)
	f.Add(uint8(seed.Stride), uint8(2), seed.Pix)
	f.Add(uint8(64), uint8(11), bytes.Repeat([]byte{0, 0, 255}, 64*20))
	// Compiling takes longer than the fuzzer gives one input.
	reader := newReader(f)
	if _, err := rxing(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, width, passes uint8, pixels []byte) {
		if width == 0 || len(pixels) > 1<<13 || len(pixels) < int(width) {
			return
		}
		img := &image.Gray{Pix: pixels, Stride: int(width), Rect: image.Rect(0, 0, int(width), len(pixels)/int(width))}
		opts := symbol.Options{
			Kinds: symbol.AllKinds(), Regions: []symbol.Region{{0.1, 0.1, 0.4, 0.3}}, MaxPasses: 1 + int(passes)%12,
		}
		found, stats, err := reader.Find(t.Context(), img, opts)
		if err != nil || stats.Failures > 0 {
			t.Fatalf("%+v, %v", stats, err)
		}
		const slack = 64 // ZBar guesses corners outside
		for _, s := range found {
			if !s.Rect.In(img.Rect.Inset(-slack - max(img.Rect.Dx(), img.Rect.Dy()))) {
				t.Errorf("found at %v", s.Rect)
			}
		}
	})
}

// BenchmarkFind is what a page costs: a form whose first place is read, a form
// found anywhere, a page without codes, and ZBar alone on the whole page.
func BenchmarkFind(b *testing.B) {
	page, text := form(b, 0)
	fax := sent(page, fault{lines: 196, flips: 0.005}, 0)
	reader := newReader(b)
	stop := func(s symbol.Symbol) bool { return s.Text == text }
	never := func(symbol.Symbol) bool { return false }
	for _, c := range []struct {
		name string
		opts symbol.Options
	}{
		{"place", symbol.Options{Regions: formRegions(), Stop: stop}},
		{"reduced page", symbol.Options{Stop: stop}},
		{"quick passes, nothing liked", symbol.Options{Regions: formRegions(), Stop: never, MaxPasses: symbol.QuickPasses}},
		{"all passes, nothing liked", symbol.Options{Regions: formRegions(), Stop: never}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := reader.Find(b.Context(), fax, c.opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("whole page as it is", func(b *testing.B) {
		for b.Loop() {
			if _, err := engine(b).Scan(b.Context(), fax, symbol.ScanOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
