package fax

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dispositivo/intake"
	"dispositivo/internal/clock"
)

// DefaultSettle is how long a file without sidecar must not change before it
// counts as complete.
const DefaultSettle = 10 * time.Second

// The folders beside the faxes. What the door took is in done, what it can never
// take (empty, or over its limit) in corrupt.
const (
	doneDir    = "done"
	corruptDir = "corrupt"
)

// SpoolConfig holds the settings of a Spool.
type SpoolConfig struct {
	Dir    string
	Door   Door
	Clock  clock.Clock
	Logger *slog.Logger
	Settle time.Duration // 0: DefaultSettle
	// Answer draws the page that a gateway sends back; nil: none.
	Answer func(intake.Receipt) ([]byte, error)
}

// Spool takes in the faxes of a folder: NAME.tif, NAME.tiff and NAME.pdf. A fax
// is complete when a sidecar lies beside it, NAME.json or an empty NAME.done,
// which is written last, or when it has not changed for a while. A name that
// begins with a dot is not looked at, so a writer may also rename at the end.
type Spool struct {
	cfg SpoolConfig
	// mu lets one look at a time happen.
	mu   sync.Mutex
	seen map[string]look
}

// look is a file as it was at an earlier look.
type look struct {
	size     int64
	modified time.Time
	since    time.Time
}

// NewSpool makes the folders and returns the spool.
func NewSpool(cfg SpoolConfig) (*Spool, error) {
	if cfg.Settle == 0 {
		cfg.Settle = DefaultSettle
	}
	for _, name := range []string{doneDir, corruptDir} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, name), 0o700); err != nil {
			return nil, fmt.Errorf("make spool: %w", err)
		}
	}
	return &Spool{cfg: cfg, seen: map[string]look{}}, nil
}

// Look takes in every complete fax once. One that could not be taken in stays
// where it is, for the next look; the error says so.
func (s *Spool) Look(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("look into spool: %w", err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	s.forget(names)
	var errs []error
	for _, name := range names {
		if !isFax(name) || ctx.Err() != nil {
			continue
		}
		if err := s.take(ctx, name, sidecarOf(name, names)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// forget drops what is no longer in the folder.
func (s *Spool) forget(names []string) {
	for name := range s.seen {
		if !slices.Contains(names, name) {
			delete(s.seen, name)
		}
	}
}

func isFax(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return !strings.HasPrefix(name, ".") && (ext == ".tif" || ext == ".tiff" || ext == ".pdf")
}

// sidecarOf is the file that says a fax is complete, "" for none: NAME.tif.json,
// NAME.json and the same with .done.
func sidecarOf(name string, names []string) string {
	base := strings.TrimSuffix(name, filepath.Ext(name))
	for _, candidate := range []string{name + ".json", base + ".json", name + ".done", base + ".done"} {
		if slices.Contains(names, candidate) {
			return candidate
		}
	}
	return ""
}

// take hands over one fax if it is complete, and moves it away after.
func (s *Spool) take(ctx context.Context, name, sidecar string) error {
	path := filepath.Join(s.cfg.Dir, name)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("look at fax: %w", err)
	}
	if sidecar == "" && !s.settled(name, info) {
		return nil
	}
	if info.Size() > intake.MaxOriginal {
		s.cfg.Logger.LogAttrs(ctx, slog.LevelError, "fax over the limit is set aside", slog.String("file", name))
		return s.move(corruptDir, name, sidecar, nil)
	}
	data, err := os.ReadFile(path) //nolint:gosec // a name of the spool's own folder
	if err != nil {
		return fmt.Errorf("read fax: %w", err)
	}
	said := s.readSidecar(ctx, sidecar)
	id := said.ID
	if id == "" {
		id = mark([]byte(name))
	}
	receipt, err := deliver(ctx, s.cfg.Door, "spool", Fax{
		ID: id + "/" + mark(data), From: said.From, Incomplete: said.Incomplete, Failed: said.Error != "", Data: data,
	})
	if refused(err) {
		s.cfg.Logger.LogAttrs(ctx, slog.LevelError, "fax that the door cannot take is set aside",
			slog.String("file", name), slog.String("error", err.Error()))
		return s.move(corruptDir, name, sidecar, nil)
	}
	if err != nil {
		return fmt.Errorf("take in fax: %w", err)
	}
	return s.move(doneDir, name, sidecar, s.answer(ctx, receipt))
}

// settled reports whether a file has been the same for long enough.
func (s *Spool) settled(name string, info fs.FileInfo) bool {
	now := s.cfg.Clock.Now()
	before, known := s.seen[name]
	if !known || before.size != info.Size() || !before.modified.Equal(info.ModTime()) {
		s.seen[name] = look{size: info.Size(), modified: info.ModTime(), since: now}
		return false
	}
	return now.Sub(before.since) >= s.cfg.Settle
}

// readSidecar reads what can be read: a fax is not lost for its sidecar.
func (s *Spool) readSidecar(ctx context.Context, name string) Sidecar {
	if !strings.HasSuffix(name, ".json") {
		return Sidecar{}
	}
	data, err := os.ReadFile(filepath.Join(s.cfg.Dir, name)) //nolint:gosec // likewise
	var said Sidecar
	if err == nil {
		said, err = ParseSidecar(data)
	}
	if err != nil {
		s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "fax without its sidecar, which cannot be read", slog.String("file", name))
	}
	return said
}

// answer draws the page for the gateway; a fax is not lost for it.
func (s *Spool) answer(ctx context.Context, r intake.Receipt) []byte {
	if s.cfg.Answer == nil || r.Protocol == "" {
		return nil
	}
	page, err := s.cfg.Answer(r)
	if err != nil {
		s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "no answer page", slog.String("error", err.Error()))
	}
	return page
}

// move puts a fax, its sidecar last, and the answer page NAME.receipt.pdf into a
// folder. A name that is taken there gets a number: nothing is overwritten.
func (s *Spool) move(dir, name, sidecar string, answer []byte) error {
	to := filepath.Join(s.cfg.Dir, dir)
	as := free(to, name)
	if answer != nil {
		if err := os.WriteFile(filepath.Join(to, as+".receipt.pdf"), answer, 0o600); err != nil {
			return fmt.Errorf("write answer page: %w", err)
		}
	}
	moves := [][2]string{{name, as}}
	if sidecar != "" {
		moves = append(moves, [2]string{sidecar, as + filepath.Ext(sidecar)})
	}
	for _, m := range moves {
		err := os.Rename(filepath.Join(s.cfg.Dir, m[0]), filepath.Join(to, m[1]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process was faster
			return fmt.Errorf("move fax: %w", err)
		}
	}
	delete(s.seen, name)
	return nil
}

// free is a name that nothing in the folder has.
func free(dir, name string) string {
	as := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(dir, as)); errors.Is(err, fs.ErrNotExist) {
			return as
		}
		ext := filepath.Ext(name)
		as = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
}
