package sandbox

import (
	"bytes"
	"fmt"
	"testing"

	"dispositivo/dossier"
)

// document is a PDF of so many pages, each with one line of text or, for an
// overlay, a stroke.
func document(pages int, content string) []byte {
	kids := ""
	for n := range pages {
		kids += fmt.Sprintf("%d 0 R ", 5+n)
	}
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		stream("", content),
	}
	for range pages {
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>")
	}
	return assembled(objects...)
}

const line = "BT /F 24 Tf 72 700 Td (Modulo di conversione, a form to sign) Tj ET"

// TestCompose proves that a document can be drawn on and lengthened.
func TestCompose(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	composed, err := p.Compose(t.Context(), Composition{
		Base:    document(2, line),
		Overlay: document(1, "0 0 0 rg 50 50 500 600 re f"),
		Append:  [][]byte{document(1, line)},
	})
	if err != nil {
		t.Fatal(err)
	}
	reading, err := p.Read(t.Context(), composed, ReadOptions{})
	if err != nil || reading.Report.Verdict != dossier.Accepted || len(reading.Pages) != 3 {
		t.Fatalf("%+v, %v", reading.Report, err)
	}
	dark := []int{}
	for _, f := range reading.Report.Findings {
		if f.Code == dossier.PageDark {
			dark = append(dark, f.Page)
		}
	}
	if len(dark) != 1 || dark[0] != 2 {
		t.Errorf("the overlay is on pages %v: %v", dark, reading.Report.Findings)
	}
	if !bytes.Contains([]byte(reading.Pages[0].Text), []byte("Modulo di conversione")) {
		t.Errorf("text %q", reading.Pages[0].Text)
	}
	nonsense := Composition{Base: []byte("%PDF-nonsense"), Append: [][]byte{composed}}
	if _, err := p.Compose(t.Context(), nonsense); err == nil {
		t.Error("nonsense was composed")
	}
}

// BenchmarkProbe is what the structure check adds to an upload.
func BenchmarkProbe(b *testing.B) {
	p := benchPool(b)
	data := document(2, line)
	for b.Loop() {
		if _, err := p.Probe(b.Context(), data, ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead is a short born-digital document, drawn.
func BenchmarkRead(b *testing.B) {
	p := benchPool(b)
	data := document(2, line)
	for b.Loop() {
		if _, err := p.Read(b.Context(), data, ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
