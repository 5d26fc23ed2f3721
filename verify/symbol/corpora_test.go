package symbol_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	"golang.org/x/image/tiff/lzw"

	"dispositivo/verify/symbol"
)

// corpora holds real files of many makers; see its README. It is not part of
// the project.
const corpora = "../../../shared/corpora"

func corpusFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpora, name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpora here: ", err)
	}
	return data
}

// corpusPages are the pages of a file, PDF pages at several resolutions: a code
// may be read at one and not at another.
func corpusPages(t testing.TB, name string, page int) []*image.Gray {
	t.Helper()
	data := corpusFile(t, name)
	if strings.HasSuffix(name, ".pdf") {
		return []*image.Gray{render(t, data, page, 200), render(t, data, page, 150), render(t, data, page, 300)}
	}
	img := decode(t, name, data, page)
	const half = 2 // what the pages of this package may be, the child makes of larger ones
	if size := img.Bounds(); size.Dx()*size.Dy() > symbol.MaxPixels {
		small := image.NewGray(image.Rect(0, 0, size.Dx()/half, size.Dy()/half))
		xdraw.BiLinear.Scale(small, small.Rect, img, size, draw.Src, nil)
		return []*image.Gray{small}
	}
	gray := image.NewGray(img.Bounds())
	draw.Draw(gray, gray.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(gray, gray.Rect, img, gray.Rect.Min, draw.Over)
	return []*image.Gray{gray}
}

func decode(t testing.TB, name string, data []byte, page int) image.Image {
	t.Helper()
	if name == greyAlpha {
		return decodeGreyAlpha(t, data, page)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// greyAlpha has three pages of LZW, differences and an alpha channel, which
// x/image does not read.
const greyAlpha = "paperless/patch-code-t-middle-alpha.tiff"

func decodeGreyAlpha(t testing.TB, data []byte, page int) image.Image {
	t.Helper()
	order := binary.LittleEndian
	tags := map[uint16][2]uint32{}
	at := order.Uint32(data[4:])
	for n := 1; ; n++ {
		count := uint32(order.Uint16(data[at:]))
		for i := range count {
			e := data[at+2+12*i:]
			tags[order.Uint16(e)] = [2]uint32{order.Uint32(e[4:]), order.Uint32(e[8:])}
		}
		if n == page {
			break
		}
		at = order.Uint32(data[at+2+12*count:])
	}
	const width, height, offsets, lengths = 256, 257, 273, 279
	img := image.NewGray(image.Rect(0, 0, int(tags[width][1]), int(tags[height][1])))
	var pixels []byte
	for i := range tags[offsets][0] {
		from, length := order.Uint32(data[tags[offsets][1]+4*i:]), order.Uint32(data[tags[lengths][1]+4*i:])
		strip, err := io.ReadAll(lzw.NewReader(bytes.NewReader(data[from:from+length]), lzw.MSB, 8))
		if err != nil {
			t.Fatal(err)
		}
		pixels = append(pixels, strip...)
	}
	for y := range img.Rect.Dy() {
		var grey, alpha byte
		for x := range img.Rect.Dx() {
			in := pixels[2*(y*img.Stride+x):]
			grey, alpha = grey+in[0], alpha+in[1]
			img.Pix[y*img.Stride+x] = byte((uint32(grey)*uint32(alpha) + 255*(255-uint32(alpha))) / 255)
		}
	}
	return img
}

// truths are what INDEX.tsv says of symbols. Not read: zxing/qrcode-4__31.png, a
// code on crumpled cloth that no preparation tried made ZBar or rxing read.
var truths = []struct {
	file string
	page int
	kind symbol.Kind
	text string // begins with
}{
	{"zbar/code-39.png", 1, symbol.Code39, "ZBAR-9876543210"},
	{"zxing/code39-1__1.png", 1, symbol.Code39, "TEST-SHEET"},
	{"derived/code39-1__1.png.tif", 1, symbol.Code39, "TEST-SHEET"},
	{"zxing/multi-1__1.png", 1, symbol.QR, "www.airtable.com/jobs"},
	{"zxing/multi-1__1.png", 1, symbol.EAN13, "0031415926531"},
	{"zxing/qrcode-1__1.png", 1, symbol.QR, `MEBKM:URL:http\://en.wikipedia.org/wiki/Main_Page;;`},
	{"derived/qrcode-1__1.png.tif", 1, symbol.QR, `MEBKM:URL:http\://en.wikipedia.org/wiki/Main_Page;;`},
	{"zxing/datamatrix-1__0123456789.png", 1, symbol.DataMatrix, "0123456789"},
	{"derived/datamatrix-1__0123456789.png.tif", 1, symbol.DataMatrix, "0123456789"},
	{"zxing/datamatrix-1__HelloWorld_Text_L_Kaywa_3_error_byte.png", 1, symbol.DataMatrix, "Hello World"},
	{"zxing/datamatrix-2__03.png", 1, symbol.DataMatrix, "http://google.com/m"},
	{"zxing/pdf417-1__03.png", 1, symbol.PDF417, "ActiveBarcode"},
	{"derived/pdf417-1__03.png.tif", 1, symbol.PDF417, "ActiveBarcode"},
	{"zxing/pdf417-2__25.png", 1, symbol.PDF417, "This is PDF417"},
	{"paperless/barcode-39-asn-123.pdf", 1, symbol.Code39, "ASN00123"},
	{"paperless/barcode-qr-custom.pdf", 1, symbol.QR, "CUSTOM BARCODE"},
	{greyAlpha, 2, symbol.Code39, "PATCHT"},
	{"paperless/patch-code-t-middle-distorted.pdf", 2, symbol.Code39, "PATCHT"},
	{"scan2paperless/qrbill-multi.pdf", 1, symbol.QR, "SPC\n0200\n1\nCH39"},
	{"scan2paperless/qrbill-multi.pdf", 2, symbol.QR, "SPC\n0200\n1\nCH39"},
	{"scan2paperless/qrcode.pdf", 1, symbol.QR, "02:5534f6e1"},
	// x/image decodes this one as a negative.
	{"leptonica/tickets.tif", 1, symbol.I25, "5860522508691502"},
	{"leptonica/tickets.tif", 1, symbol.I25, "5860151206251508"},
}

// TestCorporaTruths: what the corpora say is on their pages is read.
func TestCorporaTruths(t *testing.T) {
	reader := newReader(t)
	for _, truth := range truths {
		t.Run(truth.file+" "+truth.text, func(t *testing.T) {
			wanted := func(s symbol.Symbol) bool { return s.Kind == truth.kind && strings.HasPrefix(s.Text, truth.text) }
			for _, img := range corpusPages(t, truth.file, truth.page) {
				found, stats, err := reader.Find(t.Context(), img, symbol.Options{
					Kinds: []symbol.Kind{truth.kind}, Stop: wanted,
				})
				if err != nil {
					t.Fatal(err)
				}
				if slices.ContainsFunc(found, wanted) {
					t.Logf("%v: %d scans, pass %q", img.Rect.Size(), stats.Scans, stats.Pass)
					return
				}
			}
			t.Error("not read")
		})
	}
}

// TestNothingWhereThereIsNone: all passes with all kinds read nothing into
// photographs and identity documents, and codes of cells are not bars.
func TestNothingWhereThereIsNone(t *testing.T) {
	reader := newReader(t)
	for _, name := range []string{
		"zxing/falsepositives__01.png", "derived/falsepositives__01.png.tif", "derived/id_fail.png.tif", "derived/Spain.png.tif",
		"derived/td1.jpg.pdf", "derived/100_visa-polx.jpg.pdf",
	} {
		found, stats, err := reader.Find(t.Context(), corpusPages(t, name, 1)[0], symbol.Options{Kinds: symbol.AllKinds()})
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %+v in pass %q, %v", name, found, stats.Pass, err)
		}
	}
}
