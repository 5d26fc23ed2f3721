// Package blobtest is the contract of a blob store as a test suite. Every implementation runs it.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/internal/blob"
)

// Store is what the rest of the program asks of blobs.
type Store interface {
	Create(ctx context.Context) (*blob.Writer, error)
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	Remove(ctx context.Context, name string) error
	Walk(ctx context.Context, fn func(name string, size int64, modTime time.Time) error) error
}

// Run runs the suite; open returns a store that is empty at first.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(t *testing.T, s Store){
		"round trip":          testRoundTrip,
		"same bytes":          testSameBytes,
		"invisible until":     testInvisibleUntilCommit,
		"abort":               testAbort,
		"ended context":       testEndedContext,
		"use after the end":   testUseAfterEnd,
		"missing":             testMissing,
		"names":               testNames,
		"walk":                testWalk,
		"64 parallel writers": testParallel,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Put stores data and returns its name; it fails the test if that does not work.
func Put(t *testing.T, s Store, data []byte) string {
	t.Helper()
	name, err := put(t.Context(), s, data)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func put(ctx context.Context, s Store, data []byte) (string, error) {
	w, err := s.Create(ctx)
	if err != nil {
		return "", err
	}
	defer w.Abort() //nolint:errcheck // nothing to do after Commit
	for piece := range slices.Chunk(data, 7_777) {
		if _, err := w.Write(piece); err != nil {
			return "", err
		}
	}
	name, size, err := w.Commit()
	if err == nil && size != int64(len(data)) {
		err = fmt.Errorf("size = %d, want %d", size, len(data))
	}
	return name, err
}

func get(ctx context.Context, s Store, name string) ([]byte, error) {
	r, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read
	return io.ReadAll(r)
}

// Name is the name data must get.
func Name(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func names(t *testing.T, s Store) []string {
	t.Helper()
	var all []string
	err := s.Walk(t.Context(), func(name string, _ int64, _ time.Time) error {
		all = append(all, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func testRoundTrip(t *testing.T, s Store) {
	for _, data := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("sealed"), 200_000)} {
		name := Put(t, s, data)
		if name != Name(data) {
			t.Errorf("name = %s, want the SHA-256", name)
		}
		if got, err := get(t.Context(), s, name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("read back %d bytes of %d, %v", len(got), len(data), err)
		}
	}
}

func testSameBytes(t *testing.T, s Store) {
	if first, again := Put(t, s, []byte("a")), Put(t, s, []byte("a")); first != again {
		t.Error("two names for the same bytes")
	}
	if all := names(t, s); len(all) != 1 {
		t.Errorf("%d blobs, want 1", len(all))
	}
}

func testInvisibleUntilCommit(t *testing.T, s Store) {
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t.Context(), s, Name([]byte("a"))); !errors.Is(err, blob.ErrNotExist) {
		t.Errorf("open before commit: %v", err)
	}
	if all := names(t, s); len(all) != 0 {
		t.Errorf("walk before commit shows %d", len(all))
	}
	if _, _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if all := names(t, s); len(all) != 1 {
		t.Errorf("walk after commit shows %d", len(all))
	}
}

func testAbort(t *testing.T, s Store) {
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Abort(), w.Abort()); err != nil {
		t.Errorf("Abort twice: %v", err)
	}
	if all := names(t, s); len(all) != 0 {
		t.Errorf("%d blobs after Abort", len(all))
	}
}

func testEndedContext(t *testing.T, s Store) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, _, err := w.Commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit: %v", err)
	}
	if _, err := s.Create(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Create: %v", err)
	}
	if all := names(t, s); len(all) != 0 {
		t.Errorf("%d blobs of an upload that ended", len(all))
	}
}

func testUseAfterEnd(t *testing.T, s Store) {
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); !errors.Is(err, blob.ErrClosed) {
		t.Errorf("Write: %v", err)
	}
	if _, _, err := w.Commit(); !errors.Is(err, blob.ErrClosed) {
		t.Errorf("Commit: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort: %v", err)
	}
	if len(names(t, s)) != 1 {
		t.Error("the committed blob is gone")
	}
}

func testMissing(t *testing.T, s Store) {
	name := Put(t, s, []byte("a"))
	if err := s.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	_, err := s.Open(t.Context(), name)
	for _, err := range []error{err, s.Remove(t.Context(), name)} {
		if !errors.Is(err, blob.ErrNotExist) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("err = %v, want ErrNotExist", err)
		}
	}
}

func testNames(t *testing.T, s Store) {
	valid := Name(nil)
	for _, name := range []string{
		"", "a", valid[:63], valid + "0", strings.ToUpper(Name([]byte("x"))), "../" + valid[3:], valid[:62] + "\x00a",
		strings.Repeat("/", 64), strings.Repeat(".", 64), valid[:60] + "/../",
	} {
		_, err := s.Open(t.Context(), name)
		for _, err := range []error{err, s.Remove(t.Context(), name)} {
			if !errors.Is(err, blob.ErrName) {
				t.Errorf("%q: %v, want ErrName", name, err)
			}
		}
	}
}

func testWalk(t *testing.T, s Store) {
	want := map[string]int64{}
	for i := range 20 {
		data := bytes.Repeat([]byte{byte(i)}, i)
		want[Put(t, s, data)] = int64(len(data))
	}
	var last string
	err := s.Walk(t.Context(), func(name string, size int64, modTime time.Time) error {
		if got, ok := want[name]; !ok || got != size || modTime.IsZero() || name <= last {
			return fmt.Errorf("walk shows %s, %d bytes, %v, after %s", name, size, modTime, last)
		}
		delete(want, name)
		last = name
		return s.Remove(t.Context(), name)
	})
	if err != nil || len(want) != 0 {
		t.Errorf("Walk: %v; %d not shown", err, len(want))
	}
	Put(t, s, nil)
	stop := errors.New("stop")
	if err := s.Walk(t.Context(), func(string, int64, time.Time) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Walk hides the error: %v", err)
	}
}

func testParallel(t *testing.T, s Store) {
	const writers, each = 64, 4
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range each {
				data := bytes.Repeat([]byte(fmt.Sprint(i, " ", j, " ")), 3_000)
				name, err := put(t.Context(), s, data)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := get(t.Context(), s, name); err != nil || !bytes.Equal(got, data) {
					t.Errorf("read back: %d bytes, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	if all := names(t, s); len(all) != writers*each {
		t.Errorf("%d blobs, want %d", len(all), writers*each)
	}
}
