package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"dispositivo/dossier"
)

// answerLater writes NAME.receipt.pdf beside each file whose answer is ready.
func (s *Spool) answerLater(ctx context.Context) error {
	if s.cfg.Later == nil {
		return nil
	}
	notes, err := os.ReadDir(filepath.Join(s.cfg.Dir, notesDir))
	if err != nil {
		return fmt.Errorf("look for answers: %w", nameless(err))
	}
	var errs []error
	for _, n := range notes {
		if ctx.Err() == nil {
			errs = append(errs, s.answer(ctx, n.Name()))
		}
	}
	return errors.Join(errs...)
}

// answer writes one answer, if it is ready.
func (s *Spool) answer(ctx context.Context, name string) error {
	path := filepath.Join(s.cfg.Dir, notesDir, name)
	note, err := os.ReadFile(path) //nolint:gosec // a name of the spool's own folder
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(note) == 0 {
		return nil // another process was faster, or is about to write it
	}
	if err != nil {
		return fmt.Errorf("read note of answer: %w", nameless(err))
	}
	page, err := s.cfg.Later(ctx, note)
	if err != nil && !dossier.Temporary(err) {
		s.log(ctx, slog.LevelWarn, "no answer page", err)
		return drop(path)
	}
	if err != nil || page == nil {
		return err
	}
	// Whoever watches the folder never sees half a page.
	done := filepath.Join(s.cfg.Dir, doneDir)
	draft := filepath.Join(done, "."+name+".receipt")
	if err := os.WriteFile(draft, page, 0o600); err != nil {
		return fmt.Errorf("write answer page: %w", nameless(err))
	}
	if err := os.Rename(draft, filepath.Join(done, name+".receipt.pdf")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write answer page: %w", nameless(err))
	}
	return drop(path)
}

// drop removes a note that another process may have removed already.
func drop(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop note of answer: %w", nameless(err))
	}
	return nil
}
