package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// Config says how a Pool works. Only Exe and Args have no default.
type Config struct {
	// Exe is the binary to start as a child, usually os.Executable's, and Args
	// what makes it one: the hidden command whose main is ChildMain.
	Exe  string
	Args []string
	// Size is how many documents are read at once, 2 by default. As many
	// children again answer Probe, so that the door never waits for a reading.
	Size int
	// CacheDir keeps the compiled engine (private to this user; 18 MB). Empty
	// means that each child compiles for itself, 1.5 s.
	CacheDir string
	Limits   Limits
	// Logger receives what went wrong, without a byte of any document; nil
	// means none.
	Logger *slog.Logger
	// Recycle is how many documents a child reads before it is replaced, 64 by
	// default.
	Recycle int
	// Clock measures how long things took; nil means the system's.
	Clock clock.Clock

	// folders is where children get their private folders: tests look into it.
	folders string
}

// Pool hands documents to children. Its methods may be called from any
// goroutine; when all children are busy they wait until ctx ends.
type Pool struct {
	cfg    Config
	door   *lane // Probe
	desk   *lane // Read, Compose
	starts *starter

	// compile fills CacheDir once; compiled says that it was tried.
	compile  sync.Mutex
	compiled bool

	closing sync.Once
}

// ReadOptions say how a document is to be read.
type ReadOptions struct {
	// TolerateActive turns pdf.active_content and pdf.embedded_file from block
	// into warn: an operator decided to go on.
	TolerateActive bool `json:"tolerate_active"`
	// MaxBytes replaces Limits.Bytes when positive.
	MaxBytes int64 `json:"max_bytes"`
	// Native renders pages at the size they are stored, with square pixels, as
	// PNG, and without thumbs: for inspect --render.
	Native bool `json:"native"`
	// On is the day of receipt, by which the centuries of dates on documents are
	// chosen; zero means today.
	On time.Time `json:"on"`
}

// New returns a Pool. Children start when first needed; see Warm.
func New(cfg Config) *Pool {
	fill(&cfg.Size, 2)
	fill(&cfg.Recycle, 64)
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	if cfg.folders == "" {
		cfg.folders = os.TempDir()
	}
	sweepFolders(cfg.folders)
	return &Pool{
		cfg:    cfg,
		door:   newLane(cfg.Size),
		desk:   newLane(cfg.Size),
		starts: newStarter(cfg),
	}
}

// Warm starts the children and compiles PDFium, so that the first document does
// not wait for it. It blocks until they are ready or ctx ends; call it in a
// goroutine of its own. The error is only worth a log line: the pool starts
// whatever is missing when it is needed.
func (p *Pool) Warm(ctx context.Context) error {
	p.fillCache(ctx)
	var wg sync.WaitGroup
	failed := make([]error, 2*p.cfg.Size)
	for i := range failed {
		l, engines := p.door, opOpen
		if i%2 == 0 {
			l, engines = p.desk, opWarm
		}
		wg.Go(func() {
			failed[i] = p.use(ctx, l, false, func(c *child) error { return c.warm(ctx, engines) })
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

// Probe looks at the structure of a document without drawing it: type by
// content, size, encryption, pages and their sizes, active content. The caller
// bounds it by ctx. The error is a *GaveUpError, ErrClosed, ctx's, or that no
// child could be started.
func (p *Pool) Probe(ctx context.Context, data []byte, opts ReadOptions) (Report, error) {
	return p.read(ctx, p.door, opProbe, data, opts, nil)
}

// Read reads a document and draws its pages. With a *GaveUpError the Reading
// holds the pages drawn until then, and a report with finding machine.gave_up.
// Other errors are as for Probe.
func (p *Pool) Read(ctx context.Context, data []byte, opts ReadOptions) (Reading, error) {
	var pages []Rendered
	report, err := p.ReadEach(ctx, data, opts, func(page Rendered) error {
		pages = append(pages, page)
		return nil
	})
	return Reading{Report: report, Pages: pages}, err
}

// ReadEach is Read for a caller who takes one page at a time; an error of each
// ends the reading and is returned.
func (p *Pool) ReadEach(ctx context.Context, data []byte, opts ReadOptions, each func(Rendered) error) (Report, error) {
	return p.read(ctx, p.desk, opRead, data, opts, each)
}

// read has one document read by a child of l. A child that had read others
// before may have broken because of them: then a fresh one tries once more.
func (p *Pool) read(
	ctx context.Context, l *lane, op operation, data []byte, opts ReadOptions, each func(Rendered) error,
) (Report, error) {
	begin := p.cfg.Clock.Now()
	if each == nil {
		each = func(Rendered) error { return nil }
	}
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = p.cfg.Limits.Bytes
	}
	if report, done := refuseBySize(data, opts.MaxBytes); done {
		return p.complete(report, data, begin), nil
	}
	if opts.On.IsZero() {
		opts.On = begin
	}
	p.fillCache(ctx)
	pages := 0
	count := func(page Rendered) error {
		pages++
		return each(page)
	}
	var report Report
	attempt := func(c *child) (err error) {
		report, err = c.read(ctx, op, data, opts, count)
		return err
	}
	err := p.use(ctx, l, false, attempt)
	if worn(err) && pages == 0 {
		err = p.use(ctx, l, true, attempt)
	}
	gaveUp, ok := GaveUp(err)
	if err != nil && !ok {
		return Report{}, err
	}
	if ok {
		report.Format = Sniff(data)
		report.Findings = append(report.Findings, gaveUp.Finding())
		p.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "sandbox gave up on a document",
			slog.String("why", string(gaveUp.Why)), slog.Any("error", gaveUp.Err), slog.Int("bytes", len(data)))
	}
	return p.complete(report, data, begin), err
}

// complete adds what the parent measures itself, and judges.
func (p *Pool) complete(report Report, data []byte, begin time.Time) Report {
	sum := sha256.Sum256(data)
	report.Bytes, report.SHA256 = int64(len(data)), hex.EncodeToString(sum[:])
	report.MS = p.cfg.Clock.Now().Sub(begin).Milliseconds()
	return report.Judged()
}

// refuseBySize judges what needs no child.
func refuseBySize(data []byte, limit int64) (Report, bool) {
	finding := dossier.Finding{Severity: dossier.SeverityBlock}
	switch {
	case len(data) == 0:
		finding.Code = dossier.FileEmpty
	case int64(len(data)) > limit:
		finding.Code, finding.Detail = dossier.FileTooLarge, fmt.Sprintf("%d of %d bytes", len(data), limit)
	default:
		return Report{}, false
	}
	return Report{Format: Sniff(data), Findings: []dossier.Finding{finding}}, true
}

// wornError marks a failure of a child that had served before.
type wornError struct{ err error }

func (e *wornError) Error() string { return e.err.Error() }
func (e *wornError) Unwrap() error { return e.err }

func worn(err error) bool {
	_, ok := errors.AsType[*wornError](err)
	return ok
}

// use lends a child of l, on demand a fresh one, to f and decides what becomes
// of it: an error of f ends it, whatever state it may be in.
func (p *Pool) use(ctx context.Context, l *lane, fresh bool, f func(*child) error) error {
	c, err := l.acquire(ctx)
	if err != nil {
		return err
	}
	if fresh && c != nil {
		c.end()
		c = nil
	}
	if c == nil {
		if c, err = p.starts.start(ctx, false); err != nil {
			l.release(nil)
			return err
		}
	}
	served := c.served
	err = f(c)
	c.served++
	if err != nil || c.served >= p.cfg.Recycle || c.swollen() {
		c.end()
		c = nil
	}
	l.release(c)
	if gaveUp, ok := GaveUp(err); ok && served > 0 && gaveUp.Why != WhyTime {
		return &wornError{err}
	}
	return err
}

// fillCache compiles the engine in a child that never reads a document and may
// therefore write to the cache; all later ones only read there.
func (p *Pool) fillCache(ctx context.Context) {
	if p.cfg.CacheDir == "" {
		return
	}
	p.compile.Lock()
	defer p.compile.Unlock()
	if p.compiled {
		return
	}
	c, err := p.starts.start(ctx, true)
	if err == nil {
		err = c.warm(ctx, opWarm)
		c.end()
	}
	if err != nil {
		if ctx.Err() == nil {
			p.compiled = true // each child will compile for itself
		}
		p.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "sandbox could not fill the engine cache", slog.Any("error", err))
		return
	}
	p.compiled = true
}

// Close ends all children, also busy ones, and waits for them. Calls under way
// return ErrClosed. Closing twice is the same as closing once.
func (p *Pool) Close() {
	p.closing.Do(func() {
		p.door.close()
		p.desk.close()
		p.starts.close()
		p.door.drain()
		p.desk.drain()
	})
}
