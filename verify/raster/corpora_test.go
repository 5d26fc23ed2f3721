package raster

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dispositivo/internal/assets"
	"dispositivo/verify/pdf"
	"dispositivo/verify/tiff"
)

// corpora lies beside the project; without it only a build server fails.
const corpora = "../../../shared/corpora"

func corpus(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpora, filepath.FromSlash(name)))
	if os.IsNotExist(err) && os.Getenv("CI") != "true" {
		t.Skip("the corpora are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var engine = sync.OnceValues(func() (*pdf.Engine, error) {
	wasm, err := assets.PDFium()
	if err != nil {
		return nil, err
	}
	return pdf.NewEngine(context.Background(), wasm, pdf.EngineConfig{})
})

// sample is a page of the corpora.
type sample struct {
	page    *Page
	scanned bool
	side    int // long side in pixels
	dpi     float64
}

// samples decodes the first pages of a file; nil if it cannot be read.
func samples(t testing.TB, name string, most int) []sample {
	t.Helper()
	data := corpus(t, name)
	if strings.HasSuffix(strings.ToLower(name), ".pdf") {
		return pdfSamples(t, data, most)
	}
	file, _, err := tiff.Open(data, tiff.Limits{Pages: 20, BilevelPixels: 40_000_000, Pixels: 16_000_000})
	if err != nil {
		return nil
	}
	var out []sample
	for _, info := range file.Pages() {
		if info.Problem != nil || len(out) == most {
			continue
		}
		img, info, err := file.Decode(info.N, 0)
		if err != nil {
			continue
		}
		p, err := New(img, Geometry{Aspect: info.Aspect, Orientation: info.Orientation, Bilevel: info.Bilevel}, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w, h := p.squareSize()
		out = append(out, sample{page: p, scanned: true, side: max(w, h), dpi: min(info.DPIX, info.DPIY)})
	}
	return out
}

func pdfSamples(t testing.TB, data []byte, most int) []sample {
	t.Helper()
	const dpi = 188
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Examine(t.Context(), data, pdf.Limits{})
	if err != nil || x.Document == nil {
		return nil
	}
	defer func() { _ = x.Document.Close(context.Background()) }()
	var out []sample
	for n := 1; n <= min(most, x.Document.NumPages()); n++ {
		scan, scanned, err := x.Document.PageScan(t.Context(), n)
		if err != nil {
			continue
		}
		at := float64(dpi)
		if scanned {
			at = min(max(scan.DPI(), 72), dpi)
		}
		img, _, err := x.Document.Render(t.Context(), n, pdf.RenderOptions{DPI: at, MaxPixels: 16_000_000})
		if err != nil {
			continue
		}
		p, err := New(img, Geometry{}, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		out = append(out, sample{page: p, scanned: scanned, side: max(scan.Width, scan.Height), dpi: min(scan.DPIX, scan.DPIY)})
	}
	return out
}

// documents lists the TIFF and PDF files of the corpora that are to be accepted.
func documents(t testing.TB) []string {
	t.Helper()
	rows := csv.NewReader(bytes.NewReader(corpus(t, "INDEX.tsv")))
	rows.Comma, rows.LazyQuotes, rows.FieldsPerRecord = '\t', true, -1
	all, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range all {
		ext := strings.ToLower(filepath.Ext(row[0]))
		if row[2] == "ACCEPT" && (ext == ".pdf" || ext == ".tif" || ext == ".tiff") {
			names = append(names, row[0])
		}
	}
	return names
}

// first decodes the first page of a file.
func first(t testing.TB, name string) *Page {
	t.Helper()
	all := samples(t, name, 1)
	if len(all) == 0 {
		t.Fatalf("%s cannot be decoded", name)
	}
	return all[0].page
}

// TestCorporaTurn proves for files of others that writing is shown upright.
func TestCorporaTurn(t *testing.T) {
	tests := []struct {
		name      string
		turn      int
		confident bool
	}{
		{"pillow/g4_orientation_3.tif", 180, false}, // five words: the file is believed
		{"pillow/g4_orientation_6.tif", 90, false},
		{"tesseract/phototest.tif", 0, true},
		{"tesseract/phototestrot.tif", 90, true},
		{"twelvemonkeys/a33.tif", 0, true}, // the tag says 270, the pixels know better
		{"libtiff.net/CCITT_1.TIF", 0, true},
		{"libtiff.net/CCITT_4.TIF", 0, true},
		{"libtiff.net/CCITT_8.TIF", 0, false}, // half of it lies sideways
		{"oiio-images/g3test.tif", 0, false},
		{"ocrmypdf/linn.pdf", 0, true},
		{"ocrmypdf/skew.pdf", 0, true},
		{"ocrmypdf/c02-22.pdf", 0, true},
		{"pdfjs/issue12963.pdf", 0, false}, // Cyrillic
		{"spandsp/lenna-bw-bilevel.tif", 0, false},
		{"derived/100_pass-uto.jpg.pdf", 0, false}, // hardly a letter that rises or hangs
		{"deskew/1-lzw.tif", 0, true},
	}
	for _, tc := range tests {
		p := first(t, tc.name)
		turn, confident := p.Upright()
		if turn != tc.turn || confident != tc.confident {
			t.Errorf("%s: %d, %v, want %d, %v (%+v)", tc.name, turn, confident, tc.turn, tc.confident, p.stance())
		}
	}
}

// TestCorporaSkew proves that pages of others are made level.
func TestCorporaSkew(t *testing.T) {
	for name, want := range map[string]float64{
		"ocrmypdf/linn.pdf": 0, "ocrmypdf/ccitt.pdf": 0, "ocrmypdf/jbig2.pdf": 0, "ocrmypdf/skew.pdf": 1.8,
		"deskew/1-lzw.tif": -1.4, "libtiff.net/CCITT_4.TIF": 0,
	} {
		got, confident := first(t, name).Skew()
		if !confident || max(got-want, want-got) > 0.1 {
			t.Errorf("%s: %.2f degrees (%v), want %.2f", name, got, confident, want)
		}
	}
}
