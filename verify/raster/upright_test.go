package raster

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/disintegration/imaging"
	"golang.org/x/sys/unix"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/fax"
)

// lying turns a page clockwise, as someone does who lays it on the glass wrongly.
func lying(t testing.TB, img image.Image, degrees float64) *image.Gray {
	t.Helper()
	made := imaging.Rotate(img, -degrees, color.White)
	gray := image.NewGray(made.Rect)
	for i := range gray.Pix {
		gray.Pix[i] = made.Pix[4*i]
	}
	return gray
}

func page(t testing.TB, img image.Image, g Geometry) *Page {
	t.Helper()
	p, err := New(img, g, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestUpright proves for made letters that a page laid on the glass in any of
// four ways, and not level, is shown upright and level.
//
// proves C3
func TestUpright(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range 8 {
		turned := i % 4 * 90
		skew := math.Round(rng.Float64()*200-100) / 10
		img := lying(t, fax.Letter(uint64(i), 150), float64(turned)+skew)
		p := page(t, img, Geometry{})
		turn, confident := p.Upright()
		if want := (360 - turned) % 360; turn != want || !confident {
			t.Errorf("letter %d turned by %d: %d (%v), %+v", i, turned, turn, confident, p.stance())
		}
		got, sure := p.Skew()
		if !sure || math.Abs(got-skew) > 0.1 {
			t.Errorf("letter %d askew by %.1f degrees: %.2f (%v)", i, skew, got, sure)
		}
		review, _, err := p.Review()
		if err != nil {
			t.Fatal(err)
		}
		again := page(t, decode(t, review), Geometry{})
		left, _ := again.Skew()
		turn, confident = again.Upright()
		if math.Abs(left) > 0.15 && math.Abs(skew) > MinSkew+0.1 || turn != 0 || !confident || review.Height <= review.Width {
			t.Errorf("letter %d turned by %d and %.1f is reviewed %d, %.2f, %dx%d", i, turned, skew, turn, left, review.Width, review.Height)
		}
	}
}

// TestUprightFax proves the same for faxes with noise and pixels that are not
// square, and that the finding says what was done.
func TestUprightFax(t *testing.T) {
	tests := []fax.Options{
		{},
		{DPIX: 204, DPIY: 98},
		{FlipRate: 0.02, SkewDegrees: 2.5},
		{DPIX: 204, DPIY: 98, FlipRate: 0.005, SkewDegrees: -4},
		{Streaks: 5, LostLines: 0.05, SkewDegrees: 1},
		{Diffuse: true},
	}
	for i, o := range tests {
		o.Seed = uint64(i)
		for _, turned := range []int{0, 180} {
			img, g := faxed(lying(t, fax.Letter(uint64(20+i), 200), float64(turned)), o)
			p := page(t, img, g)
			turn, confident := p.Upright()
			skew, sure := p.Skew()
			if turn != turned || !confident || !sure || math.Abs(skew-o.SkewDegrees) > 0.1 {
				t.Errorf("%+v turned by %d: %d (%v), skew %.2f (%v), %+v", o, turned, turn, confident, skew, sure, p.stance())
			}
			findings := p.Findings(3, true)
			if turned == 0 && len(findings) != 0 ||
				turned != 0 && (len(findings) != 1 || findings[0].Code != dossier.PageUpsideDown || findings[0].Severity != dossier.SeverityInfo) {
				t.Errorf("%+v turned by %d: %v", o, turned, findings)
			}
		}
	}
}

// TestUprightForm proves it for the form that we print, empty, in both
// languages.
func TestUprightForm(t *testing.T) {
	for _, lang := range []string{"it", "en"} {
		form, err := paper.BlankForm("Agenzia di prova", time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), paper.Ways{}, 90, lang)
		if err != nil {
			t.Fatal(err)
		}
		drawn := pdfSamples(t, form, 1)
		if len(drawn) == 0 {
			t.Fatal("the form cannot be drawn")
		}
		for _, turned := range []int{0, 90, 180, 270} {
			p := page(t, lying(t, drawn[0].page.src.image(), float64(turned)), Geometry{})
			if turn, confident := p.Upright(); turn != (360-turned)%360 || !confident {
				t.Errorf("%s turned by %d: %d (%v), %+v", lang, turned, turn, confident, p.stance())
			}
		}
	}
}

// TestContentWins proves that what is written counts more than what the file
// says, and that each pixel is kept.
func TestContentWins(t *testing.T) {
	letter := fax.Letter(3, 120)
	turned := map[int]int{1: 0, 3: 180, 6: 270, 8: 90} // how a page must lie for the file to be right
	for orientation := range turned {
		for _, lies := range []int{0, 90, 180, 270} {
			p := page(t, lying(t, letter, float64(lies)), Geometry{Orientation: orientation})
			if turn, confident := p.Upright(); turn != (360-lies)%360 || !confident {
				t.Errorf("orientation %d, lying %d: %d (%v)", orientation, lies, turn, confident)
			}
			if got := len(p.Findings(1, true)); (got == 0) != (lies == turned[orientation]) {
				t.Errorf("orientation %d, lying %d: %d findings", orientation, lies, got)
			}
			native, err := p.Native()
			if err != nil {
				t.Fatal(err)
			}
			gray, err := p.Gray()
			if err != nil {
				t.Fatal(err)
			}
			img := decode(t, native)
			for y := range letter.Rect.Dy() {
				for x := range letter.Rect.Dx() {
					want := letter.GrayAt(x, y)
					if got := color.GrayModel.Convert(img.At(x, y)); got != want || gray.GrayAt(x, y) != want {
						t.Fatalf("orientation %d, lying %d: pixel %d,%d is %v", orientation, lies, x, y, got)
					}
				}
			}
		}
	}
}

// TestUndecided proves that what is no writing is left as it was sent.
func TestUndecided(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	noise := image.NewGray(image.Rect(0, 0, 900, 1200))
	for i := range noise.Pix {
		noise.Pix[i] = byte(rng.IntN(2) * 255)
	}
	ruled := image.NewGray(image.Rect(0, 0, 900, 1200))
	for i := range ruled.Pix {
		if ruled.Pix[i] = 255; i/900%40 < 2 {
			ruled.Pix[i] = 0
		}
	}
	for name, img := range map[string]image.Image{
		"noise": noise, "soft": imaging.Blur(noise, 3), "ruled": ruled, "white": shaded(ruled, 255, 255),
		"point": image.NewGray(image.Rect(0, 0, 1, 1)), "line": image.NewGray(image.Rect(0, 0, 5000, 1)),
	} {
		p := page(t, img, Geometry{Orientation: 6})
		turn, confident := p.Upright()
		if skew, sure := p.Skew(); turn != 90 || confident || sure || skew != 0 {
			t.Errorf("%s: %d %v %.2f %v", name, turn, confident, skew, sure)
		}
	}
}

// TestEdges proves that the black edges of a scan go and nothing else does.
func TestEdges(t *testing.T) {
	letter := fax.Letter(4, 120)
	w, h := letter.Rect.Dx(), letter.Rect.Dy()
	framed := image.NewGray(image.Rect(0, 0, w+90, h+60))
	for y := range h {
		copy(framed.Pix[(y+20)*framed.Stride+60:], letter.Pix[y*letter.Stride:][:w])
	}
	tests := map[string]struct {
		img  image.Image
		w, h int
	}{
		"framed":  {framed, w, h},
		"letter":  {letter, w, h},
		"all ink": {shaded(letter, 0, 0), w, h},
		"band":    {band(letter, h/3), w, h},
	}
	for name, tc := range tests {
		p := page(t, tc.img, Geometry{})
		review, _, err := p.Review()
		if err != nil {
			t.Fatal(err)
		}
		if name == "band" {
			tc.h = h
		}
		// A pixel of the sketch may stay black on each side.
		if review.Width < tc.w || review.Height < tc.h || review.Width > tc.w+3 || review.Height > tc.h+3 {
			t.Errorf("%s: %dx%d, want %dx%d", name, review.Width, review.Height, tc.w, tc.h)
		}
		if findings := p.Findings(1, true); name == "framed" && len(findings) != 0 {
			t.Errorf("%s: %v", name, findings)
		}
	}
}

// band blackens the upper rows of a page, as a letter head or a photograph may.
func band(src *image.Gray, rows int) *image.Gray {
	dst := shaded(src, 0, 255)
	clear(dst.Pix[:rows*dst.Stride])
	return dst
}

// TestCut proves that letters which run over the edge are noticed, and on which
// side the reviewer sees it.
func TestCut(t *testing.T) {
	letter := fax.Letter(1, 200)
	w, h := letter.Rect.Dx(), letter.Rect.Dy()
	tests := []struct {
		area image.Rectangle
		want string
	}{
		{letter.Rect, ""},
		{image.Rect(w/10, 0, w, h), ""},
		{image.Rect(w/5, 0, w, h), "left"},
		{image.Rect(0, 0, w*2/5, h), "right"},
	}
	for _, tc := range tests {
		for _, turned := range []int{0, 90, 180, 270} {
			p := page(t, lying(t, imaging.Crop(letter, tc.area), float64(turned)), Geometry{})
			var sides []string
			for _, f := range p.Findings(1, true) {
				if f.Code == dossier.PageCut {
					var n int
					var at string
					if _, err := fmt.Sscanf(f.Detail, "%d letters touch the %s edge", &n, &at); err != nil {
						t.Fatal(f.Detail, err)
					}
					sides = append(sides, at)
				}
			}
			if tc.want == "" && len(sides) > 0 || tc.want != "" && (len(sides) != 1 || sides[0] != tc.want) {
				t.Errorf("%v turned by %d: %q, want %q", tc.area, turned, sides, tc.want)
			}
		}
	}
}

// TestClean proves that specks go while thin lines and bars stay.
func TestClean(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 60, 40))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := range 40 {
		img.SetGray(20, y, color.Gray{}) // a line of one pixel
		for x := 30; x < 40; x++ {
			img.SetGray(x, y, color.Gray{}) // a bar
		}
	}
	want := &image.Gray{Pix: append([]byte(nil), img.Pix...), Stride: img.Stride, Rect: img.Rect}
	for _, at := range []image.Point{{5, 5}, {10, 30}, {11, 30}, {50, 0}, {59, 39}, {0, 20}} {
		img.SetGray(at.X, at.Y, color.Gray{})
	}
	img.SetGray(35, 20, color.Gray{Y: 255})
	got := Clean(img)
	for y := 1; y < 39; y++ { // the ends of the line are ends
		for x := range 60 {
			if got.GrayAt(x, y) != want.GrayAt(x, y) {
				t.Errorf("pixel %d,%d is %v", x, y, got.GrayAt(x, y))
			}
		}
	}
	for _, size := range []image.Point{{0, 0}, {1, 1}, {1, 9}, {9, 1}} {
		Clean(image.NewGray(image.Rectangle{Max: size}))
	}
}

func TestDamaged(t *testing.T) {
	tests := []struct {
		rows [][2]int
		want dossier.Severity
	}{
		{nil, ""},
		{[][2]int{{5, 5}}, dossier.SeverityInfo},
		{[][2]int{{5, 5}, {100, 102}, {900, 905}}, dossier.SeverityInfo},
		{[][2]int{{5, 20}}, dossier.SeverityWarn},
		{[][2]int{{0, 5}, {10, 15}, {20, 25}, {30, 35}, {40, 45}, {50, 55}, {60, 65}, {70, 75}}, dossier.SeverityWarn},
		{[][2]int{{0, 1 << 40}}, dossier.SeverityWarn},
		{[][2]int{{9, 3}, {-5, -2}}, ""},
	}
	for _, tc := range tests {
		got := Damaged(2, 2200, tc.rows)
		if (len(got) == 0) != (tc.want == "") || len(got) == 1 && (got[0].Severity != tc.want || got[0].Code != dossier.PageDamaged || got[0].Page != 2) {
			t.Errorf("%v: %v, want %q", tc.rows, got, tc.want)
		}
	}
	Damaged(1, 0, [][2]int{{0, 0}})
}

// BenchmarkMeasure is all measures of an A4 page of 200 dots per inch together.
func BenchmarkMeasure(b *testing.B) {
	letter := fax.Letter(1, 200)
	photo := imaging.Blur(letter, 1)
	bits, g := faxed(letter, fax.Options{FlipRate: 0.02})
	for _, bc := range []struct {
		name string
		img  image.Image
		g    Geometry
	}{{"grey", letter, Geometry{}}, {"colour", photo, Geometry{}}, {"fax", bits, g}} {
		b.Run(bc.name, func(b *testing.B) {
			p := page(b, bc.img, bc.g)
			before := cpu(b)
			for b.Loop() {
				p.sketch = nil
				p.Findings(1, true)
			}
			b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpu is the processor time of this process in milliseconds, which counts where
// others are at work on the same machine.
func cpu(b *testing.B) float64 {
	b.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e6
}
