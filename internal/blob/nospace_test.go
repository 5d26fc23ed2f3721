package blob

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A full disk is told apart, and a writer that met it never commits. /dev/full is a disk that is always full.
func TestFullDisk(t *testing.T) {
	link := filepath.Join(t.TempDir(), "blob-1") // a link, since Abort removes what the writer has written to
	if err := os.Symlink("/dev/full", link); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(link, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &Writer{ctx: t.Context(), file: f, hash: sha256.New()}
	if _, err := w.Write([]byte("a")); !errors.Is(err, ErrNoSpace) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Write: %v", err)
	}
	if _, _, err := w.Commit(); !errors.Is(err, ErrNoSpace) {
		t.Errorf("Commit: %v", err)
	}
	if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary file stayed: %v", err)
	}
	if err := classify("sync", syscall.EDQUOT); !errors.Is(err, ErrNoSpace) {
		t.Errorf("quota: %v", err)
	}
}
