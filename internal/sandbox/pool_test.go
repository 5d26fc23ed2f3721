package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
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
	t.Setenv("TMPDIR", folders)
	cfg.Exe = exe
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
func engineCache(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "dispositivo-test-engine")
}

// misbehave is the main of children that break every rule once greeted.
func misbehave(how string) int {
	return serveChild(os.Stdin, os.Stdout, func(hello) server { return villain(how) })
}

type villain string

func (v villain) serve(ctx context.Context, q request, docs [][]byte, out io.Writer) error {
	switch v {
	case "hang":
		select {}
	case "eat":
		return eat()
	case "grab":
		_ = make([]byte, 1<<40) // more than the address space
	case "crash":
		os.Exit(7)
	case "panic":
		go panic("in another goroutine") // no recover can help
		select {}
	case "overflow":
		return errors.New(strconv.Itoa(overflow(1)))
	case "garbage":
		_, err := os.Stdout.WriteString("") // os.Stdout is standard error here
		_, _ = out.Write(bytes.Repeat([]byte("garbage "), 1000))
		return err
	case "huge":
		_, err := out.Write([]byte{'R', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		return err
	case "close":
		if err := out.(io.Closer).Close(); err != nil { //nolint:forcetypeassert // it is a file
			return err
		}
		select {}
	case "pages":
		return endlessPages(out)
	case "script":
		return writeFrame(out, framePage, pageHead{N: 1, ContentType: "image/png", Image: 8}, []byte("<script>"))
	case "noise":
		fmt.Fprint(os.Stdout, strings.Repeat("Mario Rossi ", 1<<16)) // a library that prints
		return writeFrame(out, frameResult, result{Report: Report{Format: "pdf\x1b[31m"}})
	case "jail":
		return escapes(ctx, strings.TrimPrefix(string(docs[0]), "II*\x00"))
	case "stale":
		return v.stale(q, out)
	}
	return errors.New("unknown mischief")
}

// escapes tries what a child that was taken over would, and tells what worked.
func escapes(ctx context.Context, address string) error {
	var worked []string
	try := func(what string, err error) {
		if err == nil {
			worked = append(worked, what)
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	try("read-foreign", err)
	_, err = os.ReadDir("/")
	try("list-foreign", err)
	try("write-foreign", os.WriteFile(filepath.Join(os.TempDir(), "..", "outside"), []byte("x"), 0o600))
	try("write-own", os.WriteFile("inside", []byte("x"), 0o600))
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close() // it was not meant to be
	}
	try("dial", err)
	try("exec", exec.CommandContext(ctx, "/bin/true").Run())
	try("root", os.Chown("inside", 1, 1))
	return errors.New("worked: " + strings.Join(worked, " "))
}

// stale serves one document well and crashes at the second.
func (villain) stale(_ request, out io.Writer) error {
	const mark = "served"
	if _, err := os.Stat(mark); err == nil {
		os.Exit(9)
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	return writeFrame(out, frameResult, result{Report: Report{Format: FormatTIFF}})
}

func eat() error {
	var all [][]byte
	for {
		b := make([]byte, 4<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		if len(all) > 1<<20 {
			return nil
		}
	}
}

func overflow(n int) int {
	if n == 0 {
		return 0
	}
	return overflow(n+1) + 1
}

func endlessPages(out io.Writer) error {
	picture := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 1<<20)...)
	for n := 1; ; n++ {
		head := pageHead{N: n, ContentType: "image/png", Image: len(picture)}
		if err := writeFrame(out, framePage, head, picture); err != nil {
			return err
		}
	}
}

// TestMisbehaviour proves that nothing a child does harms the parent: a typed
// error comes within the limit, and the pool works on.
//
// proves C8
func TestMisbehaviour(t *testing.T) {
	tests := map[string]Why{
		"hang": WhyTime, "eat": WhyMemory, "grab": WhyMemory, "crash": WhyCrash, "panic": WhyCrash,
		"overflow": WhyCrash, "garbage": WhyProtocol, "huge": WhyProtocol, "close": WhyProtocol,
		"pages": WhyProtocol, "script": WhyProtocol,
	}
	if raceDetector { // without a limit of its address space a child can grab what it wants
		delete(tests, "grab")
		tests["overflow"] = WhyMemory // its frames are larger
	}
	for how, want := range tests {
		t.Run(how, func(t *testing.T) {
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
	children, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.TrimSpace(children)) > 0 {
		t.Errorf("processes left: %s", children)
	}
}

// serverToKill is the main of a server that is killed in mid-work: it has a
// child hang and tells its number.
func serverToKill() int {
	exe, err := os.Executable()
	if err != nil {
		return 1
	}
	p := New(Config{Exe: exe, Args: []string{"sandbox-misbehave", "hang"}, Size: 1})
	go func() { _, _ = p.Read(context.Background(), []byte("II*\x00"), ReadOptions{}) }()
	for {
		p.starts.mu.Lock()
		for c := range p.starts.alive {
			fmt.Println(c.cmd.Process.Pid)
			p.starts.mu.Unlock()
			select {}
		}
		p.starts.mu.Unlock()
	}
}

// TestServerKilled proves that a child does not outlive a server that got
// SIGKILL, and that its folder is swept by the next server.
func TestServerKilled(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folders := t.TempDir()
	t.Setenv("TMPDIR", folders)
	cmd := exec.Command(exe, "sandbox-server")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	deadline := clock.System().Now().Add(5 * time.Second)
	for stat := "R"; stat != "" && !strings.Contains(stat, ") Z "); {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // missing: it is gone
		stat = string(raw)
		if clock.System().Now().After(deadline) {
			t.Fatalf("the child lives on: %s", stat)
		}
	}
	sweepFolders(folders)
	if left, err := os.ReadDir(folders); err != nil || len(left) > 0 {
		t.Errorf("folders left behind: %v, %v", left, err)
	}
}

// TestConfined proves what a child may not do. Landlock is not everywhere; the
// rest is.
func TestConfined(t *testing.T) {
	p := newPool(t, Config{Size: 1})
	c, err := p.starts.start(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.end()
	pid := c.cmd.Process.Pid
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range strings.Split(strings.Trim(string(environ), "\x00"), "\x00") {
		name, _, _ := strings.Cut(v, "=")
		if !strings.Contains(" GOMEMLIMIT GOTRACEBACK HOME TMPDIR TZ LANG ", " "+name+" ") {
			t.Errorf("the child knows %s", name)
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(status), "NoNewPrivs:\t1") {
		t.Error("the child may gain privileges")
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"67108864"}
	if !raceDetector {
		want = append(want, "4294967296")
	}
	for _, want := range want {
		if !strings.Contains(string(limits), want) {
			t.Errorf("limit %s is not set:\n%s", want, limits)
		}
	}
	ours, _ := os.Readlink("/proc/self/ns/net")
	theirs, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
	t.Logf("own network namespace: %v", ours != theirs)
}

// TestJail proves from inside that a child reaches no file but its own folder,
// no network, no other program and no privilege, where the kernel has Landlock.
func TestJail(t *testing.T) {
	if able, err := llsyscall.LandlockGetABIVersion(); err != nil || able < 4 {
		t.Skipf("no Landlock here: version %d, %v", able, err)
	}
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "jail"}, Size: 1})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }() // nobody came
	_, err = p.Probe(t.Context(), []byte("II*\x00"+listener.Addr().String()), ReadOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), "worked: write-own") {
		t.Errorf("got %v", err)
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
