package pdf_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"dispositivo/dossier"
	"dispositivo/verify/pdf"
)

const script = "<</S/JavaScript/JS(app.alert\\(1\\))>>"

func encrypted(t *testing.T, user, owner string) []byte {
	t.Helper()
	api.DisableConfigDir()
	var out bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(letters(t, 1)), &out, model.NewAESConfiguration(user, owner, 256)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestExamine is the table of what a document may hold and what follows.
func TestExamine(t *testing.T) {
	letter := letters(t, 1)
	tests := []struct {
		name    string
		data    []byte
		verdict dossier.Verdict
		code    dossier.FindingCode
	}{
		{"letter", letter, dossier.Accepted, ""},
		{"twenty pages", letters(t, 20), dossier.Accepted, ""},
		{"25 pages", letters(t, 25), dossier.Rejected, dossier.PagesTooMany},
		{"empty", nil, dossier.Rejected, dossier.FileEmpty},
		{"no PDF", []byte(strings.Repeat("hello", 1000)), dossier.Rejected, dossier.FileType},
		{"header in the window", append(bytes.Repeat([]byte("x"), 1000), letter...), dossier.Accepted, ""},
		{"header too late", append(bytes.Repeat([]byte("x"), 1100), letter...), dossier.Rejected, dossier.FileType},
		{"header alone", []byte("%PDF-1.7\n"), dossier.Rejected, dossier.PDFInvalid},
		{"cut before its pages", letter[:120], dossier.Rejected, dossier.FileTruncated},
		{"cut in its trailer", letter[:len(letter)-100], dossier.Rejected, dossier.FileTruncated},
		{"cut at its end", letter[:len(letter)-20], dossier.Accepted, ""},
		{"password", encrypted(t, "open", "own"), dossier.Rejected, dossier.FileEncrypted},
		{"owner password only", encrypted(t, "", "own"), dossier.Accepted, ""},
		{
			"page tree loop", written("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[2 0 R]>>"),
			dossier.Rejected, dossier.PDFInvalid,
		},
		{
			"no pages", written("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"),
			dossier.Rejected, dossier.PagesNone,
		},
		{"an action as page", written("<</Type/Catalog/Pages 2 0 R>>", script), dossier.Rejected, dossier.PagesNone},
		{
			"dynamic XFA", onePage("/NeedsRendering true/AcroForm<</XFA 5 0 R/Fields[]>>", "", stream("", "<xdp/>")),
			dossier.Rejected, dossier.PDFInvalid,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := examine(t, tt.data)
			if v, code := verdict(x); v != tt.verdict || code != tt.code {
				t.Errorf("got %s %s, want %s %s: %v", v, code, tt.verdict, tt.code, x.Findings)
			}
		})
	}
}

// TestActiveContent: whatever can act or carries a file quarantines a document,
// however it is hidden, and the page can still be shown.
func TestActiveContent(t *testing.T) {
	tests := []struct {
		name   string
		data   []byte
		code   dossier.FindingCode
		detail string
	}{
		{"script on opening", onePage("/OpenAction 5 0 R", "", script), dossier.PDFActiveContent, "JavaScript"},
		{"script by name", onePage("/Names<</JavaScript<</Names[(a) 5 0 R]>>>>", "", script), dossier.PDFActiveContent, "JavaScript"},
		{"script written with #", onePage("/OpenAction<</#53/J#61vaScript/J#53(a)>>", ""), dossier.PDFActiveContent, "JavaScript"},
		{"script behind a reference", onePage("/OpenAction<</S 5 0 R/JS 6 0 R>>", "", "/JavaScript", "(a)"), dossier.PDFActiveContent, "JavaScript"},
		{"script under a doubled key", onePage("/OpenAction<</S/JavaScript/S/GoTo>>", ""), dossier.PDFActiveContent, "JavaScript"},
		{"script in an object stream", packedObject(t, "/OpenAction 6 0 R", script), dossier.PDFActiveContent, "JavaScript"},
		{"script in an unused object", onePage("", "", script), dossier.PDFActiveContent, "JavaScript"},
		{"script in a next action", onePage("/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[<</S/JavaScript/JS(a)>>]>>", ""), dossier.PDFActiveContent, "JavaScript"},
		{"launch", onePage("/OpenAction<</S/Launch/F(calc.exe)>>", ""), dossier.PDFActiveContent, "Launch"},
		{"submit", onePage("", "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/SubmitForm/F(x)>>>>]"), dossier.PDFActiveContent, "SubmitForm"},
		{"import", onePage("", "/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/ImportData/F(x)>>>>]"), dossier.PDFActiveContent, "ImportData"},
		{"address on opening", onePage("/OpenAction<</S/URI/URI(http://example.org)>>", ""), dossier.PDFActiveContent, "OpenAction"},
		{"address after opening", onePage("/OpenAction<</S/GoTo/Next<</S/URI/URI(x)>>>>", ""), dossier.PDFActiveContent, "OpenAction"},
		{"page event", onePage("", "/AA<</O<</S/URI/URI(x)>>>>"), dossier.PDFActiveContent, "AA"},
		{"XFA", onePage("/AcroForm<</XFA 5 0 R/Fields[]>>", "", stream("", "<xdp/>")), dossier.PDFActiveContent, "XFA"},
		{"rich media", onePage("", "/Annots[<</Subtype/RichMedia/Rect[0 0 9 9]>>]"), dossier.PDFActiveContent, "RichMedia"},
		{"movie", onePage("", "/Annots[<</Subtype/Movie/Rect[0 0 9 9]>>]"), dossier.PDFActiveContent, "Movie"},
		{"sound", onePage("", "/Annots[<</Subtype/Sound/Rect[0 0 9 9]>>]"), dossier.PDFActiveContent, "Sound"},
		{"3D", onePage("", "/Annots[<</Subtype/3D/Rect[0 0 9 9]>>]"), dossier.PDFActiveContent, "3D"},
		{"other file", onePage("", "/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/GoToR/F(x)>>>>]"), dossier.PDFActiveContent, "GoToR"},
		{"attachment", onePage("/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>]>>>>", "",
			stream("/Type/EmbeddedFile", "MZ")), dossier.PDFEmbeddedFile, "EF, EmbeddedFile, EmbeddedFiles"},
		{"attachment on a page", onePage("", "/Annots[<</Subtype/FileAttachment/Rect[0 0 9 9]/FS<</F(a)/EF<</F 5 0 R>>>>>>]",
			stream("", "MZ")), dossier.PDFEmbeddedFile, "EF, FileAttachment"},
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

// TestHarmless: what looks like active content and is none.
func TestHarmless(t *testing.T) {
	for name, data := range map[string][]byte{
		"a link to click":          onePage("", "/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://example.org)>>>>]"),
		"opens at a page":          onePage("/OpenAction[3 0 R/Fit]", ""),
		"words in a string":        onePage("/Lang(/JavaScript <</S/Launch>> /EF)", ""),
		"fonts called JS and AA":   onePage("", "/Resources<</Font<</JS 5 0 R/AA 5 0 R>>>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
		"an empty attachment tree": onePage("/Names<</EmbeddedFiles<</Names[]>>>>", ""),
		"words in page content":    written("<</Type/Catalog/Pages 2 0 R>>", pagesOfOne, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>", stream("", blackBox+" % <</S/JavaScript/JS(a)>>")),
	} {
		t.Run(name, func(t *testing.T) {
			if v, code := verdict(examine(t, data)); v != dossier.Accepted {
				t.Errorf("got %s %s", v, code)
			}
		})
	}
}

// TestNeverAcceptedUnsearched: pdfcpu cannot read these, PDFium can. Either the
// sweep finds what is inside, or a person looks.
func TestNeverAcceptedUnsearched(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		code dossier.FindingCode
	}{
		"script beside an unknown packing": {packed("/OpenAction"+script, "Unheard", "abcd"), dossier.PDFActiveContent},
		"an unknown packing":               {packed("", "Unheard", "abcd"), dossier.MachineGaveUp},
	} {
		t.Run(name, func(t *testing.T) {
			x := examine(t, tt.data)
			if x.Info.Structured {
				t.Fatal("pdfcpu can read it after all: the case proves nothing")
			}
			if v, code := verdict(x); v != dossier.Quarantined || code != tt.code {
				t.Errorf("got %s %s: %v", v, code, x.Findings)
			}
		})
	}
}

func checkInk(t *testing.T, x pdf.Examination) {
	t.Helper()
	if x.Document == nil {
		t.Fatal("the page is not shown")
	}
	img, _, err := x.Document.Render(t.Context(), 1, pdf.RenderOptions{DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	if !inked(img) {
		t.Error("the page is empty")
	}
}

func TestInfo(t *testing.T) {
	info, findings := pdf.Inspect(t.Context(), written(
		"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[]>>>>",
		"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]/MediaBox[0 0 595 842]/Rotate 90>>",
		"<</Type/Page/Parent 2 0 R>>",
		"<</Type/Page/Parent 2 0 R/CropBox[10 10 100 200]/Rotate -90>>",
	), pdf.Limits{})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	if info.Version != "1.7" || info.NumPages != 2 || !info.Signed || !info.Structured || info.Encrypted || info.Truncated {
		t.Errorf("got %+v", info)
	}
	whole := pdf.Box{X1: 595, Y1: 842}
	want := []pdf.PageInfo{
		{Media: whole, Crop: whole, Rotate: 90},
		{Media: whole, Crop: pdf.Box{X0: 10, Y0: 10, X1: 100, Y1: 200}, Rotate: 270},
	}
	for i, page := range info.Pages {
		if page != want[i] {
			t.Errorf("page %d: got %+v, want %+v", i+1, page, want[i])
		}
	}
}

func TestLimitOfPages(t *testing.T) {
	_, findings := pdf.Inspect(t.Context(), letters(t, 4), pdf.Limits{Pages: 3})
	if v, code := dossier.Judge(findings); v != dossier.Rejected || code != dossier.PagesTooMany {
		t.Errorf("got %s %s", v, code)
	}
}

// TestWorkIsBounded: files made of beginnings without ends, each of which would
// make a reader look at the rest of the file, are not read to the bitter end.
func TestWorkIsBounded(t *testing.T) {
	for _, piece := range []string{
		"1 0 obj(", "1 0 obj<", "1 0 obj%", "obj", "1 0 obj[", "1 0 obj<<", "1 0 obj/",
		"1 0 obj<</N 1/First 0>>stream\n", "1 0 obj<</N 1/First 0/Filter/Fl>>stream\n", "trailer(", "trailer<</A[",
	} {
		data := []byte("%PDF-1.7\n" + strings.Repeat(piece, 1_048_000/len(piece)))
		start := time.Now() //nolint:forbidigo // how long it takes
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		pdf.Inspect(ctx, data, pdf.Limits{})
		cancel()
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("%q: %s", piece, took)
		} else {
			t.Logf("%q: %s", piece, took)
		}
	}
}

// FuzzInspect: any bytes come to an end without a panic. (A stack overflow in
// pdfcpu would end the process, which is what the sandbox is for.)
func FuzzInspect(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n"))
	f.Add([]byte("%PDF-1.7\n1 0 obj<</A(\\")) // found by fuzzing: an escape at the very end
	f.Add(onePage("/OpenAction 5 0 R", "", script))
	f.Add(packedObject(f, "/OpenAction 6 0 R", script))
	f.Add(letters(f, 2))
	f.Add(written("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[2 0 R]>>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, findings := pdf.Inspect(t.Context(), data, pdf.Limits{})
		if v, _ := dossier.Judge(findings); info.Version == "" && v != dossier.Rejected {
			t.Errorf("no header and not refused: %v", findings)
		}
	})
}
