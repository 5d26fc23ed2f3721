package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"image"        // to check what came back
	_ "image/jpeg" // to check what came back
	_ "image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

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

// slowest has a page that takes a processor more than ten seconds. It is read within
// five, so that a fast machine gives it up as well.
const slowest = "pdfjs/issue16263.pdf"

// TestCorpora proves on real files that what is legitimate is accepted, with
// pages to look at, and what is not is refused with the right reason, that zones
// of specimens are read, and that nothing crashes or swells the server.
//
// proves C2
func TestCorpora(t *testing.T) {
	files := corpora(t)
	// Other tests share the machine, and a processor that is two gets half as far in
	// its second: what a document may take is longer here, and tested elsewhere.
	limits := Limits{Base: 12 * time.Second, Longest: 3 * time.Minute}
	p := newPool(t, Config{CacheDir: engineCache(t), Size: runtime.GOMAXPROCS(0), Limits: limits})
	if err := p.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	hasty := newPool(t, Config{CacheDir: engineCache(t), Size: 1, Limits: Limits{Base: 3 * time.Second}})
	before := heap()
	lines := make([]string, len(files))
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				pool := p
				if files[i].name == slowest {
					pool = hasty
				}
				lines[i] = examineFile(t, pool, files[i])
			}
		})
	}
	for i := range files {
		work <- i
	}
	close(work)
	wg.Wait()
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 2, 8, 2, ' ', 0)
	_, _ = w.Write([]byte(strings.Join(lines, "")))
	_ = w.Flush() // into memory
	t.Log("\n" + table.String())
	if after := heap(); after > before+heapSlack {
		t.Errorf("the server's memory grew from %d to %d KiB", before>>10, after>>10)
	}
}

// examineFile reads a file as the screening does and as the door does, holds
// both against what is expected, and returns a line about it.
func examineFile(t *testing.T, p *Pool, file corpusFile) string {
	data, err := os.ReadFile(filepath.Join(corporaDir, file.name))
	if err != nil {
		t.Error(err)
		return ""
	}
	reading, err := p.Read(t.Context(), data, ReadOptions{On: dayOfReceipt})
	if _, ok := GaveUp(err); err != nil && !ok {
		t.Errorf("%s: %v", file.name, err)
		return ""
	}
	probe, err := p.Probe(t.Context(), data, ReadOptions{})
	if err != nil {
		t.Errorf("%s: probe: %v", file.name, err)
	}
	r := reading.Report
	checkReading(t, file.name, reading)
	if probe.Verdict != r.Verdict && r.Code != dossier.MachineGaveUp {
		t.Errorf("%s: %s at the door, then %s", file.name, probe.Verdict, r.Verdict)
	}
	checkExpectation(t, file, r)
	checkPictures(t, file, reading)
	checkZones(t, file.name, r)
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d/%d\t%d ms\t%s\n", file.name, file.expect, r.Format, r.Verdict, r.Message,
		len(reading.Pages), len(r.Pages), r.MS, warnings(r))
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
	document := r.Format == FormatPDF || r.Format == FormatTIFF
	switch {
	case settled && (r.Verdict != want.verdict || !strings.Contains(fmt.Sprint(r.Findings), string(want.code))):
		t.Errorf("%s: %s %v, but %s", file.name, r.Verdict, r.Findings, want.why)
	case settled && want.verdict != dossier.Accepted && r.Code != want.code:
		t.Errorf("%s: %s %v, but %s", file.name, r.Code, r.Findings, want.why)
	case settled:
	case !document && (r.Verdict != dossier.Rejected || r.Code != dossier.FileType):
		t.Errorf("%s: %s is %s %s", file.name, r.Format, r.Verdict, r.Code)
	case document && file.expect != "ACCEPT":
		t.Errorf("%s is not settled: %s, here %s %s", file.name, file.expect, r.Verdict, r.Code)
	case document && r.Verdict != dossier.Accepted:
		t.Errorf("%s: %s: %s %v", file.name, r.Verdict, r.Message, r.Findings)
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
