package pdf_test

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"testing"

	"codeberg.org/go-pdf/fpdf"

	"dispositivo/dossier"
	"dispositivo/verify/pdf"
)

func render(t *testing.T, data []byte, page int) *image.NRGBA {
	t.Helper()
	x := examine(t, data)
	if v, code := verdict(x); v != dossier.Accepted {
		t.Fatalf("composed document is %s %s", v, code)
	}
	img, _, err := x.Document.Render(t.Context(), page, pdf.RenderOptions{DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	colour := image.NewNRGBA(img.Bounds())
	draw.Draw(colour, colour.Rect, img, image.Point{}, draw.Src)
	return colour
}

func TestMerge(t *testing.T) {
	first, second := letters(t, 2), onePage("", "")
	merged, err := pdf.Merge(t.Context(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	info, findings := pdf.Inspect(t.Context(), merged, pdf.Limits{})
	if info.NumPages != 3 || len(findings) > 0 {
		t.Errorf("got %d pages, %v", info.NumPages, findings)
	}
	if size := render(t, merged, 3).Bounds().Size(); size != image.Pt(200, 100) {
		t.Errorf("page 3 is %v", size)
	}
	if bound := len(first) + len(second) + 2048; len(merged) > bound {
		t.Errorf("%d bytes out of %d and %d", len(merged), len(first), len(second))
	}
}

// stamp is an A4 page with a red square, 50 points wide, 100 points from the
// left and 200 from the top.
func stamp(t *testing.T) []byte {
	t.Helper()
	doc := fpdf.New("P", "pt", "A4", "")
	doc.AddPage()
	doc.SetFillColor(255, 0, 0)
	doc.Rect(100, 200, 50, 50, "F")
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOverlay: the overlay lands where it was drawn, only on the page asked
// for, and what was there shines through.
func TestOverlay(t *testing.T) {
	base := letters(t, 2)
	out, err := pdf.Overlay(base, stamp(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	red := image.Rect(100, 200, 150, 250)
	if got := reds(render(t, out, 1)); !got.Empty() {
		t.Errorf("page 1 is stamped at %v", got)
	}
	second := render(t, out, 2)
	if got := reds(second); !got.Inset(1).In(red) || !red.Inset(1).In(got) {
		t.Errorf("red at %v, want %v", got, red)
	}
	if c := second.NRGBAAt(60, 60); c.R > 10 {
		t.Errorf("what was there is gone: %v", c)
	}
	if len(out) > len(base)+4096 {
		t.Errorf("%d bytes out of %d", len(out), len(base))
	}
}

func reds(img *image.NRGBA) image.Rectangle {
	var box image.Rectangle
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if c := img.NRGBAAt(x, y); c.R > 200 && c.G < 60 && c.B < 60 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

func TestOverlayOfMissingPage(t *testing.T) {
	if _, err := pdf.Overlay(letters(t, 1), stamp(t), 2); err == nil {
		t.Error("page 2 of one page was stamped")
	}
}

func TestSignedIsNeverRewritten(t *testing.T) {
	signed := onePage("/AcroForm<</SigFlags 3/Fields[]>>", "")
	if _, err := pdf.Merge(t.Context(), letters(t, 1), signed); !errors.Is(err, pdf.ErrSigned) {
		t.Errorf("merge: %v", err)
	}
	if _, err := pdf.Overlay(signed, stamp(t), 1); !errors.Is(err, pdf.ErrSigned) {
		t.Errorf("overlay: %v", err)
	}
}

func TestComposeSurvivesRubbish(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("%PDF-1.7\n"), letters(t, 1)[:200]} {
		if _, err := pdf.Merge(t.Context(), data, letters(t, 1)); err == nil {
			t.Error("merged rubbish")
		}
		if _, err := pdf.Overlay(letters(t, 1), data, 1); err == nil {
			t.Error("overlaid rubbish")
		}
	}
	if _, err := pdf.Merge(t.Context()); err == nil {
		t.Error("merged nothing")
	}
}
