package pdf_test

import (
	"context"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"dispositivo/verify/pdf"
)

func open(t *testing.T, data []byte) *pdf.Document {
	t.Helper()
	d, err := engine(t).Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func TestRender(t *testing.T) {
	d := open(t, onePage("", "/Rotate 90"))
	w, h, err := d.PageSize(t.Context(), 1)
	if err != nil || w != 100 || h != 200 {
		t.Errorf("size %g x %g, %v", w, h, err)
	}
	for _, gray := range []bool{false, true} {
		img, dpi, err := d.Render(t.Context(), 1, pdf.RenderOptions{DPI: 144, Gray: gray})
		if err != nil {
			t.Fatal(err)
		}
		if dpi != 144 || img.Bounds() != image.Rect(0, 0, 200, 400) {
			t.Errorf("%v at %g dpi", img.Bounds(), dpi)
		}
		// The box is 20 points from the left and the bottom; turned clockwise it
		// is 20 points from the left and the top.
		if dark(img, 100, 100) != true || dark(img, 20, 100) || dark(img, 100, 300) {
			t.Errorf("gray %v: the box is not where it belongs", gray)
		}
	}
}

// TestRenderKeepsColour proves that a page gives up its colours only when it has
// none, and that grey without being asked for is the same grey.
func TestRenderKeepsColour(t *testing.T) {
	render := func(content string, gray bool) image.Image {
		img, _, err := open(t, written(
			"<</Type/Catalog/Pages 2 0 R>>", pagesOfOne, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>", stream("", content),
		)).Render(t.Context(), 1, pdf.RenderOptions{Gray: gray})
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	const black, half, blue = "0 g 20 20 50 50 re f", "0.3 g 20 20 50 50 re f", "0 0 1 rg 199 99 1 1 re f"
	for _, content := range []string{black, half} {
		got, ok := render(content, false).(*image.Gray)
		want := render(content, true).(*image.Gray) //nolint:errcheck // grey was asked for
		if !ok || !slices.Equal(got.Pix, want.Pix) {
			t.Errorf("%q is no grey picture, or another", content)
		}
	}
	for _, content := range []string{blue, black + " " + blue} {
		if img, ok := render(content, false).(*image.NRGBA); !ok {
			t.Errorf("%q lost its colour: %T", content, img)
		}
	}
}

func dark(img image.Image, x, y int) bool {
	r, g, b, _ := img.At(x, y).RGBA()
	return r+g+b < 3*0x1000
}

func TestRenderIsRepeatable(t *testing.T) {
	data := letters(t, 1)
	pixels := func() string {
		img, _, err := open(t, data).Render(t.Context(), 1, pdf.RenderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return string(img.(*image.Gray).Pix) //nolint:errcheck // the letters are black
	}
	if first, again := pixels(), pixels(); first != again {
		t.Error("the same bytes gave other pixels")
	}
}

// TestRenderBounds: a page as large as PDF allows is made to fit, and stays a
// page.
func TestRenderBounds(t *testing.T) {
	for _, box := range []string{"0 0 14400 14400", "0 0 1000000 1000000", "0 0 1 14400", "0 0 0.001 0.001", "0 0 0 0"} {
		d := open(t, written("<</Type/Catalog/Pages 2 0 R>>", pagesOfOne, "<</Type/Page/Parent 2 0 R/MediaBox["+box+"]>>"))
		img, dpi, err := d.Render(t.Context(), 1, pdf.RenderOptions{DPI: 300, MaxPixels: 1_000_000})
		if err != nil {
			t.Errorf("%s: %v", box, err)
			continue
		}
		size := img.Bounds().Size()
		if size.X < 1 || size.Y < 1 || size.X*size.Y > 1_000_000 || dpi > 300 {
			t.Errorf("%s: %v at %g dpi", box, size, dpi)
		}
	}
}

// TestFormFieldsAreDrawn: the reviewer sees what was typed, also when the
// document leaves drawing it to the viewer.
func TestFormFieldsAreDrawn(t *testing.T) {
	d := open(t, written(
		"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/NeedAppearances true/DA(/Helv 12 Tf 0 g)"+
			"/DR<</Font<</Helv 5 0 R>>>>>>>>",
		pagesOfOne,
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Annots[4 0 R]>>",
		"<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/V(TYPED)/Rect[10 10 190 60]/F 4/P 3 0 R/DA(/Helv 24 Tf 0 g)>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	))
	img, _, err := d.Render(t.Context(), 1, pdf.RenderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !inked(img) {
		t.Error("the field is empty")
	}
}

func TestText(t *testing.T) {
	d := open(t, letters(t, 2))
	text, err := d.Text(t.Context(), 2)
	if err != nil || strings.TrimSpace(text) != "Page number 2" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestPageScan(t *testing.T) {
	picture := stream("/Type/XObject/Subtype/Image/Width 8/Height 4/ColorSpace/DeviceGray/BitsPerComponent 8", strings.Repeat("\x40", 32))
	page := func(content string) []byte {
		return written("<</Type/Catalog/Pages 2 0 R>>", pagesOfOne,
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R/Resources<</XObject<</P 5 0 R>>/Font<</F 6 0 R>>>>>>",
			stream("", content), picture, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	}
	tests := []struct {
		name, content string
		scan          bool
	}{
		{"whole page", "q 72 0 0 72 0 0 cm /P Do Q", true},
		{"with recognised text", "q 72 0 0 72 0 0 cm /P Do Q BT /F 9 Tf 3 Tr (word) Tj ET", true},
		{"half a page", "q 36 0 0 72 0 0 cm /P Do Q", false},
		{"with a box", "q 72 0 0 72 0 0 cm /P Do Q 9 9 9 9 re f", false},
		{"twice", "q 72 0 0 72 0 0 cm /P Do Q q 72 0 0 72 0 0 cm /P Do Q", false},
		{"nothing", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scan, ok, err := open(t, page(tt.content)).PageScan(t.Context(), 1)
			if err != nil || ok != tt.scan {
				t.Fatalf("got %v, %v", ok, err)
			}
			if ok && (scan != pdf.Scan{Width: 8, Height: 4, DPIX: 8, DPIY: 4} || scan.DPI() != 8) {
				t.Errorf("got %+v", scan)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":  {nil, pdf.ErrFormat},
		"rubbish":  {[]byte("rubbish"), pdf.ErrFormat},
		"password": {encrypted(t, "open", "own"), pdf.ErrPassword},
	} {
		if _, err := engine(t).Open(t.Context(), tt.data); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if _, _, err := open(t, onePage("", "")).Render(t.Context(), 2, pdf.RenderOptions{}); !errors.Is(err, pdf.ErrPage) {
		t.Errorf("page 2 of 1: %v", err)
	}
}

// TestMemoryLimit: a page that wants more memory than there is fails alone; the
// engine goes on with the next document.
func TestMemoryLimit(t *testing.T) {
	e, err := newEngine(pdf.EngineConfig{MemoryPages: 400})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(context.Background()) //nolint:errcheck // a test that is over
	if err := renderBy(t.Context(), e, letters(t, 1), 400); !errors.Is(err, pdf.ErrEngine) {
		t.Errorf("got %v", err)
	}
	if err := renderBy(t.Context(), e, letters(t, 1), 36); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestInterrupt: a page that never ends is stopped by its context.
func TestInterrupt(t *testing.T) {
	e := interruptible(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := renderBy(ctx, e, endless(), 150); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := renderBy(t.Context(), e, letters(t, 1), 36); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestContextIsLookedAt: without interruption, the end of a context still stops
// the next call.
func TestContextIsLookedAt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := open(t, letters(t, 1))
	cancel()
	if _, _, err := d.Render(ctx, 1, pdf.RenderOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := engine(t).Examine(ctx, letters(t, 1), pdf.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("examine: %v", err)
	}
}

// TestManyDocuments: documents of one engine live side by side, and closing
// gives their memory back.
func TestManyDocuments(t *testing.T) {
	e, data := engine(t), letters(t, 1)
	group, ctx := errgroup.WithContext(t.Context())
	for range 4 {
		group.Go(func() error {
			for range 5 {
				if err := renderBy(ctx, e, data, 50); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

func renderBy(ctx context.Context, e *pdf.Engine, data []byte, dpi float64) error {
	d, err := e.Open(ctx, data)
	if err != nil {
		return err
	}
	defer d.Close(context.Background()) //nolint:errcheck,contextcheck // also when ctx has ended; what rendering says counts
	_, _, err = d.Render(ctx, 1, pdf.RenderOptions{DPI: dpi})
	return err
}

// endless is a page whose colour at every point takes thousands of steps.
func endless() []byte {
	const domain = "/Domain[0 1 0 1]"
	steps := "{ pop " + strings.Repeat("sin cos sqrt ", 5000) + "}"
	return written("<</Type/Catalog/Pages 2 0 R>>", pagesOfOne,
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Shading<</S 5 0 R>>>>>>",
		stream("", "/S sh"),
		"<</ShadingType 1/ColorSpace/DeviceGray/Matrix[200 0 0 100 0 0]"+domain+"/Function 6 0 R>>",
		stream("/FunctionType 4"+domain+"/Range[0 1]", steps))
}

// BenchmarkRender is one page at 150 dpi, opened and closed each time.
func BenchmarkRender(b *testing.B) {
	data, e := letters(b, 1), engine(b)
	for b.Loop() {
		if err := renderBy(b.Context(), e, data, 150); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInspect is the search of a document of twenty pages.
func BenchmarkInspect(b *testing.B) {
	data := letters(b, 20)
	for b.Loop() {
		pdf.Inspect(b.Context(), data, pdf.Limits{})
	}
}

// BenchmarkEngineFromCache is what starting costs after the first time.
func BenchmarkEngineFromCache(b *testing.B) {
	engine(b)
	for b.Loop() {
		e, err := newEngine(pdf.EngineConfig{})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
