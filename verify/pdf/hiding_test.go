package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"dispositivo/dossier"
)

// file writes objects by hand, in any order, with what tables a case needs.
type file struct {
	bytes.Buffer
	offsets map[int]int
}

func newFile() *file {
	f := &file{offsets: map[int]int{}}
	_, _ = f.WriteString("%PDF-1.7\n") // a buffer takes everything
	return f
}

func (f *file) object(n int, body string) {
	f.offsets[n] = f.Len()
	fmt.Fprintf(&f.Buffer, "%d 0 obj\n%s\nendobj\n", n, body)
}

// page writes catalog, page tree, page and content as objects 1 to 4.
func (f *file) page(catalog string) {
	f.object(1, "<</Type/Catalog/Pages 2 0 R"+catalog+">>")
	f.object(2, pagesOfOne)
	f.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>")
	f.object(4, stream("", blackBox))
}

// pack writes an object stream, number n, of the given objects.
func (f *file) pack(t testing.TB, n int, extra string, numbers []int, objects ...string) {
	t.Helper()
	var head, body strings.Builder
	for i, object := range objects {
		fmt.Fprintf(&head, "%d %d ", numbers[i], body.Len())
		body.WriteString(object + " ")
	}
	f.object(n, stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode%s", len(objects), head.Len(), extra),
		deflate(t, head.String()+body.String())))
}

// crossStream writes a cross-reference stream, number n, of the objects written
// and of those packed (number, stream, index), and returns where it begins.
func (f *file) crossStream(n int, extra string, packed ...[3]int) int {
	size := n + 1
	for _, p := range packed {
		size = max(size, p[0]+1)
	}
	rows := make([][5]byte, size)
	rows[0] = [5]byte{0, 0, 0, 0, 255}
	at := f.Len()
	f.offsets[n] = at
	for number, offset := range f.offsets {
		rows[number] = [5]byte{1, 0, byte(offset >> 8), byte(offset), 0}
	}
	for _, p := range packed {
		rows[p[0]] = [5]byte{2, 0, byte(p[1] >> 8), byte(p[1]), byte(p[2])}
	}
	var table bytes.Buffer
	for _, row := range rows {
		table.Write(row[:])
	}
	fmt.Fprintf(&f.Buffer, "%d 0 obj\n%s\nendobj\n", n, stream(fmt.Sprintf("/Type/XRef/Size %d/W[1 3 1]/Root 1 0 R%s", size, extra), table.String()))
	return at
}

func (f *file) end(start int) []byte {
	fmt.Fprintf(&f.Buffer, "startxref\n%d\n%%%%EOF\n", start)
	return f.Bytes()
}

// hybrid is a file for readers of both kinds (ISO 32000-1, 7.5.8.4): the old
// table says that object 6 is free, the stream that /XRefStm names has it.
func hybrid(t testing.TB, catalog, hidden string) []byte {
	t.Helper()
	f := newFile()
	f.page(catalog)
	f.pack(t, 5, "", []int{6}, hidden)
	crossing := f.crossStream(7, "", [3]int{6, 5, 0})
	start := f.Len()
	fmt.Fprint(&f.Buffer, "xref\n0 8\n0000000000 65535 f \n")
	for n := 1; n <= 7; n++ {
		if n == 6 {
			fmt.Fprint(&f.Buffer, "0000000000 00000 f \n")
			continue
		}
		fmt.Fprintf(&f.Buffer, "%010d 00000 n \n", f.offsets[n])
	}
	fmt.Fprintf(&f.Buffer, "trailer\n<</Size 8/Root 1 0 R/XRefStm %d>>\n", crossing)
	return f.end(start)
}

// scattered spreads one action over two object streams, the second of which
// extends the first.
func scattered(t testing.TB) []byte {
	t.Helper()
	f := newFile()
	f.page("/OpenAction 10 0 R")
	f.pack(t, 5, "", []int{10, 11}, "<</S 12 0 R/#4a#53 13 0 R>>", "null")
	f.pack(t, 6, "/Extends 5 0 R", []int{12, 13}, "/Java#53cript", "(app.alert)")
	return f.end(f.crossStream(7, "", [3]int{10, 5, 0}, [3]int{11, 5, 1}, [3]int{12, 6, 0}, [3]int{13, 6, 1}))
}

// updated is a file to which a later version was added: there, what was harmless
// acts, or what acted is harmless.
func updated(before, after string) []byte {
	first := onePage("/OpenAction 5 0 R", "", before)
	start := bytes.LastIndex(first, []byte("xref\n0 "))
	var b bytes.Buffer
	b.Write(first)
	at := b.Len()
	fmt.Fprintf(&b, "5 0 obj\n%s\nendobj\n", after)
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n5 1\n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, start, xref)
	return b.Bytes()
}

// restricted is data as only its owner may change it: it opens for anyone, but
// every string and stream is encrypted.
func restricted(t testing.TB, data []byte) []byte {
	t.Helper()
	api.DisableConfigDir()
	var out bytes.Buffer
	conf := model.NewAESConfiguration("", "own", 256)
	conf.WriteObjectStream = true
	if err := api.Encrypt(bytes.NewReader(data), &out, conf); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestHidden: the same acts, hidden in every way that the format has.
func TestHidden(t *testing.T) {
	const script, address = "<</S/JavaScript/JS(a)>>", "<</S/URI/URI(http://example.org)>>"
	goTo := func(next string) string { return "<</S/GoTo/D[3 0 R/Fit]/Next " + next + ">>" }
	deep := address
	for range 12 {
		deep = goTo("[" + deep + "]")
	}
	tests := []struct {
		name   string
		data   []byte
		code   dossier.FindingCode
		detail string
	}{
		{"hybrid cross-reference", hybrid(t, "/OpenAction 6 0 R", script), dossier.PDFActiveContent, "JavaScript"},
		{"address in a hybrid cross-reference", hybrid(t, "/OpenAction 6 0 R", address), dossier.PDFActiveContent, "OpenAction"},
		{
			"attachment in a hybrid cross-reference", hybrid(t, "/Names 6 0 R", "<</EmbeddedFiles<</Names[(a)<</EF<</F 4 0 R>>>>]>>>>"),
			dossier.PDFEmbeddedFile, "EF, EmbeddedFiles",
		},
		{"action over two object streams", scattered(t), dossier.PDFActiveContent, "JavaScript"},
		{"escaped names in an object stream", packedObject(t, "/#4fpenAction 6 0 R", "<</#53/L#61unch/#46(x)>>"), dossier.PDFActiveContent, "Launch"},
		{"XFA in an object stream", packedObject(t, "/AcroForm 6 0 R", "<</#58F#41[(a) 4 0 R]/Fields[]>>"), dossier.PDFActiveContent, "XFA"},
		{"rich media in an object stream", packedObject(t, "/Extra 6 0 R", "<</Subtype/Rich#4dedia/Rect[0 0 9 9]>>"), dossier.PDFActiveContent, "RichMedia"},
		{"submit in an object stream", packedObject(t, "/Extra 6 0 R", "<</A<</S/SubmitForm/F(x)>>>>"), dossier.PDFActiveContent, "SubmitForm"},
		{"script in a restricted file", restricted(t, onePage("/OpenAction 5 0 R", "", script)), dossier.PDFActiveContent, "JavaScript"},
		{"attachment in a restricted file", restricted(t, onePage("/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>]>>>>", "",
			stream("/Type/EmbeddedFile", "MZ"))), dossier.PDFEmbeddedFile, "EF, EmbeddedFile, EmbeddedFiles"},
		{"added by an update", updated("<</S/GoTo/D[3 0 R/Fit]>>", script), dossier.PDFActiveContent, "JavaScript"},
		{"taken back by an update", updated(script, "<</S/GoTo/D[3 0 R/Fit]>>"), dossier.PDFActiveContent, "JavaScript"},
		{"address in a list of next actions", onePage("/OpenAction"+goTo("["+goTo("5 0 R")+address+"]"), "", "<</S/GoTo>>"), dossier.PDFActiveContent, "OpenAction"},
		{"address behind references", onePage("/OpenAction 5 0 R", "", goTo("6 0 R"), "[7 0 R]", "8 0 R", "<</S 9 0 R/URI(x)>>", "/URI"), dossier.PDFActiveContent, "OpenAction"},
		{"address at the end of a chain", onePage("/OpenAction"+deep, ""), dossier.PDFActiveContent, "OpenAction"},
		{"address under escaped keys", onePage("/Open#41ction<</S/GoTo/N#65xt<</#53/U#52I/URI(x)>>>>", ""), dossier.PDFActiveContent, "OpenAction"},
		{"address under a doubled key", onePage("/OpenAction"+address+"/OpenAction[3 0 R/Fit]", ""), dossier.PDFActiveContent, "OpenAction"},
		{"address in a doubled next", onePage("/OpenAction<</S/GoTo/Next"+address+"/Next 5 0 R>>", "", "<</S/GoTo>>"), dossier.PDFActiveContent, "OpenAction"},
		{"launch from an outline", onePage("/Outlines<</First 5 0 R>>", "", "<</Title(a)/A"+goTo("[<</S/Launch/F(x)>>]")+">>"), dossier.PDFActiveContent, "Launch"},
		{"event of a form field", onePage("/AcroForm<</Fields[5 0 R]>>", "", "<</FT/Tx/T(a)/A#41<</K 6 0 R>>>>", "<</S/SetOCGState>>"), dossier.PDFActiveContent, "AA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := examine(t, tt.data)
			if v, code := verdict(x); v != dossier.Quarantined || code != tt.code {
				t.Fatalf("got %s %s: %v", v, code, x.Findings)
			}
			if x.Findings[0].Detail != tt.detail {
				t.Errorf("detail %q, want %q", x.Findings[0].Detail, tt.detail)
			}
			checkInk(t, x)
		})
	}
}

// TestNextLoops: chains of actions that come back to themselves, or fan out,
// come to an end.
func TestNextLoops(t *testing.T) {
	fan := make([]string, 40)
	for i := range fan {
		next := fmt.Sprintf("%d 0 R ", 6+i)
		fan[i] = "<</S/GoTo/Next[" + strings.Repeat(next, 3) + "]>>"
	}
	fan[39] = "<</S/URI/URI(x)>>"
	for name, tt := range map[string]struct {
		data    []byte
		verdict dossier.Verdict
	}{
		"a loop":           {onePage("/OpenAction 5 0 R", "", "<</S/GoTo/Next[5 0 R 6 0 R]>>", "<</S/GoTo/Next 5 0 R>>"), dossier.Accepted},
		"3 to the 39 ways": {onePage("/OpenAction 5 0 R", "", fan...), dossier.Quarantined},
	} {
		t.Run(name, func(t *testing.T) {
			if v, code := verdict(examine(t, tt.data)); v != tt.verdict {
				t.Errorf("got %s %s", v, code)
			}
		})
	}
}
