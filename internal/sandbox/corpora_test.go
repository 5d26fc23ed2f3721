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
		checkReading(t, file, reading)
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

// unreadable are files of the corpora that x/image cannot read, and why. They
// wait for our own decoder; the refusal must say the same.
var unreadable = map[string]string{
	"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_fill.tiff":    "missing End-of-Line",
	"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_fill.tiff":    "encoding g3-2d",
	"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_no_fill.tiff": "encoding g3-2d",
	"deskew/1-lzw.tif":                         "unexpected EOF",
	"deskew/tiff-jpeg.tif":                     "encoding jpeg",
	"hhrutter-tiff/issue-2-ccitt-rle.tif":      "encoding mh",
	"libtiff/quad-tile.jpg.tiff":               "encoding jpeg",
	"oiio-images/fax2d.tif":                    "missing End-of-Line",
	"paperless/patch-code-t-middle-alpha.tiff": "extra samples",
	"paperless/simple.tiff":                    "encoding jpeg",
	"pillow/tiff_strip_planar_lzw.tiff":        "separate planes",
	"spandsp/lenna-colour-out.tif":             "encoding jpeg",
	"twelvemonkeys/flower-minisblack-02.tif":   "BitsPerSample of 2",
	"twelvemonkeys/flower-rgb-planar-08.tif":   "separate planes",
	"twelvemonkeys/group3_1d_fill.tif":         "missing End-of-Line",
	"twelvemonkeys/group3_2d.tif":              "encoding g3-2d",
	"twelvemonkeys/group3_2d_lsb2msb.tif":      "encoding g3-2d",
}

func checkExpectation(t *testing.T, file corpusFile, r Report) {
	t.Helper()
	switch {
	case file.expect == "ACCEPT" && unreadable[file.name] != "":
		if r.Verdict != dossier.Rejected || !strings.Contains(fmt.Sprint(r.Findings), unreadable[file.name]) {
			t.Errorf("%s: %s (%s), but cannot be read: %s", file.name, r.Verdict, r.Message, unreadable[file.name])
		}
	case file.expect == "ACCEPT" && r.Verdict != dossier.Accepted:
		t.Errorf("%s: %s: %s %v", file.name, r.Verdict, r.Message, r.Findings)
	case file.expect == "REJECT" && r.Verdict != dossier.Rejected:
		t.Errorf("%s: %s %v", file.name, r.Verdict, r.Findings)
	}
}

// checkReading looks whether the pictures are pictures and the report is whole.
func checkReading(t *testing.T, file corpusFile, reading Reading) {
	t.Helper()
	r := reading.Report
	if (r.Verdict == dossier.Accepted) != (r.Code == "") || r.Message == "" || r.SHA256 == "" {
		t.Errorf("%s: report %+v", file.name, r)
	}
	for _, page := range reading.Pages {
		for _, picture := range [][]byte{page.Image, page.Thumb} {
			cfg, kind, err := image.DecodeConfig(bytes.NewReader(picture))
			if err != nil || "image/"+kind != page.ContentType {
				t.Errorf("%s page %d: %s, %v", file.name, page.N, kind, err)
			}
			if max(cfg.Width, cfg.Height) > 2200 {
				t.Errorf("%s page %d: %dx%d", file.name, page.N, cfg.Width, cfg.Height)
			}
		}
		if len(page.Text) > 16<<10 {
			t.Errorf("%s page %d: %d bytes of text", file.name, page.N, len(page.Text))
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
