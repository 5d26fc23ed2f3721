package blob_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dispositivo/internal/blob"
	"dispositivo/internal/blob/blobtest"
)

func openFS(t testing.TB, dir string) *blob.FS {
	t.Helper()
	s, err := blob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestFS(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Store { return openFS(t, filepath.Join(t.TempDir(), "blobs")) })
}

func TestReopenKeepsBlobsAndRemovesStaleFiles(t *testing.T) {
	dir := t.TempDir()
	s := openFS(t, dir)
	name := blobtest.Put(t, s, []byte("kept"))
	old, fresh := filepath.Join(dir, "tmp", "blob-old"), filepath.Join(dir, "tmp", "blob-fresh")
	for _, path := range []string{old, fresh} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(fresh)
	if err != nil {
		t.Fatal(err)
	}
	past := info.ModTime().Add(-61 * time.Minute)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}

	again := openFS(t, dir)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of a dead process stayed: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("the file of a living process is gone: %v", err)
	}
	r, err := again.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNothingStaysInTemp(t *testing.T) {
	dir := t.TempDir()
	s := openFS(t, dir)
	blobtest.Put(t, s, []byte("a"))
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(entries) != 0 {
		t.Errorf("%d temporary files, %v", len(entries), err)
	}
}

func TestOnlyTheOwnerReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	name := blobtest.Put(t, openFS(t, dir), []byte("a"))
	for path, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Join(dir, name[:2]): 0o700, filepath.Join(dir, name[:2], name): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("mode of %s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestOpenWhereNoFolderCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Open(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}
