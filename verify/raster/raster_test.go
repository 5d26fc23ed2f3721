package raster

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // to check what comes out
	_ "image/png"  // to check what comes out
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
	"pgregory.net/rapid"

	"dispositivo/dossier"
)

// text draws something like lines of writing: black strokes on a shade of paper.
func text(w, h int, paper, ink byte) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.Gray{Y: paper}), image.Point{}, draw.Src)
	r := rand.New(rand.NewPCG(1, 2))
	for y := h / 10; y < h*9/10; y += 24 {
		for x := w / 10; x < w*9/10; x += 7 + r.IntN(9) {
			stroke := image.Rect(x, y+12-r.IntN(12), x+2+r.IntN(4), y+16)
			draw.Draw(img, stroke, image.NewUniform(color.Gray{Y: ink}), image.Point{}, draw.Src)
		}
	}
	return img
}

func codes(findings []dossier.Finding) []dossier.FindingCode {
	var out []dossier.FindingCode
	for _, f := range findings {
		if f.Severity != dossier.SeverityWarn || f.Detail == "" || f.Page != 3 {
			panic(f)
		}
		out = append(out, f.Code)
	}
	return out
}

// TestFindings proves that every threshold tells good pages from bad ones.
//
// proves C8
func TestFindings(t *testing.T) {
	page := text(1240, 1754, 250, 10)
	speckled := text(1240, 1754, 250, 250)
	for i := range 80 {
		speckled.Pix[(i+1)*20_000] = 0
	}
	blurred := func(sigma float64) image.Image { return imaging.Blur(page, sigma) }
	tests := []struct {
		name string
		img  image.Image
		want dossier.FindingCode
	}{
		{"sharp", page, ""},
		{"grey paper", text(1240, 1754, 150, 20), ""},
		{"pale ink", text(1240, 1754, 250, 170), ""},
		{"slightly soft", blurred(1), ""},
		{"blurred", blurred(5), dossier.PageBlurred},
		{"white", text(1240, 1754, 255, 255), dossier.PageBlank},
		{"grey", text(1240, 1754, 140, 140), dossier.PageBlank},
		{"speckled", speckled, dossier.PageBlank},
		{"black", text(1240, 1754, 0, 0), dossier.PageDark},
		{"dark scan", text(1240, 1754, 60, 5), dossier.PageDark},
	}
	for _, tc := range tests {
		p, err := New(tc.img, Geometry{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := codes(p.Findings(3, true))
		if len(got) > 1 || (len(got) == 0) != (tc.want == "") || len(got) == 1 && got[0] != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, p.Findings(3, true), tc.want)
		}
	}
}

func TestLowResolution(t *testing.T) {
	tests := []struct {
		side int
		dpi  float64
		low  bool
	}{
		{3508, 300, false},
		{2200, 204, false},
		{1169, 100, false},
		{1100, 94, true},
		{1011, 300, false}, // an identity card, 86 mm wide
		{516, 300, true},   // nobody reads a form in 516 pixels
		{1011, 0, true},
		{1011, 72, true},
		{10, 10, true},
		// The limit itself, on A4 of 11.69 inches and on a card as the file says.
		{1169, 0, false},
		{1168, 0, true},
		{MinSide, 100, false},
		{MinSide, 99.9, true},
		{MinSide - 1, 300, true},
	}
	for _, tc := range tests {
		if got := codes(LowResolution(3, tc.side, tc.dpi)); (len(got) == 1) != tc.low || tc.low && got[0] != dossier.PageLowResolution {
			t.Errorf("%d pixels at %v dpi: %v", tc.side, tc.dpi, got)
		}
	}
}

// TestHostileImages proves that images which lie about themselves are refused.
func TestHostileImages(t *testing.T) {
	palette := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	palette.Pix[7] = 70
	short := image.NewGray(image.Rect(0, 0, 10, 10))
	short.Pix = short.Pix[:50]
	tests := map[string]struct {
		img  image.Image
		want error
	}{
		"palette":       {palette, ErrData},
		"no palette":    {&image.Paletted{Pix: []byte{0}, Stride: 1, Rect: image.Rect(0, 0, 1, 1)}, ErrData},
		"short data":    {short, ErrData},
		"stride":        {&image.NRGBA{Pix: make([]byte, 400), Stride: 4, Rect: image.Rect(0, 0, 10, 10)}, ErrData},
		"chroma":        {&image.YCbCr{Y: make([]byte, 100), YStride: 10, Rect: image.Rect(0, 0, 10, 10)}, ErrData},
		"empty":         {image.NewGray(image.Rect(0, 0, 0, 1)), ErrSize},
		"too large":     {&image.Gray{Rect: image.Rect(0, 0, 100_000, 100_000)}, ErrSize},
		"unknown":       {image.NewUniform(color.Black), ErrSize},
		"unknown sized": {image.NewAlpha(image.Rect(0, 0, 2, 2)), ErrKind},
	}
	for name, tc := range tests {
		if _, err := New(tc.img, Geometry{}, 0); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, aspect := range []float64{-1, 0.1, 100} {
		if _, err := New(image.NewGray(image.Rect(0, 0, 2, 2)), Geometry{Aspect: aspect}, 0); err == nil {
			t.Errorf("aspect %v", aspect)
		}
	}
}

// TestOrientation proves that every orientation of TIFF 6.0 brings the corner
// that is at the top left of the paper to the top left of the picture.
func TestOrientation(t *testing.T) {
	// Where row 0, column 0 of the stored picture is seen.
	corners := map[int]image.Point{
		1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1},
	}
	turns := map[int]int{1: 0, 2: 0, 3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
	for o, corner := range corners {
		img := image.NewGray(image.Rect(0, 0, 30, 20))
		draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
		img.SetGray(0, 0, color.Gray{})
		g := Geometry{Orientation: o}
		p, err := New(img, g, 0)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := p.Native()
		if err != nil {
			t.Fatal(err)
		}
		got := decode(t, picture)
		at := image.Pt(corner.X*(got.Bounds().Dx()-1), corner.Y*(got.Bounds().Dy()-1))
		if r, _, _, _ := got.At(at.X, at.Y).RGBA(); r != 0 {
			t.Errorf("orientation %d: the corner is not at %v", o, at)
		}
		if (picture.Width == 20) != (o >= 5) {
			t.Errorf("orientation %d: %dx%d", o, picture.Width, picture.Height)
		}
		if g.Turn() != turns[o] {
			t.Errorf("orientation %d: turn %d", o, g.Turn())
		}
	}
}

func decode(tb interface {
	Helper()
	Fatal(...any)
}, p Picture,
) image.Image {
	tb.Helper()
	img, kind, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil {
		tb.Fatal(err)
	}
	if "image/"+kind != p.ContentType || img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height {
		tb.Fatal(kind, p.ContentType, img.Bounds(), p.Width, p.Height)
	}
	return img
}

// TestSquarePixels proves that a standard fax gets the shape of its paper, and
// that stretching invents no greys.
func TestSquarePixels(t *testing.T) {
	p, err := New(text(1728, 1078, 255, 0), Geometry{Aspect: 204.0 / 98, Bilevel: true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	native, err := p.Native()
	if err != nil {
		t.Fatal(err)
	}
	if native.Width != 1728 || native.Height != 2244 {
		t.Errorf("%dx%d", native.Width, native.Height)
	}
	img := decode(t, native)
	for y := range native.Height {
		for x := range native.Width {
			if v, _, _, _ := img.At(x, y).RGBA(); v != 0 && v != 0xffff {
				t.Fatalf("grey %x at %d,%d", v, x, y)
			}
		}
	}
	review, thumb, err := p.Review()
	if err != nil {
		t.Fatal(err)
	}
	if review.Height != ReviewSide || thumb.Height != ThumbSide || review.ContentType != "image/png" {
		t.Errorf("%dx%d %s, %dx%d", review.Width, review.Height, review.ContentType, thumb.Width, thumb.Height)
	}
	if len(review.Data) > 400_000 {
		t.Errorf("a page of text takes %d bytes", len(review.Data))
	}
}

// TestColour proves that a signature in blue ink stays blue, that the noise of
// a scanner does not count, and that transparent pixels are paper.
func TestColour(t *testing.T) {
	paper := image.NewNRGBA(image.Rect(0, 0, 600, 800))
	draw.Draw(paper, paper.Bounds(), text(600, 800, 250, 10), image.Point{}, draw.Src)
	p, err := New(paper, Geometry{}, 0)
	if err != nil || p.src.gray == nil {
		t.Errorf("a page without colour: %v", err)
	}
	draw.Draw(paper, image.Rect(100, 700, 200, 704), image.NewUniform(color.NRGBA{20, 30, 200, 255}), image.Point{}, draw.Src)
	p, err = New(paper, Geometry{}, 0)
	if err != nil || p.src.colour == nil {
		t.Errorf("a page with blue ink: %v", err)
	}
	if p, err = New(image.NewNRGBA(image.Rect(0, 0, 9, 9)), Geometry{}, 0); err != nil || p.src.gray.Pix[4] != 255 {
		t.Errorf("a transparent page: %v", err)
	}
}

// TestAnyImage proves for images of every kind and shape that what comes out is
// a picture of bounded size.
func TestAnyImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 400).Draw(t, "w"), rapid.IntRange(1, 400).Draw(t, "h")
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			h = 5000
		}
		r := image.Rect(-3, 5, w-3, h+5)
		kinds := []draw.Image{
			image.NewGray(r), image.NewGray16(r), image.NewNRGBA(r), image.NewRGBA(r), image.NewRGBA64(r), image.NewNRGBA64(r),
			image.NewCMYK(r), image.NewPaletted(r, color.Palette{color.White, color.Black}),
		}
		img := kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")]
		draw.Draw(img, image.Rect(0, 5, 20, 30), image.NewUniform(color.NRGBA{200, 10, 10, 100}), image.Point{}, draw.Over)
		g := Geometry{
			Aspect:      rapid.Float64Range(0.25, 4).Draw(t, "aspect"),
			Orientation: rapid.IntRange(0, 9).Draw(t, "orientation"),
			Bilevel:     rapid.Bool().Draw(t, "bilevel"),
		}
		p, err := New(img, g, rapid.IntRange(1, 100_000).Draw(t, "pixels"))
		if err != nil {
			t.Fatal(err)
		}
		p.Findings(1, true)
		review, thumb, err := p.Review()
		if err != nil {
			t.Fatal(err)
		}
		decode(t, review)
		decode(t, thumb)
		if max(review.Width, review.Height) > ReviewSide || max(thumb.Width, thumb.Height) > ThumbSide {
			t.Fatal(review.Width, review.Height, thumb.Width, thumb.Height)
		}
	})
}
