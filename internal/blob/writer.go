package blob

import (
	"context"
	"errors"
	"hash"
	"os"
	"path/filepath"
)

// Writer takes the sealed bytes of one blob. One goroutine uses it.
type Writer struct {
	ctx   context.Context //nolint:containedctx // the life of one upload, as in http.Request
	store *FS
	file  *os.File // nil after Commit or Abort
	hash  hash.Hash
	size  int64
	err   error // the first failure; a blob with a hole must not be committed
}

// Write appends to the blob. A full disk is [ErrNoSpace].
func (w *Writer) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, ErrClosed
	}
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.file.Write(p)
	w.hash.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		w.err = classify("write blob", err)
	}
	return n, w.err
}

// Commit brings the blob safely to disk and returns its name, the SHA-256 of the bytes in hexadecimal, and
// their number. Only with a nil error may anyone be told that the bytes are kept. With an error the
// temporary file is gone; a blob whose folder could not be synced may be left, for the sweep to find.
// The same bytes again are one blob.
func (w *Writer) Commit() (name string, size int64, err error) {
	if w.file == nil {
		return "", 0, ErrClosed
	}
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		return "", 0, errors.Join(w.err, w.Abort())
	}
	// A failed sync is never tried again: the kernel may have dropped the pages and report success then.
	if err := w.file.Sync(); err != nil {
		return "", 0, errors.Join(classify("sync blob", err), w.Abort())
	}
	name = encodeName(w.hash.Sum(nil))
	temp := w.file.Name()
	if err := os.Rename(temp, filepath.Join(w.store.dir, name[:2], name)); err != nil {
		return "", 0, errors.Join(classify("place blob", err), w.Abort())
	}
	err = errors.Join(w.file.Close(), w.store.shard(name).Sync())
	w.file = nil
	if err != nil {
		return "", 0, classify("sync blob folder", err)
	}
	return name, w.size, nil
}

// Abort gives the blob up and removes its temporary file. After Commit or Abort it does nothing.
func (w *Writer) Abort() error {
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
