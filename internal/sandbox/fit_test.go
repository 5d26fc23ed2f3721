package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// fit puts files together; a pool that gives up is no error here.
func fit(t *testing.T, p *Pool, opts FitOptions, files ...[]byte) ([]byte, Fitted) {
	t.Helper()
	shown := 0
	document, made, err := p.Fit(t.Context(), files, opts, func(r Rendered) error {
		if shown++; r.N != shown || len(r.Image) == 0 {
			t.Errorf("page %d of %d bytes is shown at place %d", r.N, len(r.Image), shown)
		}
		return nil
	})
	if _, gaveUp := GaveUp(err); err != nil && !gaveUp {
		t.Fatal(err)
	}
	_, blocked := made.Blocked()
	if blocked != (document == nil) || !blocked && shown != len(made.Pages) {
		t.Errorf("%d bytes, %d of %d pages shown, %+v", len(document), shown, len(made.Pages), made.Findings)
	}
	return document, made
}

// read reads a composed document as the screening does.
func read(t *testing.T, p *Pool, document []byte) Reading {
	t.Helper()
	reading, err := p.Read(t.Context(), document, ReadOptions{On: dayOfReceipt})
	if err != nil || reading.Report.Verdict != dossier.Accepted {
		t.Fatalf("a composed document: %s %v, %v", reading.Report.Verdict, reading.Report.Findings, err)
	}
	return reading
}

// specimens are documents with a zone that is read, by what is read.
func specimens(t *testing.T) map[string][]byte {
	t.Helper()
	if _, err := os.Stat(corporaDir); err != nil {
		t.Skip("the corpora are not here")
	}
	files := map[string][]byte{}
	for name, zone := range zones {
		data, err := os.ReadFile(filepath.Join(corporaDir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[zone.DocumentNumber] = data
	}
	return files
}

// proves C3: the zones of specimens are still read at the floor, the worst that
// is ever made of a page. That they are read at best is for the soak.
func TestFitKeepsZones(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	for number, data := range specimens(t) {
		photo := photoOf(t, p, data)
		_, heavy := fit(t, p, FitOptions{Limit: 1}, photo)
		b, _ := heavy.Blocked()
		var needs, limit int
		if _, err := fmt.Sscanf(b.Detail, "%d of %d bytes", &needs, &limit); b.Code != dossier.PageTooHeavy || err != nil {
			t.Fatalf("%s: %+v", number, heavy)
		}
		document, made := fit(t, p, FitOptions{Limit: needs}, photo)
		report := read(t, p, document).Report
		if len(report.MRZ) != 1 || !report.MRZ[0].Valid || report.MRZ[0].DocumentNumber != number {
			t.Errorf("%s: %+v is read of %+v", number, report.MRZ, made.Pages)
		}
		if made.Pages[0].Quality != 45 {
			t.Errorf("%s: quality %d is not the floor", number, made.Pages[0].Quality)
		}
	}
}

// photoOf makes the first page of a document a picture of its own.
func photoOf(t *testing.T, p *Pool, data []byte) []byte {
	t.Helper()
	reading, err := p.Read(t.Context(), data, ReadOptions{Native: true})
	if err != nil || len(reading.Pages) == 0 {
		t.Fatal(err)
	}
	return reading.Pages[0].Image
}

// telephone is a photograph of 12 megapixels of a sheet: with the noise of a
// sensor, a shadow, a table around it, and lying on its side as its Exif data say.
func telephone(t testing.TB, sheet *image.Gray, seed uint64, quality int) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	img := image.NewRGBA(image.Rect(0, 0, 4032, 3024))
	var noise [4096]float64
	for i := range noise {
		noise[i] = rng.NormFloat64() * 6
	}
	scale := float64(sheet.Rect.Dy()) / 3800
	for y := range 3024 {
		for x := range 4032 {
			// Turned by a quarter: up is left.
			sx, sy := int(float64(3024-y-200)*scale), int(float64(x-116)*scale)
			v := 90.0 // the table
			if image.Pt(sx, sy).In(sheet.Rect) && sx >= 0 && sy >= 0 {
				v = float64(sheet.GrayAt(sx, sy).Y)
			}
			v = v*(0.55+0.4*float64(x)/4032) + noise[rng.Uint32()%4096]
			g := uint8(min(max(v, 0), 255))
			img.SetRGBA(x, y, color.RGBA{g, uint8(float64(g) * 0.97), uint8(float64(g) * 0.9), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return withOrientation(b.Bytes(), 6)
}

// withOrientation puts Exif data into a JPEG.
func withOrientation(data []byte, o uint16) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	exif = append(binary.BigEndian.AppendUint16(exif, o), 0, 0, 0, 0, 0, 0)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return slices.Concat(head, exif, data[2:])
}

// proves C3: a photograph of a telephone becomes a page below the limit, upright,
// with letters that are larger than the zone reader needs.
func TestFitTelephone(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	sheet := fax.Letter(3, 300)
	photo := telephone(t, sheet, 1, 92)
	document, made := fit(t, p, FitOptions{}, photo)
	if len(document) > 1<<20 || len(made.Pages) != 1 {
		t.Fatalf("%d bytes, %+v", len(document), made)
	}
	for _, page := range made.Pages {
		if page.Height <= page.Width || max(page.Width, page.Height) < 1600 {
			t.Errorf("%+v", page)
		}
	}
	for _, page := range read(t, p, document).Report.Pages {
		if page.Turn != 0 {
			t.Errorf("a composed page has to be turned by %d", page.Turn)
		}
	}
}

// proves C3: what cannot be used is refused by file and page, with a reason.
func TestFitRefuses(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	noise := func(w, h int) []byte {
		rng := rand.New(rand.NewPCG(1, 2))
		img := image.NewGray(image.Rect(0, 0, w, h))
		for i := range img.Pix {
			img.Pix[i] = uint8(rng.Uint32())
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	small := noise(40, 30)
	huge := slices.Clone(small)
	binary.BigEndian.PutUint32(huge[16:], 40000)
	binary.BigEndian.PutUint32(huge[20:], 40000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	tests := []struct {
		name  string
		files [][]byte
		code  dossier.FindingCode
		file  int
	}{
		{"nothing", nil, dossier.FileEmpty, -1},
		{"an empty file", [][]byte{small, {}}, dossier.FileEmpty, 1},
		{"a picture of a telephone that is not read", [][]byte{small, []byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00")}, dossier.FileType, 1},
		{"a HEIC of nothing", [][]byte{small, []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")}, dossier.FileUnreadable, 1},
		{"too many files", slices.Repeat([][]byte{small}, MaxFitFiles+1), dossier.PagesTooMany, -1},
		{"too many pages", [][]byte{document(19, line), small, small}, dossier.PagesTooMany, 2},
		{"too many bytes", [][]byte{small, append([]byte("\xff\xd8\xff"), make([]byte, MaxFitBytes)...)}, dossier.FileTooLarge, 1},
		{"a picture that declares a wall", [][]byte{huge}, dossier.PagesTooLarge, 0},
		{"half a picture", [][]byte{small, small[:len(small)/2]}, dossier.FileTruncated, 1},
		{"a JPEG of nothing", [][]byte{[]byte("\xff\xd8\xff\xe0 and no more")}, dossier.FileTruncated, 0},
		{"noise", [][]byte{small, noise(2000, 2800)}, dossier.PageTooHeavy, 1},
	}
	for _, tt := range tests {
		_, made := fit(t, p, FitOptions{Limit: 300_000}, tt.files...)
		if b, ok := made.Blocked(); !ok || b.Code != tt.code || b.File != tt.file {
			t.Errorf("%s: %+v", tt.name, made.Findings)
		}
	}
}

// proves C3: a fax over the limit is coded anew, dot for dot.
func TestFitFaxWithoutLoss(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	page := fax.Simulate(fax.Letter(1, 204), 204, fax.Options{DPIX: 204, DPIY: 98})
	in := fax.TIFF([]ccitt.Bitmap{page, page}, ccitt.Params{Encoding: ccitt.ModifiedHuffman}, 204, 98)
	composed, made := fit(t, p, FitOptions{Lossless: true}, in)
	if len(composed) >= len(in) || len(made.Pages) != 2 || made.Pages[0].Coding != "g4" {
		t.Fatalf("%d of %d bytes, %+v", len(composed), len(in), made)
	}
	// The stream of the first page, decoded by its own.
	at := bytes.Index(composed, []byte("/CCITTFaxDecode"))
	from := at + bytes.Index(composed[at:], []byte("stream\n")) + len("stream\n")
	data := composed[from : from+bytes.Index(composed[from:], []byte("\nendstream"))]
	got, _, err := ccitt.Decode(data, ccitt.Params{Encoding: ccitt.Group4, Columns: page.Width, Rows: page.Height})
	if err != nil || !bytes.Equal(got.Pix, page.Pix) {
		t.Errorf("a dot was lost: %v", err)
	}
	if w, h := made.Pages[0].Width, made.Pages[0].Height; w != page.Width || h != page.Height {
		t.Errorf("%dx%d", w, h)
	}
	if _, made = fit(t, p, FitOptions{Lossless: true}, telephone(t, fax.Letter(1, 100), 1, 92)); len(made.Pages) != 0 {
		t.Error("a photograph passed for a fax")
	}
}

// proves C3: photographs as iPhones keep them are put together with others, upright;
// one that is damaged is refused, and the child goes on.
func TestFitHEIC(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	photo, err := os.ReadFile("../../verify/heif/testdata/twelve.heic")
	if err != nil {
		t.Fatal(err)
	}
	_, made := fit(t, p, FitOptions{Limit: 1 << 20}, photo[:len(photo)/2])
	if b, ok := made.Blocked(); !ok || b.Code != dossier.FileUnreadable {
		t.Errorf("half a picture: %+v", made.Findings)
	}
	document, made := fit(t, p, FitOptions{Limit: 1 << 20}, photo, photo)
	if len(document) == 0 || len(document) > 1<<20 || len(made.Pages) != 2 || made.Pages[0].Coding != "jpeg" || max(made.Pages[0].Width, made.Pages[0].Height) != 2800 {
		t.Fatalf("%d bytes, %+v, %+v", len(document), made.Pages, made.Findings)
	}
	if got := read(t, p, document); len(got.Report.Pages) != 2 {
		t.Errorf("%d pages", len(got.Report.Pages))
	}
	if _, made := fit(t, p, FitOptions{Lossless: true}, photo); len(made.Pages) != 0 {
		t.Error("a photograph without loss")
	}
}
