package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// staleAfter is the age at which a temporary file belongs to a process that died: no upload takes so long.
const staleAfter = time.Hour

// tempDir holds the files that are being written. It lies beside the shards, because a rename keeps its
// promise only within one file system.
const tempDir = "tmp"

// FS stores blobs in a folder as ab/abcd…, below 256 folders that exist from the start: so a commit
// costs one sync of the file, one rename and one sync of one folder, and never has to sync a new folder
// into its parents. Ten million blobs are 40,000 a folder, which every current file system indexes. It is
// safe for concurrent use, by several processes too.
type FS struct {
	dir    string
	shards [256]*os.File // kept open: they are synced at every commit
}

// Open opens the store in dir and makes it if need be, folders mode 0700. It removes temporary files older
// than an hour. Close it after use.
func Open(dir string) (*FS, error) {
	s := &FS{dir: dir}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open blob store: %w", err), s.Close())
	}
	return s, nil
}

func (s *FS) open() error {
	if err := os.MkdirAll(filepath.Join(s.dir, tempDir), 0o700); err != nil {
		return err
	}
	for i := range s.shards {
		path := filepath.Join(s.dir, fmt.Sprintf("%02x", i))
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		shard, err := os.Open(path) //nolint:gosec // a folder of our own
		if err != nil {
			return err
		}
		s.shards[i] = shard
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(filepath.Clean(s.dir))); err != nil {
		return err
	}
	return s.removeStale()
}

// Close frees the folders held open. Writers and readers in use are not affected, but can no longer commit.
func (s *FS) Close() error {
	var errs []error
	for _, shard := range s.shards {
		if shard != nil {
			errs = append(errs, shard.Close())
		}
	}
	return errors.Join(errs...)
}

// removeStale takes the time from a file made for it: the clock of a network file system may not be ours.
// The file proves besides that the store can be written to.
func (s *FS) removeStale() error {
	probe, err := os.CreateTemp(filepath.Join(s.dir, tempDir), "probe-")
	if err != nil {
		return err
	}
	info, err := probe.Stat()
	if err := errors.Join(err, probe.Close(), os.Remove(probe.Name())); err != nil {
		return err
	}
	limit := info.ModTime().Add(-staleAfter)
	entries, err := os.ReadDir(filepath.Join(s.dir, tempDir))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // committed or removed by another process meanwhile
		}
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() && info.ModTime().Before(limit) {
			if err := os.Remove(filepath.Join(s.dir, tempDir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Create begins a blob. The caller ends it with Commit or Abort; Abort after Commit does nothing, so it
// can be deferred. When ctx ends, writing and Commit fail.
func (s *FS) Create(ctx context.Context) (*Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, tempDir), "blob-")
	if err != nil {
		return nil, classify("create blob", err)
	}
	return &Writer{ctx: ctx, store: s, file: f, hash: sha256.New()}, nil
}

// Open opens a blob for reading. The reader does not check the hash: the seal of the bytes does.
func (s *FS) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	path, err := s.path(ctx, name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path) //nolint:gosec // path has checked the name: hexadecimal digits
	if err != nil {
		return nil, classify("open blob", err)
	}
	return f, nil
}

// Remove erases a blob, for good once it returns nil: the folder is synced. Removing what is not there is
// [ErrNotExist].
func (s *FS) Remove(ctx context.Context, name string) error {
	path, err := s.path(ctx, name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return classify("remove blob", err)
	}
	if err := s.shard(name).Sync(); err != nil {
		return classify("sync blob folder", err)
	}
	return nil
}

// Walk shows every committed blob once, in the order of names; one that comes or goes meanwhile may or may
// not be shown. fn gets the name, the number of sealed bytes, and the time the last one was written, by the
// clock of the file system. An error of fn ends the walk and is returned as it is. fn may remove the blob.
func (s *FS) Walk(ctx context.Context, fn func(name string, size int64, modTime time.Time) error) error {
	for i := range s.shards {
		entries, err := os.ReadDir(filepath.Join(s.dir, fmt.Sprintf("%02x", i)))
		if err != nil {
			return classify("walk blobs", err)
		}
		for _, entry := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return classify("walk blobs", err)
			}
			if checkName(entry.Name()) != nil || !info.Mode().IsRegular() {
				continue // nothing of ours
			}
			if err := fn(entry.Name(), info.Size(), info.ModTime()); err != nil {
				return err
			}
		}
	}
	return nil
}

// path is where the blob of this name lies.
func (s *FS) path(ctx context.Context, name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, name[:2], name), ctx.Err()
}

// shard is the open folder of a valid name.
func (s *FS) shard(name string) *os.File {
	digit := func(c byte) int { return strings.IndexByte("0123456789abcdef", c) }
	return s.shards[digit(name[0])<<4|digit(name[1])]
}

func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // a folder of our own
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
