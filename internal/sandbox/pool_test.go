package sandbox

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit/engines"
)

// newPool returns a pool of children made by args, whose folders are in a place
// of the test's own that must be empty in the end.
func newPool(t *testing.T, cfg Config) *Pool {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folders := t.TempDir()
	cfg.Exe, cfg.folders = exe, folders
	if raceDetector {
		cfg.Limits.Address = -1
	}
	if cfg.Args == nil {
		cfg.Args = []string{"sandbox-child"}
	}
	p := New(cfg)
	t.Cleanup(func() {
		p.Close()
		left, err := os.ReadDir(folders)
		if err != nil || len(left) > 0 {
			t.Errorf("folders left behind: %v, %v", left, err)
		}
	})
	return p
}

// engineCache is shared by the tests, so that PDFium is compiled once.
func engineCache(t testing.TB) string {
	t.Helper()
	dir, err := engines.Folder()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestMisbehaviour proves that nothing a child does harms the parent: a typed
// error comes within the limit, and the pool works on.
//
// proves C8
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	tests := map[string]Why{
		"hang": WhyTime, "spin": WhyTime, "eat": WhyMemory, "grab": WhyMemory, "crash": WhyCrash, "panic": WhyCrash,
		"overflow": WhyCrash, "garbage": WhyProtocol, "huge": WhyProtocol, "close": WhyProtocol,
		"pages": WhyProtocol, "script": WhyProtocol,
	}
	if raceDetector { // without a limit of its address space a child can grab what it wants
		delete(tests, "grab")
		tests["overflow"] = WhyMemory // its frames are larger
	}
	for how, want := range tests {
		t.Run(how, func(t *testing.T) {
			t.Parallel() // most of them are waited for
			p := newPool(t, Config{
				Args:   []string{"sandbox-misbehave", how},
				Size:   1,
				Limits: Limits{Base: 500 * time.Millisecond, PerPage: time.Millisecond, Memory: 200 << 20},
			})
			if how == "overflow" || how == "eat" {
				p.cfg.Limits.Base = 20 * time.Second
				p.starts.cfg.Limits.Base = 20 * time.Second
			}
			for range 2 { // the second finds a pool that still works
				begin := clock.System().Now()
				reading, err := p.Read(t.Context(), []byte("II*\x00"), ReadOptions{})
				gaveUp, ok := GaveUp(err)
				if !ok || gaveUp.Why != want {
					t.Fatalf("got %v, want gave up for %s", err, want)
				}
				if reading.Report.Verdict != dossier.Quarantined || reading.Report.Code != dossier.MachineGaveUp {
					t.Errorf("verdict %s, code %s", reading.Report.Verdict, reading.Report.Code)
				}
				if took := clock.System().Now().Sub(begin); took > 25*time.Second {
					t.Errorf("it took %v", took)
				}
			}
		})
	}
}

// TestNoise proves that what a library prints neither mingles with answers nor
// reaches them, and that control characters of a child stop at the parent.
func TestNoise(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "noise"}, Size: 1})
	report, err := p.Probe(t.Context(), []byte("II*\x00"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(string(report.Format), '\x1b') {
		t.Errorf("format %q", report.Format)
	}
}

// TestWornChild proves that a document does not suffer from what the one before
// it did to the child.
func TestWornChild(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "stale"}, Size: 1})
	for range 3 {
		if _, err := p.Probe(t.Context(), []byte("II*\x00"), ReadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRecycle proves that a child is replaced after so many documents, and
// before that when it keeps memory.
func TestRecycle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		how  string
		docs int // by one child
	}{{"tell", 3}, {"swell", 1}} {
		p := newPool(t, Config{Args: []string{"sandbox-misbehave", tc.how}, Size: 1, Recycle: 3, Limits: Limits{Memory: 256 << 20}})
		served := map[string]int{} // by the number of the process
		for range 6 {
			report, err := p.Probe(t.Context(), []byte("II*\x00"), ReadOptions{})
			if err != nil || len(report.Symbols) != 1 {
				t.Fatalf("%s: %+v, %v", tc.how, report, err)
			}
			served[report.Symbols[0].Text]++
		}
		if len(served) != 6/tc.docs {
			t.Errorf("%s: documents by process: %v", tc.how, served)
		}
	}
}

// TestContext proves that the caller's time counts: while a child works and
// while all are busy.
func TestContext(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "hang"}, Size: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := p.Probe(ctx, []byte("II*\x00"), ReadOptions{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
}

// TestCloseWhileBusy proves that Close ends what is under way.
func TestCloseWhileBusy(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "hang"}, Size: 1})
	failed := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := p.Read(context.Background(), []byte("II*\x00"), ReadOptions{})
			failed <- err
		}()
	}
	for !p.busy() { // only until the first child has started
		runtime.Gosched()
	}
	p.Close()
	for range 2 {
		if err := <-failed; !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := p.Probe(t.Context(), []byte("x"), ReadOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// busy reports whether a child has been started.
func (p *Pool) busy() bool {
	p.starts.mu.Lock()
	defer p.starts.mu.Unlock()
	return len(p.starts.alive) > 0
}

// TestNoZombies proves that ended children are collected.
func TestNoZombies(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "crash"}, Size: 2})
	for range 3 {
		if _, err := p.Probe(t.Context(), []byte("II*\x00"), ReadOptions{}); err == nil {
			t.Fatal("no error")
		}
	}
	p.Close()
	// A child is listed under the thread that started it.
	threads, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(threads) == 0 {
		t.Fatalf("no thread to look at: %v", err)
	}
	for _, thread := range threads {
		children, _ := os.ReadFile(thread) // missing: the thread is gone
		if len(bytes.TrimSpace(children)) > 0 {
			t.Errorf("processes left: %s", children)
		}
	}
}

// TestSize proves that what is too large or empty never reaches a child.
//
// proves C2
func TestSize(t *testing.T) {
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "crash"}, Limits: Limits{Bytes: 10}})
	for _, tc := range []struct {
		data  string
		limit int64
		code  dossier.FindingCode
	}{
		{"", 0, dossier.FileEmpty},
		{"%PDF-1.7 12", 0, dossier.FileTooLarge},
		{"%PDF-1.7 12", 5, dossier.FileTooLarge},
	} {
		report, err := p.Probe(t.Context(), []byte(tc.data), ReadOptions{MaxBytes: tc.limit})
		if err != nil || report.Code != tc.code || report.Verdict != dossier.Rejected {
			t.Errorf("%q: %s %s, %v", tc.data, report.Verdict, report.Code, err)
		}
		if report.Bytes != int64(len(tc.data)) || len(report.SHA256) != 64 {
			t.Errorf("%q: %d bytes, hash %s", tc.data, report.Bytes, report.SHA256)
		}
	}
}

// decodePNG fails the test when picture is none.
func decodePNG(t *testing.T, picture []byte) (w, h int) {
	t.Helper()
	img, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return img.Width, img.Height
}

// benchPool is a warm pool.
func benchPool(b *testing.B) *Pool {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	p := New(Config{Exe: exe, Args: []string{"sandbox-child"}, CacheDir: b.TempDir()})
	b.Cleanup(p.Close)
	if err := p.Warm(b.Context()); err != nil {
		b.Fatal(err)
	}
	return p
}
