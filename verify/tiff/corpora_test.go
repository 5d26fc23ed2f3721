package tiff

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
)

const corporaDir = "../../../shared/corpora"

// corpora returns the TIFF files of ../shared/corpora; none where they are not,
// which fails in CI.
func corpora(tb testing.TB) []string {
	tb.Helper()
	if _, err := os.Stat(corporaDir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		return nil
	}
	var files []string
	for _, pattern := range []string{"*/*.tif", "*/*.tiff", "*/*.TIF"} {
		found, err := filepath.Glob(filepath.Join(corporaDir, pattern))
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// corpus decodes page 1 of a file of the corpora.
func corpus(t *testing.T, name string) (image.Image, PageInfo, error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corporaDir, name))
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := Open(data, limits)
	if err != nil {
		t.Fatal(err)
	}
	return f.Decode(1, 0)
}

// TestSamePicture proves that files of one picture in several encodings, byte
// and bit orders decode to equal pixels. (The index names 1-g4.tif as the page
// of 1-lzw.tif, and a fourth file of G31D; neither is there.)
func TestSamePicture(t *testing.T) {
	if corpora(t) == nil {
		t.Skip("the corpora are not here")
	}
	const oregon = "commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_"
	const vector = "twelvemonkeys/group3_"
	for _, group := range [][]string{
		{"libtiff.net/G31D.TIF", "libtiff.net/G31DS.TIF", "libtiff.net/G4S.TIF"},
		{"go-image/bw-gopher_ccittGroup3.tiff", "go-image/bw-gopher_ccittGroup4.tiff"},
		{"twelvemonkeys/Classic.tif", "twelvemonkeys/BigTIFF.tif"},
		{
			oregon + "T.6.tiff", oregon + "T.4_1D_fill.tiff", oregon + "T.4_1D_no_fill.tiff",
			oregon + "T.4_2D_fill.tiff", oregon + "T.4_2D_no_fill.tiff",
		},
		{vector + "1d.tif", vector + "1d_fill.tif", vector + "2d.tif", vector + "2d_lsb2msb.tif"},
	} {
		first, _, err := corpus(t, group[0])
		if err != nil {
			t.Fatalf("%s: %v", group[0], err)
		}
		for _, name := range group[1:] {
			img, _, err := corpus(t, name)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !reflect.DeepEqual(first, img) {
				t.Errorf("%s differs from %s", name, group[0])
			}
		}
	}
}

// TestCorpora proves that every legitimate TIFF of the corpora gives all pages
// with all rows, in what was found to be its encoding.
func TestCorpora(t *testing.T) {
	if corpora(t) == nil {
		t.Skip("the corpora are not here")
	}
	index, err := os.ReadFile(filepath.Join(corporaDir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(index)) {
		fields := strings.Split(line, "\t")
		ext := strings.ToLower(filepath.Ext(fields[0]))
		if fields[2] != "ACCEPT" || ext != ".tif" && ext != ".tiff" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(corporaDir, fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		f, findings, err := Open(data, limits)
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %v, %v", fields[0], findings, err)
			continue
		}
		for _, p := range f.Pages() {
			n++
			img, info, err := f.Decode(p.N, 0)
			if err != nil {
				t.Errorf("%s page %d: %v", fields[0], p.N, err)
				continue
			}
			if info.Rows != p.Height || info.Height != p.Height || len(info.Damaged) > 0 || info.Encoding != p.Encoding {
				t.Errorf("%s page %d: %+v, tags say %+v", fields[0], p.N, info, p)
			}
			if img.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
				t.Errorf("%s page %d: %v", fields[0], p.N, img.Bounds())
			}
		}
	}
	t.Logf("%d pages", n)
}

// TestWrongTag is a fax whose rows are Modified Huffman where the tag says
// Group 3: libtiff makes noise of it.
func TestWrongTag(t *testing.T) {
	if corpora(t) == nil {
		t.Skip("the corpora are not here")
	}
	_, info, err := corpus(t, "twelvemonkeys/incorrect-compression-rle-as-g3.tif")
	if err != nil || info.Rows != 32 || len(info.Damaged) > 0 {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestTruncated proves that a file which ends early is read as far as it goes or
// refused, wherever it is cut.
func TestTruncated(t *testing.T) {
	const places = 64
	for _, name := range corpora(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 20_000 {
			continue
		}
		for i := range places {
			file, _, err := Open(data[:len(data)*i/places], limits)
			if err != nil {
				continue
			}
			for _, p := range file.Pages() {
				checkDecoded(t, file, p)
			}
		}
	}
}

// FuzzOpen looks for panics, endless chains, pages beyond the limits and images
// that are not what they are said to be.
func FuzzOpen(f *testing.F) {
	for _, name := range corpora(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 20_000 {
			f.Add(data)
		}
	}
	f.Add(manyPages(3))
	for _, s := range sheets() {
		if s.bits == 1 || s.bits == 8 {
			s.w, s.h, s.tiled, s.samples = 21, 9, s.compression > 4, make([]int, 21*9*s.perPixel())
			f.Add(s.file())
		}
	}
	small := Limits{Pages: 5, BilevelPixels: 1 << 20, Pixels: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, findings, err := Open(data, small)
		if err != nil {
			if verdict, _ := dossier.Judge(findings); verdict != dossier.Rejected || !errors.Is(err, ErrNoFile) {
				t.Fatalf("%v without a reason: %v", err, findings)
			}
			return
		}
		if len(file.Pages()) > small.Pages {
			t.Fatalf("%d pages", len(file.Pages()))
		}
		for _, p := range file.Pages() {
			if int64(p.Width)*int64(p.Height) > small.BilevelPixels {
				t.Fatalf("page of %dx%d", p.Width, p.Height)
			}
			checkDecoded(t, file, p)
		}
	})
}

// checkDecoded decodes a page of a file that may be anything.
func checkDecoded(t *testing.T, file *File, p PageInfo) {
	t.Helper()
	img, info, err := file.Decode(p.N, 0)
	if err != nil {
		var known *Error
		if !errors.As(err, &known) || strings.Contains(err.Error(), "panicked") {
			t.Fatal(err)
		}
		return
	}
	if img.Bounds() != image.Rect(0, 0, info.Width, info.Height) {
		t.Fatalf("image of %v for %dx%d", img.Bounds(), info.Width, info.Height)
	}
	whole := info.Rows == info.Height && len(info.Damaged) == 0
	sorted := slices.IsSortedFunc(info.Damaged, func(a, b Range) int { return a.From - b.To })
	if info.Rows < 0 || info.Rows > info.Height || !sorted || !whole && len(info.Damaged) == 0 {
		t.Fatalf("%d of %d rows, damaged %v", info.Rows, info.Height, info.Damaged)
	}
	for _, r := range info.Damaged {
		if r.From < 0 || r.From >= r.To || r.To > info.Height {
			t.Fatalf("damaged %v of %d", r, info.Height)
		}
	}
}
