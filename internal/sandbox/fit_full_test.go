package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/fax"
)

// fullPage is an A4 sheet at 300 dpi as scanners give it: a letter in grey, or,
// for an odd seed, in colour and with a photograph the size of a document on it.
func fullPage(seed uint64, grain float64) image.Image {
	letter, rng := fax.Letter(seed, 300), rand.New(rand.NewPCG(seed, 5))
	for i, v := range letter.Pix {
		letter.Pix[i] = uint8(min(max(float64(v)-8+rng.NormFloat64()*grain, 0), 255))
	}
	if seed%2 == 0 {
		return letter
	}
	img := image.NewRGBA(letter.Rect)
	document := image.Rect(400, 2300, 1410, 2940)
	for y := range letter.Rect.Dy() {
		for x := range letter.Rect.Dx() {
			v := letter.Pix[y*letter.Stride+x]
			c := color.RGBA{v, uint8(float64(v) * 0.98), uint8(float64(v) * 0.95), 255}
			if image.Pt(x, y).In(document) {
				wave := 60*math.Sin(float64(x)/37+float64(seed)) + 50*math.Cos(float64(x+2*y)/53)
				c = color.RGBA{uint8(130 + wave), uint8(120 + wave/2), uint8(125 - wave), 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 75}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// jpegTIFF is a TIFF of pages that are pictures in JPEG (TIFF Technical Note 2),
// at 300 dpi.
func jpegTIFF(t testing.TB, pictures ...[]byte) []byte {
	t.Helper()
	le, link := binary.LittleEndian, 4
	out := []byte("II*\x00\x00\x00\x00\x00")
	for _, data := range pictures {
		c, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		samples, photometric := uint32(1), uint32(1)
		if c.ColorModel != color.GrayModel {
			samples, photometric = 3, 6
		}
		strip := uint32(len(out))
		out = append(out, data...)
		ratio := uint32(len(out))
		out = le.AppendUint32(le.AppendUint32(out, 300), 1)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		le.PutUint32(out[link:], uint32(len(out)))
		tags := [][3]uint32{
			{256, 4, uint32(c.Width)},
			{257, 4, uint32(c.Height)},
			{258, 3, 8},
			{259, 3, 7},
			{262, 3, photometric},
			{273, 4, strip},
			{277, 3, samples},
			{278, 4, uint32(c.Height)},
			{279, 4, uint32(len(data))},
			{282, 5, ratio},
			{283, 5, ratio},
			{296, 3, 2},
		}
		out = le.AppendUint16(out, uint16(len(tags)))
		for _, e := range tags {
			out = le.AppendUint16(le.AppendUint16(out, uint16(e[0])), uint16(e[1]))
			out = le.AppendUint32(le.AppendUint32(out, 1), e[2])
		}
		link = len(out)
		out = le.AppendUint32(out, 0)
	}
	return out
}

// jpegPDF is a PDF of A4 pages that are pictures in JPEG.
func jpegPDF(t testing.TB, pictures ...[]byte) []byte {
	t.Helper()
	kids, pages := "", []string{}
	for i, data := range pictures {
		c, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		space := "DeviceRGB"
		if c.ColorModel == color.GrayModel {
			space = "DeviceGray"
		}
		n := 3 + 3*i
		kids += fmt.Sprintf("%d 0 R ", n)
		pages = append(pages,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>", n+1, n+2),
			stream("", "595 0 0 842 0 0 cm /I Do"),
			stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/%s/Filter/DCTDecode",
				c.Width, c.Height, space), string(data)))
	}
	return assembled(append([]string{
		"<</Type/Catalog/Pages 2 0 R>>", fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pictures), kids),
	}, pages...)...)
}

// fullPages are full pages in each kind of file that is taken, several of each.
type fullPages struct{ scans, shots, drawn, heic [][]byte }

func newFullPages(t testing.TB, each int) (f fullPages) {
	t.Helper()
	telephoned, err := os.ReadFile("../../verify/heif/testdata/twelve.heic")
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(each) {
		f.scans = append(f.scans, asJPEG(t, fullPage(i, 3)))
		f.shots = append(f.shots, telephone(t, fax.Letter(i, 300), i, 55))
		f.drawn = append(f.drawn, asPNG(t, fullPage(i, 0)))
		f.heic = append(f.heic, telephoned)
	}
	return f
}

// fullFits puts together files of as many pages as are offered. They fit, or within
// the limit of an upload the pages are named that are too heavy; the child never
// gives up.
func fullFits(t *testing.T, opts FitOptions, files ...[]byte) {
	t.Helper()
	// Sixty seconds of the processor, as ever; three times as long by the clock, so
	// that a busy machine is not what is tested.
	limits := Limits{Base: 20 * time.Second, PerPage: time.Second, Longest: 3 * time.Minute}
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t), Limits: limits})
	document, made, err := p.Fit(t.Context(), files, opts, nil)
	if err != nil {
		t.Fatalf("%d files: %v", len(files), err)
	}
	if b, blocked := made.Blocked(); blocked {
		if b.Code != dossier.PageTooHeavy || opts.Limit > 1<<20 {
			t.Errorf("%d files: %+v", len(files), made.Findings)
		}
	} else if len(made.Pages) != DefaultLimits().Pages || len(document) > max(opts.Limit, 1<<20) {
		t.Errorf("%d pages in %d bytes", len(made.Pages), len(document))
	}
}

// proves C3: as many full pages as are offered are put together within the memory
// and time of a child: photographs of telephones of both kinds, scans, and files of
// several pages.
func TestFitTwentyFullPages(t *testing.T) {
	t.Parallel()
	f := newFullPages(t, 4)
	files := slices.Concat(f.shots, f.heic, f.drawn, f.scans[:2], [][]byte{jpegTIFF(t, f.scans[:3]...), jpegPDF(t, f.scans[1:]...)})
	fullFits(t, FitOptions{Limit: 2 << 20}, files...)
}
