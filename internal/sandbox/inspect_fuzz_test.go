package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/assets"
	"dispositivo/verify/pdf"
)

// insideChild is what a child reads with, in this process: PDFium can be
// interrupted here, because there is nobody to kill it.
func insideChild(f *testing.F) *reader {
	f.Helper()
	r := &reader{settings: hello{Limits: Limits{Pages: 3, BilevelPixels: 1 << 18, Pixels: 1 << 18}.withDefaults()}}
	wasm, err := assets.PDFium()
	if err != nil {
		f.Fatal(err)
	}
	dir := engineCache(f)
	if r.engine, err = pdf.NewEngine(context.Background(), wasm, pdf.EngineConfig{CacheDir: dir, Interruptible: true}); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = r.engine.Close(context.Background()) })
	r.settings.CacheDir = dir
	if err := r.buildSymbols(context.Background()); err != nil {
		f.Fatal(err)
	}
	return r
}

// FuzzInspect is everything that inspect, the door and the screening do to a
// file, but without the child around it: no bytes make it panic, everything that
// is sent is understood by the parent, and the report is one that can be trusted.
func FuzzInspect(f *testing.F) {
	for _, data := range generated() {
		f.Add(data)
		for n := range uint64(3) {
			damaged, _ := mutate(data, data, 1, n)
			f.Add(damaged)
		}
	}
	r := insideChild(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			t.Skip()
		}
		probe, ok := inspectInside(t, r, opProbe, data)
		if !ok {
			return
		}
		read, ok := inspectInside(t, r, opRead, data)
		if !ok {
			return
		}
		if probe.Report.Verdict != read.Report.Verdict && probe.Report.Format == FormatTIFF {
			t.Errorf("%s %s at the door, then %s %s", probe.Report.Verdict, probe.Report.Code, read.Report.Verdict, read.Report.Code)
		}
		if read.Report.Verdict == dossier.Accepted && len(read.Pages) == 0 {
			t.Error("accepted without a picture")
		}
	})
}

// inspectInside has one document read and takes the answer as the parent does.
// It is false when the time was over.
func inspectInside(t *testing.T, r *reader, op operation, data []byte) (Reading, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var out bytes.Buffer
	q := request{Op: op, Read: ReadOptions{On: dayOfReceipt}, Parts: []int{len(data)}}
	if err := r.serve(ctx, q, [][]byte{data}, &out); err != nil {
		if ctx.Err() == nil {
			t.Fatalf("the machine is to blame: %v", err)
		}
		return Reading{}, false
	}
	var reading Reading
	for {
		fr, err := readFrame(&out)
		if errors.Is(err, io.EOF) {
			t.Fatal("no result")
		}
		if err != nil {
			t.Fatal(err)
		}
		if fr.kind == framePage {
			page, err := fr.page(false)
			if err != nil || len(reading.Pages) > 0 && page.N <= reading.Pages[len(reading.Pages)-1].N {
				t.Fatalf("page %d: %v", page.N, err)
			}
			reading.Pages = append(reading.Pages, page)
		}
		if fr.kind != framePage && fr.kind != frameStarted {
			var last result
			if err := fr.outcome(&last); err != nil || out.Len() > 0 {
				t.Fatalf("result %v, and %d bytes after it", err, out.Len())
			}
			reading.Report = clean(last.Report, r.settings.Limits).Judged()
			reading.Report.SHA256 = "of the parent"
			checkInside(t, reading, r.settings.Limits)
			return reading, ctx.Err() == nil
		}
	}
}

func checkInside(t *testing.T, reading Reading, limits Limits) {
	t.Helper()
	r := reading.Report
	checkReading(t, "", reading)
	if !slices.Contains([]dossier.Verdict{dossier.Accepted, dossier.Rejected, dossier.Quarantined}, r.Verdict) {
		t.Errorf("verdict %q", r.Verdict)
	}
	if len(reading.Pages) > len(r.Pages) || len(r.Pages) > limits.Pages {
		t.Errorf("%d pictures of %d pages", len(reading.Pages), len(r.Pages))
	}
	for _, p := range r.Pages {
		if p.Rows < 0 || p.Rows > p.Height || r.Format == FormatTIFF && int64(p.Width)*int64(p.Height) > limits.BilevelPixels && p.Rows > 0 {
			t.Errorf("page %+v", p)
		}
	}
	if r.Verdict == dossier.Rejected && len(reading.Pages) > 0 {
		t.Errorf("pages of a file that is refused for %s", r.Code)
	}
}
