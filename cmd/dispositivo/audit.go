package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Prove that no entry of the log was changed, removed, reordered, put in or cut off."`
}

type auditVerifyCmd struct {
	storage    `embed:""`
	Demo       bool     `help:"The store is a demonstration."`
	Checkpoint []string `help:"File of checkpoints kept elsewhere, such as a copy of the audit file; may be given several times." type:"existingfile"`
}

// Run implements the command: 0 when the log is whole, else it names the first
// entry that does not fit and exits 1.
func (c *auditVerifyCmd) Run(env *environment) error {
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), c.Demo)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // only read
	var sources []audit.Source
	files := c.Checkpoint
	if _, err := os.Stat(c.auditFile()); err == nil {
		files = append(files, c.auditFile())
	} else if len(files) == 0 {
		fmt.Fprintf(env.stdout, "note: no file of checkpoints at %s; an end cut off together with the checkpoints in the database cannot be found\n", c.auditFile())
	}
	for _, path := range files {
		source, closeFile, err := openCheckpoints(path)
		if err != nil {
			return err
		}
		defer closeFile()
		sources = append(sources, source)
	}
	proof, err := audit.Prove(env.ctx, h.store, sources...)
	if broken, ok := errors.AsType[*audit.BrokenError](err); ok {
		fmt.Fprintln(env.stdout, broken)
		return exitError(exitFailed)
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	fmt.Fprintf(env.stdout, "whole: %d entries, a checkpoint vouches for %d of them; %d wait to be sealed\n", proof.Entries, proof.Held, proof.Unsealed)
	return nil
}

// openCheckpoints reads a file as it is now: what a server appends meanwhile
// speaks of entries that a reader does not see.
func openCheckpoints(path string) (source audit.Source, closeFile func(), err error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, nil, fmt.Errorf("open checkpoints: %w", err)
	}
	closeFile = func() { _ = f.Close() } // only read
	info, err := f.Stat()
	if err != nil {
		closeFile()
		return nil, nil, fmt.Errorf("open checkpoints: %w", err)
	}
	return audit.Lines(io.LimitReader(f, info.Size())), closeFile, nil
}

// auditFile is where checkpoints go besides the database.
func (s storage) auditFile() string {
	if s.AuditFile != "" {
		return s.AuditFile
	}
	return filepath.Join(s.Data, "audit-checkpoints.jsonl")
}

// sealBatch is how many audit rows one transaction seals.
const sealBatch = 500

// sealAudit seals until nothing is left.
func (h *house) sealAudit(ctx context.Context) error {
	for {
		done, err := h.store.SealAudit(ctx, sealBatch)
		if err != nil {
			return err
		}
		if done.Refused > 0 {
			h.logger.LogAttrs(ctx, slog.LevelError, "rows of the log were not written by this program; run: dispositivo audit verify",
				slog.Int("count", done.Refused))
		}
		if done.Sealed+done.Refused < sealBatch {
			return nil
		}
	}
}

// vouch signs where the chain stands, in the database and in the file.
func (h *house) vouch(ctx context.Context) error {
	c, err := h.store.Checkpoint(ctx)
	if err != nil || c.Seq == 0 {
		return err
	}
	return h.vouched.add(c)
}

// lastWord seals and vouches for what the process wrote before it ended, so that
// no end is left that could be cut off unseen.
func (h *house) lastWord(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := errors.Join(h.sealAudit(ctx), h.vouch(ctx)); err != nil {
		h.logger.LogAttrs(ctx, slog.LevelWarn, "the log was not sealed to its end; the next start does it", slog.String("error", err.Error()))
	}
}

// checkpointFile is a file of checkpoints that grows at its end.
type checkpointFile struct {
	path string
	mu   sync.Mutex
	last int64 // the entry that this process last vouched for
}

// add appends a checkpoint that says more than the last one, and syncs it.
func (f *checkpointFile) add(c audit.Checkpoint) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.Seq <= f.last {
		return nil
	}
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open checkpoints: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := endLine(file); err != nil {
		return err
	}
	if err := c.Append(file); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync checkpoints: %w", err)
	}
	f.last = c.Seq
	return nil
}

// endLine ends a line that a power cut left unfinished, by taking it away: the
// next one would become part of it.
func endLine(file *os.File) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	for end := size; ; end-- {
		var b [1]byte
		if end > 0 {
			if _, err := file.ReadAt(b[:], end-1); err != nil {
				return fmt.Errorf("read checkpoints: %w", err)
			}
		}
		if end > 0 && b[0] != '\n' {
			continue
		}
		if end == size {
			return nil
		}
		if err := file.Truncate(end); err != nil {
			return fmt.Errorf("mend checkpoints: %w", err)
		}
		return nil
	}
}
