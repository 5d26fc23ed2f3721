package sandbox

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

const (
	// truncatedFiles of the corpora are cut off at places each.
	truncatedFiles, places = 20, 64
	// mutations of the plain run; make soak makes soakMutations. Of both and of
	// the truncations, every readEvery-th on average is not only looked at, as
	// the door does, but also read and drawn, as the screening does.
	mutations, soakMutations = 500, 10_000
	readEvery                = 8
	// largestBase keeps the plain run short: it bounds what is damaged, in bytes.
	largestBase = 160 << 10
	// heapSlack is how much the server's memory may vary, in bytes.
	heapSlack = 8 << 20
	// startSlack is what starting a child may take beside reading.
	startSlack = 10 * time.Second
)

// hostileCase is a damaged document; what says how it came about.
type hostileCase struct {
	what string
	data func() []byte
	read bool // also draw it
}

// TestHostileTruncated proves that files cut off anywhere harm nothing.
//
// proves C8
func TestHostileTruncated(t *testing.T) {
	files := hostileFiles(t)
	if len(files) < truncatedFiles { // without the corpora
		t.Skip("the corpora are not here")
	}
	random := rand.New(rand.NewPCG(seedOf(t), 0))
	var cases []hostileCase
	for i := range truncatedFiles {
		f := files[i*len(files)/truncatedFiles]
		for n := range places {
			length := len(f.data) * n / places
			cases = append(cases, hostileCase{
				what: fmt.Sprintf("%s cut at %d", f.name, length),
				data: func() []byte { return f.data[:length] },
				read: random.IntN(readEvery) == 0,
			})
		}
	}
	besiege(t, cases)
}

// TestHostileMutated proves that files damaged at random harm nothing. Without
// the corpora, those made here are damaged.
//
// proves C8
func TestHostileMutated(t *testing.T) { besiegeMutated(t, mutations) }

func besiegeMutated(t *testing.T, n int) {
	t.Helper()
	files, seed := hostileFiles(t), seedOf(t)
	var cases []hostileCase
	for i := range uint64(n) {
		random := rand.New(rand.NewPCG(seed, i))
		base, donor := files[random.IntN(len(files))], files[random.IntN(len(files))]
		_, how := mutate(base.data, donor.data, seed, i)
		cases = append(cases, hostileCase{
			what: fmt.Sprintf("mutation %d of %s with %s: %s", i, base.name, donor.name, how),
			data: func() []byte { data, _ := mutate(base.data, donor.data, seed, i); return data },
			read: random.IntN(readEvery) == 0,
		})
	}
	besiege(t, cases)
}

// seedOf returns the seed of the environment, so that a trial can be repeated,
// else a new one, and prints it.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("DISPOSITIVO_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("DISPOSITIVO_SEED: %v", err)
		}
	}
	t.Logf("to repeat: DISPOSITIVO_SEED=%d", seed)
	return seed
}

type hostileFile struct {
	name string
	data []byte
}

// hostileFiles are what is damaged: files made here, and the PDF and TIFF files
// of the corpora that are not too large.
func hostileFiles(t *testing.T) []hostileFile {
	t.Helper()
	var files []hostileFile
	made := generated()
	for _, name := range slices.Sorted(maps.Keys(made)) {
		files = append(files, hostileFile{name, made[name]})
	}
	if _, err := os.Stat(corporaDir); err != nil && os.Getenv("CI") != "true" {
		return files
	}
	for _, f := range corpora(t) {
		data, err := os.ReadFile(filepath.Join(corporaDir, f.name))
		if err != nil {
			t.Fatal(err)
		}
		if format := Sniff(data); (format == FormatPDF || format == FormatTIFF) && len(data) <= largestBase {
			files = append(files, hostileFile{f.name, data})
		}
	}
	return files
}

// besieger reads hostile documents by one child of each kind, and good ones
// between them.
type besieger struct {
	pool *Pool
	good []byte

	tally     map[string]int
	peak      int64         // of the memory of any child, in bytes
	slowest   time.Duration // and what it was
	slowestIs string
}

// besiege reads all cases, on as many pools as there are processors.
func besiege(t *testing.T, cases []hostileCase) {
	t.Helper()
	begin := clock.System().Now()
	work := make(chan hostileCase)
	besiegers := make([]*besieger, runtime.GOMAXPROCS(0))
	for i := range besiegers {
		b := &besieger{pool: newPool(t, Config{Size: 1, CacheDir: engineCache(t)}), good: generated()["made/g3.tif"], tally: map[string]int{}}
		if err := b.pool.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		besiegers[i] = b
	}
	besiegers[0].face(t, cases[0])
	before, filesBefore := heap(), openFiles(t)
	var wg sync.WaitGroup
	for _, b := range besiegers {
		wg.Go(func() {
			for c := range work {
				b.face(t, c)
			}
		})
	}
	for _, c := range cases {
		work <- c
	}
	close(work)
	wg.Wait()
	if after := heap(); after > before+heapSlack {
		t.Errorf("the server's memory grew from %d to %d KiB", before>>10, after>>10)
	}
	if after := openFiles(t); after > filesBefore {
		t.Errorf("the server's open files grew from %d to %d", filesBefore, after)
	}
	report(t, besiegers, clock.System().Now().Sub(begin))
}

// report sums up, and holds the memory of all children that ever were, killed
// ones too, against the limit.
func report(t *testing.T, besiegers []*besieger, took time.Duration) {
	t.Helper()
	tally, peak := map[string]int{}, int64(0)
	for _, b := range besiegers {
		for key, n := range b.tally {
			tally[key] += n
		}
		peak = max(peak, b.peak)
		t.Logf("slowest %v: %s", b.slowest.Round(time.Millisecond), b.slowestIs)
		b.pool.Close()
	}
	var ended syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ended); err != nil {
		t.Fatal(err)
	}
	limit := DefaultLimits().Memory
	t.Logf("%v in %v; peak of children %d MiB, of ended ones %d MiB", tally, took.Round(time.Second), peak>>20, ended.Maxrss>>10)
	// The watchdog looks every 50 ms: a child may pass the limit by what it can
	// take meanwhile.
	if most := max(peak, ended.Maxrss<<10); most > limit+limit/4 {
		t.Errorf("a child took %d of %d MiB", most>>20, limit>>20)
	}
}

// face has one case looked at and perhaps read, and then a good document by the
// same children.
func (b *besieger) face(t *testing.T, c hostileCase) {
	data := c.data()
	b.judge(t, c.what, func() (Reading, error) {
		r, err := b.pool.Probe(t.Context(), data, ReadOptions{})
		return Reading{Report: r}, err
	})
	good, err := b.pool.Probe(t.Context(), b.good, ReadOptions{})
	b.mustBeGood(t, c.what, good, err)
	if !c.read {
		return
	}
	b.judge(t, "read: "+c.what, func() (Reading, error) { return b.pool.Read(t.Context(), data, ReadOptions{}) })
	reading, err := b.pool.Read(t.Context(), b.good, ReadOptions{})
	b.mustBeGood(t, c.what, reading.Report, err)
	if len(reading.Pages) != 1 {
		t.Errorf("%s: then a good document has %d pages", c.what, len(reading.Pages))
	}
}

func (b *besieger) mustBeGood(t *testing.T, what string, r Report, err error) {
	if err != nil || r.Verdict != dossier.Accepted {
		t.Errorf("%s: then a good document: %s %s, %v", what, r.Verdict, r.Message, err)
	}
}

// judge checks what came of one document, whatever it was: a verdict with a
// reason, whole pictures, within the time and the memory.
func (b *besieger) judge(t *testing.T, what string, read func() (Reading, error)) {
	begin := clock.System().Now()
	reading, err := read()
	took := clock.System().Now().Sub(begin)
	r, limits := reading.Report, DefaultLimits()
	bound := limits.wallFor(limits.timeFor(max(len(r.Pages), 1)))
	gaveUp, ok := GaveUp(err)
	switch {
	case ok:
		bound = limits.Longest
		b.tally["gave up: "+string(gaveUp.Why)]++
		if gaveUp.Why != WhyTime && gaveUp.Why != WhyMemory {
			t.Errorf("%s: the child broke: %v", what, gaveUp)
		}
	case err != nil:
		t.Errorf("%s: %v", what, err)
		return
	}
	if took > bound+startSlack {
		t.Errorf("%s: took %v of %v", what, took, bound)
	}
	if took > b.slowest {
		b.slowest, b.slowestIs = took, what
	}
	b.tally[string(r.Verdict)]++
	if !slices.Contains([]dossier.Verdict{dossier.Accepted, dossier.Rejected, dossier.Quarantined}, r.Verdict) {
		t.Errorf("%s: verdict %q", what, r.Verdict)
	}
	checkReading(t, what, reading)
	b.peak = max(b.peak, b.pool.peakMemory())
}

// peakMemory is the most memory any living child has held, in bytes.
func (p *Pool) peakMemory() (peak int64) {
	p.starts.mu.Lock()
	defer p.starts.mu.Unlock()
	for c := range p.starts.alive {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid)) // missing: it is gone
		_, after, _ := strings.Cut(string(status), "VmHWM:")
		var kib int64
		_, _ = fmt.Sscan(after, &kib) // nothing to read: it is gone
		peak = max(peak, kib<<10)
	}
	return peak
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// TestMutateRepeats proves that a seed is enough to repeat a mutation, and that
// mutations differ.
func TestMutateRepeats(t *testing.T) {
	t.Parallel()
	files := generated()
	same := 0
	for n := range uint64(200) {
		for name, data := range files {
			original := bytes.Clone(data)
			a, how := mutate(data, files["made/text.pdf"], 7, n)
			again, _ := mutate(data, files["made/text.pdf"], 7, n)
			if !bytes.Equal(a, again) || how == "" {
				t.Fatalf("%s %d: two results of %s", name, n, how)
			}
			if !bytes.Equal(data, original) {
				t.Fatalf("%s %d: the original was changed by %s", name, n, how)
			}
			if bytes.Equal(a, data) {
				same++
			}
		}
	}
	if same > 50 {
		t.Errorf("%d of 1000 mutations change nothing", same)
	}
}
