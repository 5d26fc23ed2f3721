// Package spool watches folders in which machines leave files: fax gateways and the
// scanners of offices.
//
// It keeps one promise: a file is moved away only after what takes it has it safe, and
// nothing is ever deleted or overwritten. It looks into no file, must not know what
// they are for, and must not log their names, which may be those of people.
package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// DefaultSettle is how long a file without sidecar must not change before it
// counts as complete.
const DefaultSettle = 10 * time.Second

// The folders beside the files. What was taken is in done, what can never be taken
// (empty, or over the limit) in corrupt.
const (
	doneDir    = "done"
	corruptDir = "corrupt"
	// notesDir holds the notes of Later, each under the name of its file in done.
	notesDir = ".answers"
)

// Item is one complete file.
type Item struct {
	// Name is that in the folder.
	Name string
	Data []byte
	// Sidecar is what was said of it in NAME.tif.json or NAME.json; nil: nothing, or
	// nothing that could be read.
	Sidecar []byte
}

// Config holds the settings of a Spool.
type Config struct {
	// What the files are, such as "fax", for the log.
	What   string
	Dir    string
	Clock  clock.Clock
	Logger *slog.Logger
	// MaxBytes is the largest file that is taken. Take is given the beginning of a larger
	// one, a byte more than MaxBytes, and must refuse it.
	MaxBytes int64
	Settle   time.Duration // 0: DefaultSettle
	// Take has the file safe when it returns without an error; answer is then left
	// beside it as NAME.receipt.pdf, nil for none. A dossier.Error that is not temporary
	// says that it will never be taken; after any other it is tried again. It may be
	// called again for a file that it has taken: the process may be killed before the
	// file is moved.
	Take func(ctx context.Context, item Item) (answer []byte, err error)
	// Later makes an answer that takes a while: what Take returns is kept as a note
	// then, and Later is asked with it at every look, by any process, until it returns
	// a page; nil means not yet. A dossier.Error that is not temporary gives it up.
	// Nil: what Take returns is the answer.
	Later func(ctx context.Context, note []byte) (answer []byte, err error)
}

// Spool takes in the files of a folder: NAME.tif, NAME.tiff and NAME.pdf. A file
// is complete when a sidecar lies beside it, which is written last, or when it has not
// changed for a while. The sidecar of NAME.tif is its own NAME.tif.json, else NAME.json,
// which speaks for every NAME.* without one of its own; or the same with .done, empty. A
// name that begins with a dot is not looked at, so a writer may also rename at the end.
type Spool struct {
	cfg Config
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

// New makes the folders and returns the spool.
func New(cfg Config) (*Spool, error) {
	if cfg.Settle == 0 {
		cfg.Settle = DefaultSettle
	}
	for _, name := range []string{doneDir, corruptDir, notesDir} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, name), 0o700); err != nil {
			return nil, fmt.Errorf("make spool: %w", err)
		}
	}
	return &Spool{cfg: cfg, seen: map[string]look{}}, nil
}

// Look takes in every complete file once. One that could not be taken in stays
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
	found := pairs(names)
	for _, d := range found {
		if ctx.Err() == nil {
			errs = append(errs, s.take(ctx, d))
		}
	}
	return errors.Join(append(errs, s.answerLater(ctx))...)
}

// forget drops what is no longer in the folder.
func (s *Spool) forget(names []string) {
	for name := range s.seen {
		if !slices.Contains(names, name) {
			delete(s.seen, name)
		}
	}
}

func isDocument(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return !strings.HasPrefix(name, ".") && (ext == ".tif" || ext == ".tiff" || ext == ".pdf")
}

// document is a file and what says that it is complete.
type document struct {
	name string
	// sidecar is "" for none.
	sidecar string
	// waiting counts the documents not yet taken that have the same sidecar, this one too;
	// nil without one.
	waiting *int
}

// pairs finds the documents of a folder and the sidecar of each.
func pairs(names []string) []document {
	var all []document
	waiting := map[string]*int{}
	for _, name := range names {
		if !isDocument(name) {
			continue
		}
		d := document{name: name, sidecar: sidecarOf(name, names)}
		if d.sidecar != "" {
			if waiting[d.sidecar] == nil {
				waiting[d.sidecar] = new(int)
			}
			d.waiting = waiting[d.sidecar]
			*d.waiting++
		}
		all = append(all, d)
	}
	return all
}

// sidecarOf is the file that says another is complete, "" for none: NAME.tif.json,
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

// take hands over one file if it is complete, and moves it away after.
func (s *Spool) take(ctx context.Context, d document) error {
	path := filepath.Join(s.cfg.Dir, d.name)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", s.cfg.What, nameless(err))
	}
	if d.sidecar == "" && !s.settled(d.name, info) {
		return nil
	}
	data, err := s.read(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", s.cfg.What, nameless(err))
	}
	said, err := s.readSidecar(ctx, d.sidecar)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process is taking it: without its sidecar it would be another
	}
	answer, err := s.cfg.Take(ctx, Item{Name: d.name, Data: data, Sidecar: said})
	if err == nil && int64(len(data)) > s.cfg.MaxBytes {
		err = dossier.Problem(dossier.Code(dossier.FileTooLarge)) // it was not read to its end
	}
	if err != nil && !dossier.Temporary(err) {
		s.log(ctx, slog.LevelError, "the door cannot take it, set aside in corrupt", err)
		return s.move(corruptDir, d, nil)
	}
	if err != nil {
		return fmt.Errorf("take in %s: %w", s.cfg.What, err)
	}
	return s.move(doneDir, d, answer)
}

// read reads a file up to the limit and one byte on, so that Take can enter one that
// is too large into its ledger.
func (s *Spool) read(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // a name of the spool's own folder
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(f, s.cfg.MaxBytes+1))
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

// readSidecar reads what can be read: a file is not lost for its sidecar. The error is
// that there is none any more.
func (s *Spool) readSidecar(ctx context.Context, name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(s.cfg.Dir, name)) //nolint:gosec // likewise
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		defer f.Close() //nolint:errcheck // only read
		var data []byte
		data, err = io.ReadAll(io.LimitReader(f, MaxSidecar+1))
		switch {
		case strings.HasSuffix(name, ".done"):
			return nil, nil
		case err == nil && len(data) <= MaxSidecar:
			return data, nil
		}
	}
	s.log(ctx, slog.LevelWarn, "sidecar cannot be read", err)
	return nil, nil
}

func (s *Spool) log(ctx context.Context, level slog.Level, what string, err error) {
	attrs := []slog.Attr{slog.String("what", s.cfg.What+": "+what), slog.String("folder", s.cfg.Dir)}
	if err != nil {
		attrs = append(attrs, slog.String("error", nameless(err).Error()))
	}
	s.cfg.Logger.LogAttrs(ctx, level, "spool", attrs...)
}

// nameless is what went wrong with a file, without its name.
func nameless(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	if at, ok := errors.AsType[*os.LinkError](err); ok {
		return at.Err
	}
	return err
}

// move puts a file, its sidecar last, and the answer NAME.receipt.pdf, or the note of
// it, into a folder. A name that is taken there gets a number: nothing is overwritten. A
// sidecar that others wait with stays, and a copy goes along.
func (s *Spool) move(dir string, d document, answer []byte) error {
	to := filepath.Join(s.cfg.Dir, dir)
	as := free(to, d.name)
	if answer != nil {
		path := filepath.Join(to, as+".receipt.pdf")
		if s.cfg.Later != nil {
			path = filepath.Join(s.cfg.Dir, notesDir, as)
		}
		if err := os.WriteFile(path, answer, 0o600); err != nil {
			return fmt.Errorf("write answer page: %w", nameless(err))
		}
	}
	put := os.Rename
	errs := []error{put(filepath.Join(s.cfg.Dir, d.name), filepath.Join(to, as))}
	if d.sidecar != "" {
		if *d.waiting--; *d.waiting > 0 {
			put = copyFile
		}
		errs = append(errs, put(filepath.Join(s.cfg.Dir, d.sidecar), filepath.Join(to, as+filepath.Ext(d.sidecar))))
	}
	for _, err := range errs {
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process was faster
			return fmt.Errorf("move %s: %w", s.cfg.What, nameless(err))
		}
	}
	delete(s.seen, d.name)
	return nil
}

// copyFile copies a sidecar, whatever its size.
func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // a name of the spool's own folder
	if err != nil {
		return err
	}
	defer in.Close()                                                      //nolint:errcheck // only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
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
