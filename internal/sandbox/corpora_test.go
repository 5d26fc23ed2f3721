package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // to check what came back
	_ "image/png"  // to check what came back
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"

	"dispositivo/dossier"
)

// corporaDir holds real files nobody here wrote, read in place.
const corporaDir = "../../../shared/corpora"

// corpusFile is a line of INDEX.tsv.
type corpusFile struct{ name, expect, reason string }

func corpora(t *testing.T) []corpusFile {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(corporaDir, "INDEX.tsv"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the corpora are not here")
	}
	var files []corpusFile
	for _, line := range strings.Split(string(index), "\n")[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) < 4 {
			continue
		}
		files = append(files, corpusFile{name: fields[0], expect: fields[2], reason: fields[3]})
	}
	return files
}

// TestCorpora proves on real files that what is legitimate is accepted and what
// is not is refused with a reason, and that nothing crashes or swells the server.
//
// proves C2
func TestCorpora(t *testing.T) {
	files := corpora(t)
	p := newPool(t, Config{CacheDir: engineCache(t), Size: 2})
	if err := p.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 2, 8, 2, ' ', 0)
	before := heap()
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(corporaDir, file.name))
		if err != nil {
			t.Fatal(err)
		}
		format := Sniff(data)
		reading, err := p.Read(t.Context(), data, ReadOptions{})
		if _, ok := GaveUp(err); err != nil && !ok {
			t.Errorf("%s: %v", file.name, err)
			continue
		}
		probe, err := p.Probe(t.Context(), data, ReadOptions{})
		if err != nil {
			t.Errorf("%s: probe: %v", file.name, err)
		}
		r := reading.Report
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d/%d\t%d ms\t%s\n", file.name, file.expect, r.Format, r.Verdict, r.Message,
			len(reading.Pages), len(r.Pages), r.MS, warnings(r))
		checkReading(t, file.name, reading)
		if probe.Verdict != r.Verdict && r.Code != dossier.MachineGaveUp {
			t.Errorf("%s: %s at the door, then %s", file.name, probe.Verdict, r.Verdict)
		}
		if format == FormatPDF || format == FormatTIFF {
			checkExpectation(t, file, r)
		} else if r.Verdict != dossier.Rejected {
			t.Errorf("%s: %s is %s", file.name, format, r.Verdict)
		}
	}
	_ = w.Flush() // into memory
	t.Log("\n" + table.String())
	if after := heap(); after > before+32<<20 {
		t.Errorf("the server's memory grew from %d to %d MiB", before>>20, after>>20)
	}
}

// verdicts settle what the index leaves open (POLICY, EITHER) or says otherwise
// than we do, with the code of a refusal, or of a warning that must be there.
var verdicts = map[string]struct {
	verdict dossier.Verdict
	code    dossier.FindingCode
	why     string
}{
	"libtiff/quad-lzw-compat.tiff":                                        {dossier.Accepted, "", "old libtiff's LZW is GIF's: read"},
	"libtiff/test_ifd_loop_subifd.tif":                                    {dossier.Accepted, dossier.PageDamaged, "the pages before the loop are shown"},
	"pillow/multipage_single_frame_loop.tiff":                             {dossier.Accepted, dossier.PageDamaged, "the page before the loop is shown"},
	"twelvemonkeys/BigTIFF.tif":                                           {dossier.Accepted, "", "BigTIFF is read"},
	"twelvemonkeys/ccitt_tolessrows.tif":                                  {dossier.Accepted, dossier.PageDamaged, "the missing rows are white"},
	"twelvemonkeys/incorrect-compression-rle-as-g3.tif":                   {dossier.Accepted, "", "the rows tell their encoding"},
	"pillow/hopper_webp.tif":                                              {dossier.Rejected, dossier.FileUnreadable, "no fax server and no scanner writes WebP"},
	"oiio-images/off_luv24.tif":                                           {dossier.Rejected, dossier.FileUnreadable, "not a document"},
	"twelvemonkeys/floatingpoint-32bit.tif":                               {dossier.Rejected, dossier.FileUnreadable, "not a document"},
	"go-image/0x1.tiff":                                                   {dossier.Rejected, dossier.FileUnreadable, "no size"},
	"go-image/invalid-palette-ref.tiff":                                   {dossier.Rejected, dossier.FileUnreadable, "a colour that is not there"},
	"exiv2/cve_2017_18005_reproducer.tiff":                                {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"image-tiff/sample-get-lzw-stuck.tiff":                                {dossier.Rejected, dossier.FileTruncated, "no tile has data"},
	"twelvemonkeys/value-beyond-eof.tif":                                  {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"pillow/crash-2020-10-test.tif":                                       {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"exiv2/exiv2_0-26_exiv2_uncontrolled-recursion_printIFDStructure.tif": {dossier.Rejected, dossier.FileTruncated, "ends inside its directory"},
	"pillow/crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif":           {dossier.Rejected, dossier.FileTruncated, "strips beyond the end"},
	"pillow/crash-63b1dffefc8c075ddc606c0a2f5fdc15ece78863.tif":           {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"pillow/crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif":           {dossier.Rejected, dossier.FileTruncated, "tiles beyond the end"},
}

// pageCounts are how many pages a TIFF has where it is not one. The index gives
// one page to tiff_with_subifd_chain.tif: it has two, each with smaller pictures
// of itself in SubIFDs, which are no pages.
var pageCounts = map[string]int{
	"libtiff/tiff_with_subifd_chain.tif":       2,
	"libtiff/test_ifd_loop_subifd.tif":         5,
	"paperless/patch-code-t-middle-alpha.tiff": 3,
	"pillow/multipage.tiff":                    3,
	"twelvemonkeys/multipage.tif":              3,
}

func checkExpectation(t *testing.T, file corpusFile, r Report) {
	t.Helper()
	want, settled := verdicts[file.name]
	switch {
	case settled && (r.Verdict != want.verdict || !strings.Contains(fmt.Sprint(r.Findings), string(want.code))):
		t.Errorf("%s: %s %v, but %s", file.name, r.Verdict, r.Findings, want.why)
	case settled && want.verdict == dossier.Rejected && r.Code != want.code:
		t.Errorf("%s: %s %v, but %s", file.name, r.Code, r.Findings, want.why)
	case file.expect == "ACCEPT" && r.Verdict != dossier.Accepted:
		t.Errorf("%s: %s: %s %v", file.name, r.Verdict, r.Message, r.Findings)
	case file.expect == "REJECT" && r.Verdict != dossier.Rejected:
		t.Errorf("%s: %s %v", file.name, r.Verdict, r.Findings)
	}
	if r.Format == FormatTIFF && r.Verdict == dossier.Accepted {
		checkPages(t, file, r)
	}
}

// checkPages looks whether every page of an accepted TIFF was read whole. Only
// ccitt_tolessrows.tif has rows that are not there.
func checkPages(t *testing.T, file corpusFile, r Report) {
	t.Helper()
	if want := max(1, pageCounts[file.name]); len(r.Pages) != want {
		t.Errorf("%s: %d pages, not %d", file.name, len(r.Pages), want)
	}
	for _, p := range r.Pages {
		short := file.name == "twelvemonkeys/ccitt_tolessrows.tif"
		if (p.Rows < p.Height || len(p.DamagedRows) > 0) != short {
			t.Errorf("%s page %d: %d of %d rows, damaged %v", file.name, p.N, p.Rows, p.Height, p.DamagedRows)
		}
	}
}

// checkReading looks whether the pictures are pictures and the report is whole.
func checkReading(t *testing.T, what string, reading Reading) {
	t.Helper()
	r := reading.Report
	if (r.Verdict == dossier.Accepted) != (r.Code == "") || r.Message == "" || r.SHA256 == "" {
		t.Errorf("%s: report %+v", what, r)
	}
	for _, page := range reading.Pages {
		for _, picture := range [][]byte{page.Image, page.Thumb} {
			cfg, kind, err := image.DecodeConfig(bytes.NewReader(picture))
			if err != nil || "image/"+kind != page.ContentType {
				t.Errorf("%s page %d: %s, %v", what, page.N, kind, err)
			}
			if max(cfg.Width, cfg.Height) > 2200 {
				t.Errorf("%s page %d: %dx%d", what, page.N, cfg.Width, cfg.Height)
			}
		}
		if len(page.Text) > 16<<10 {
			t.Errorf("%s page %d: %d bytes of text", what, page.N, len(page.Text))
		}
	}
}

func warnings(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Severity != dossier.SeverityBlock {
			fmt.Fprintf(&b, "%s(%d %s) ", f.Code, f.Page, f.Detail)
		}
	}
	return b.String()
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// TestFaultIsNotTheDocuments is about the machine, not the documents: without assets a
// document is not refused, it is tried again later.
func TestFaultIsNotTheDocuments(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "unknown"}, Size: 1})
	_, err := p.Read(t.Context(), []byte("II*\x00"), ReadOptions{})
	if _, ok := GaveUp(err); ok || err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}
