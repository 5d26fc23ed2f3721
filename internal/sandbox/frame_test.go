package sandbox

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"dispositivo/dossier"
)

// TestFrames proves that every frame written is read as it was.
func TestFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		head := pageHead{N: rapid.Int().Draw(t, "n"), Text: rapid.String().Draw(t, "text")}
		parts := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "parts")
		var pipe bytes.Buffer
		if err := writeFrame(&pipe, framePage, head, parts...); err != nil {
			t.Fatal(err)
		}
		f, err := readFrame(&pipe)
		if err != nil {
			t.Fatal(err)
		}
		var got pageHead
		if err := f.into(framePage, &got); err != nil || !reflect.DeepEqual(got, head) || !bytes.Equal(f.body, bytes.Join(parts, nil)) {
			t.Fatal(err, got, f.body)
		}
		if err := f.into(frameResult, &got); err == nil {
			t.Fatal("a page passed for a result")
		}
		if _, err := readFrame(&pipe); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

func TestFrameBounds(t *testing.T) {
	if err := writeFrame(io.Discard, framePage, pageHead{}, make([]byte, maxBody+1)); err == nil {
		t.Error("a body that is too long was written")
	}
	for _, header := range []string{"R\x00\x10\x00\x01\x00\x00\x00\x00", "R\x00\x00\x00\x00\x04\x00\x00\x01"} {
		if _, err := readFrame(strings.NewReader(header)); !errors.Is(err, errFrame) {
			t.Errorf("%q: %v", header, err)
		}
	}
	q := request{Parts: []int{3, -1}}
	if _, err := q.documents([]byte("12345")); err == nil {
		t.Error("a negative length was taken")
	}
	q.Parts = []int{3, 3}
	if _, err := q.documents([]byte("12345")); err == nil {
		t.Error("a length beyond the end was taken")
	}
}

// FuzzAnswer gives the parent whatever a child might say.
func FuzzAnswer(f *testing.F) {
	var page, report bytes.Buffer
	_ = writeFrame(&page, framePage, pageHead{N: 1, ContentType: "image/png", Image: 8}, []byte("\x89PNG\r\n\x1a\n"))
	_ = writeFrame(&report, frameResult, result{Report: Report{
		Findings: []dossier.Finding{{Code: "x", Severity: "block", Page: -1, Detail: "\x1b[2J"}},
		Pages:    []Page{{N: 1, Turn: -90, Rows: 1 << 40, DamagedRows: [][2]int{{1, 2}}}},
	}})
	f.Add(page.Bytes())
	f.Add(report.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := readFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		if p, err := fr.page(false); err == nil && (len(p.Image) == 0 || len(p.Text) > maxText || len(p.Pixels)%32 != 0 || len(p.Pixels) > 32 || !utf8.ValidString(p.Text)) {
			t.Fatalf("page %+v", p)
		}
		var r result
		if fr.outcome(&r) != nil {
			return
		}
		got := clean(r.Report, DefaultLimits())
		if len(got.Pages) > 20 || len(got.Findings) > maxFindings {
			t.Fatal("too much")
		}
		for _, finding := range got.Findings {
			if strings.ContainsFunc(finding.Detail, func(c rune) bool { return c < ' ' }) {
				t.Fatalf("detail %q", finding.Detail)
			}
		}
	})
}

func TestSniff(t *testing.T) {
	tests := map[string]Format{
		"%PDF-1.7\n":                           FormatPDF,
		strings.Repeat(" ", 1000) + "%PDF-1.4": FormatPDF,
		strings.Repeat(" ", 1020) + "%PDF-1.4": "text",
		"MM\x00*\x00\x00\x00\x08":              FormatTIFF,
		"II*\x00%PDF-1.4":                      FormatTIFF,
		"MM\x00+":                              FormatTIFF,
		"\xff\xd8\xff\xe0":                     "jpeg",
		"\x89PNG\r\n\x1a\n":                    "png",
		"GIF89a":                               "gif",
		"PK\x03\x04 %PDF-1.7":                  "zip",
		"PK\x03\x04 [Content_Types].xml":       "office",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":     "office",
		"\x00\x00\x00\x18ftypheic":             "heic",
		"\x00\x00\x00\x18ftypmp42":             "video",
		"RIFF....WEBPVP8 ":                     "webp",
		"{\\rtf1":                              "rtf",
		"MZ\x90\x00":                           "exe",
		"\x7fELF\x02":                          "exe",
		"<!DOCTYPE HTML>":                      "html",
		"\ufeff  <html>":                       "html",
		"<?xml version":                        "xml",
		"Gentile ufficio, è allegato":          "text",
		"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": "p7m",
		"\x00\x01\x02": FormatUnknown,
		"":             FormatUnknown,
	}
	for data, want := range tests {
		if got := Sniff([]byte(data)); got != want {
			t.Errorf("%q: %s, want %s", data[:min(len(data), 30)], got, want)
		}
	}
	cut := []byte(strings.Repeat("a", SniffBytes-1) + "è and more")
	if got := Sniff(cut); got != "text" {
		t.Errorf("text cut inside a letter: %s", got)
	}
}

// TestNative proves that inspect gets every dot, with square pixels.
func TestNative(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corporaDir, "oiio-images/g3test.tif"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the corpora are not here")
	}
	p := newPool(t, Config{Size: 1})
	reading, err := p.Read(t.Context(), data, ReadOptions{Native: true})
	if err != nil || len(reading.Pages) != 1 {
		t.Fatalf("%v, %v", reading.Report, err)
	}
	stored, page := reading.Report.Pages[0], reading.Pages[0]
	w, h := decodePNG(t, page.Image)
	if w != stored.Width || h < 2*stored.Height || len(page.Thumb) > 0 {
		t.Errorf("%dx%d of %dx%d", w, h, stored.Width, stored.Height)
	}
	if stored.Encoding != "g3-1d" || stored.DPIX < 200 || stored.DPIY > 100 {
		t.Errorf("page %+v", stored)
	}
}

// TestTolerate proves that an operator's decision opens what active content
// had closed, and nothing else.
func TestTolerate(t *testing.T) {
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	for name, want := range map[string]dossier.Verdict{
		"pdfjs/js-buttons.pdf": dossier.Accepted, "pdfjs/attachment.pdf": dossier.Accepted,
		"docspell/encrypted-test123.pdf": dossier.Rejected,
	} {
		data, err := os.ReadFile(filepath.Join(corporaDir, name))
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip("the corpora are not here")
		}
		reading, err := p.Read(t.Context(), data, ReadOptions{TolerateActive: true})
		if err != nil || reading.Report.Verdict != want {
			t.Errorf("%s: %s %s, %v", name, reading.Report.Verdict, reading.Report.Message, err)
		}
	}
}
