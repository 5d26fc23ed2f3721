package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

// written builds a PDF out of the bodies of its objects: body i is object i+1,
// and object 1 is the catalog.
func written(bodies ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(bodies))
	for i, body := range bodies {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(bodies)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, start)
	return b.Bytes()
}

const (
	pagesOfOne = "<</Type/Pages/Count 1/Kids[3 0 R]>>"
	blackBox   = "0 0 0 rg 20 20 60 60 re f"
)

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data)
}

// onePage is a page with a black box. extra goes into the catalog, page into
// the page, and more objects start with number 5.
func onePage(extra, page string, more ...string) []byte {
	return written(append([]string{
		"<</Type/Catalog/Pages 2 0 R" + extra + ">>",
		pagesOfOne,
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R" + page + ">>",
		stream("", blackBox),
	}, more...)...)
}

// packedObject hides object 6 in a compressed object stream, as PDF 1.5 files do.
func packedObject(t testing.TB, catalog, hidden string) []byte {
	t.Helper()
	return packed(catalog, "FlateDecode", deflate(t, "6 0 "+hidden))
}

// packed has an object stream of the given filter and bytes, which holds object
// 6, and a cross-reference stream.
func packed(catalog, filter, bytesOf6 string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := map[int]int{}
	object := func(n int, body string) {
		offsets[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, body)
	}
	object(1, "<</Type/Catalog/Pages 2 0 R"+catalog+">>")
	object(2, pagesOfOne)
	object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>")
	object(4, stream("", blackBox))
	object(5, stream("/Type/ObjStm/N 1/First 4/Filter/"+filter, bytesOf6))
	var table bytes.Buffer
	table.Write([]byte{0, 0, 0, 0, 255})
	for n := 1; n <= 5; n++ {
		table.Write([]byte{1, 0, byte(offsets[n] >> 8), byte(offsets[n]), 0})
	}
	table.Write([]byte{2, 0, 0, 5, 0})
	start := b.Len()
	table.Write([]byte{1, 0, byte(start >> 8), byte(start), 0})
	fmt.Fprintf(&b, "7 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n",
		stream("/Type/XRef/Size 8/W[1 3 1]/Root 1 0 R", table.String()), start)
	return b.Bytes()
}

func deflate(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// letters is a document of n pages in A4 that fpdf makes, with text and a
// square in the upper left corner of every page.
func letters(t testing.TB, n int) []byte {
	t.Helper()
	doc := fpdf.New("P", "pt", "A4", "")
	doc.SetFont("Helvetica", "", 24)
	for i := range n {
		doc.AddPage()
		doc.Rect(36, 36, 72, 72, "F")
		doc.Text(200, 300, fmt.Sprintf("Page number %d", i+1))
	}
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
