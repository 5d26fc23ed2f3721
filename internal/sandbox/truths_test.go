package sandbox

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// symbolTruths are the codes that INDEX.tsv says are on the pages of files to be
// accepted. Text is all of what the code says where it fits on a line, else how
// it begins.
var symbolTruths = map[string][]Symbol{
	"derived/code39-1__1.png.tif":              {{"code39", "TEST-SHEET", 1}},
	"derived/datamatrix-1__0123456789.png.tif": {{"datamatrix", "0123456789", 1}},
	"derived/pdf417-1__03.png.tif":             {{"pdf417", "ActiveBarcode", 1}},
	"derived/qrcode-1__1.png.tif":              {{"qr", `MEBKM:URL:http\://en.wikipedia.org/wiki/Main_Page;;`, 1}},
	"leptonica/tickets.tif": {
		{"i25", "5860522508691502", 1},
		{"i25", "5860151206251508", 1},
		{"i25", "5860492423531588", 1},
		{"i25", "5860243450761576", 1},
		{"i25", "5860467691361515", 1},
		{"i25", "5860252551521510", 1},
		{"i25", "5860540623241562", 1},
		{"i25", "5860257057121525", 1},
		{"i25", "5860450326891568", 1},
	},
	"paperless/barcode-39-asn-123.pdf":            {{"code39", "ASN00123", 1}},
	"paperless/barcode-qr-custom.pdf":             {{"qr", "CUSTOM BARCODE", 1}},
	"paperless/patch-code-t-middle-alpha.tiff":    {{"code39", "PATCHT", 2}},
	"paperless/patch-code-t-middle-distorted.pdf": {{"code39", "PATCHT", 2}},
	// The two codes on page 1 say the same, and a text is listed once a page.
	"scan2paperless/qrbill-multi.pdf": {
		{"qr", "SPC\n0200\n1\nCH3908704016075473007\n", 1}, {"qr", "SPC\n0200\n1\nCH3908704016075473007\n", 2},
	},
	"scan2paperless/qrcode.pdf": {{"qr", "02:5534f6e1", 1}},
}

// symbolNote is how the index tells of codes.
var symbolNote = regexp.MustCompile(`\| truth |CODE-39|QR|I2/5`)

// TestSymbolTruths: every code that the index names on a file to be accepted is
// read, on its page and with its kind, and nothing is read beside them.
func TestSymbolTruths(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{CacheDir: engineCache(t), Size: 1})
	for _, file := range corpora(t) {
		want, known := symbolTruths[file.name]
		if file.expect != "ACCEPT" || !known && !symbolNote.MatchString(file.reason) {
			continue
		}
		if !known {
			t.Errorf("%s: the index says %q, and no truth is listed here", file.name, file.reason)
			continue
		}
		t.Run(file.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(corporaDir, file.name))
			if err != nil {
				t.Fatal(err)
			}
			reading, err := p.Read(t.Context(), data, ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			checkSymbols(t, reading.Report.Symbols, want)
		})
	}
}

func checkSymbols(t *testing.T, got, want []Symbol) {
	t.Helper()
	matches := func(g, w Symbol) bool {
		return g.Kind == w.Kind && g.Page == w.Page && strings.HasPrefix(g.Text, w.Text)
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g Symbol) bool { return matches(g, w) }) {
			t.Errorf("%s %q on page %d is not read", w.Kind, w.Text, w.Page)
		}
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w Symbol) bool { return matches(g, w) }) {
			t.Errorf("%s %q is read on page %d", g.Kind, g.Text, g.Page)
		}
	}
}
