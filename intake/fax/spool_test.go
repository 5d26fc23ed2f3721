package fax_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/intake"
	"dispositivo/intake/fax"
	"dispositivo/internal/spool"
	"dispositivo/internal/testkit/house"
)

func newSpool(t *testing.T, h house.House, door fax.Door) (*spool.Spool, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := fax.NewSpool(fax.SpoolConfig{
		Dir: dir, Door: door, Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
		Answers: newAnswers(h),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// files lists a folder, folders left out.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s holds %v, want %v", filepath.Base(dir), got, want)
	}
}

// proves C4: complete faxes alone are taken in, and moved after that.
func TestSpool(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, newDoor(h))
	put(t, dir, "a.tif", page)
	put(t, dir, "a.json", []byte(`{"id":"gw-1","from":"+39 06 5551","incomplete":true}`))
	put(t, dir, "b.tiff", page)
	put(t, dir, ".c.tif", page)
	put(t, dir, "notes.txt", page)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "b.tiff", ".c.tif", "notes.txt")
	wantFiles(t, filepath.Join(dir, "done"), "a.tif", "a.tif.json")
	subs := received(t, h)
	if len(subs) != 1 {
		t.Fatalf("%d submissions", len(subs))
	}
	if note := origin(t, h, subs[0]); !strings.Contains(note, "+39 06 5551") || !strings.Contains(note, `"incomplete":true`) {
		t.Error(note)
	}
	h.Clock.Advance(spool.DefaultSettle - time.Second)
	put(t, dir, "b.tiff", append(slices.Clone(page), " grows"...))
	for range 2 { // it grew: the time begins anew
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, dir, "b.tiff", ".c.tif", "notes.txt")
	h.Clock.Advance(spool.DefaultSettle)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, ".c.tif", "notes.txt")
	if n := len(received(t, h)); n != 2 {
		t.Errorf("%d submissions", n)
	}
}

// proves C4 C7: killed between commit and move, the fax is there once; another
// fax under the same name is another fax, and nothing is overwritten.
func TestSpoolAgain(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, newDoor(h))
	for _, data := range []string{"one", "one", "two"} {
		put(t, dir, "fax000000001.tif", []byte(data))
		put(t, dir, "fax000000001.tif.done", nil)
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(received(t, h)); n != 2 {
		t.Errorf("%d submissions, want 2", n)
	}
	kept := files(t, filepath.Join(dir, "done"))
	if !slices.Contains(kept, "fax000000001.tif") || !slices.Contains(kept, "fax000000001-2.tif") || !slices.Contains(kept, "fax000000001-3.tif") {
		t.Errorf("kept %v", kept)
	}
}

// proves C7: with the disk full the file stays; what can never be taken in is set
// aside, a sidecar that cannot be read costs no fax.
func TestSpoolFaults(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, broken{})
	put(t, dir, "a.tif", page)
	put(t, dir, "a.done", nil)
	if err := s.Look(t.Context()); err == nil {
		t.Error("a fax that was not taken in gives no error")
	}
	wantFiles(t, dir, "a.tif", "a.done")
	wantFiles(t, filepath.Join(dir, "done"))

	s, dir = newSpool(t, h, newDoor(h))
	put(t, dir, "empty.tif", nil)
	put(t, dir, "empty.tif.json", []byte("{}"))
	put(t, dir, "odd.tif", page)
	put(t, dir, "odd.tif.json", []byte("{not json"))
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, filepath.Join(dir, "corrupt"), "empty.tif", "empty.tif.json")
	wantFiles(t, filepath.Join(dir, "done"), "odd.tif", "odd.tif.json")
	put(t, dir, "large.tif", make([]byte, intake.MaxOriginal+2))
	put(t, dir, "large.done", nil)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "corrupt", "large.tif")); err != nil || info.Size() != intake.MaxOriginal+2 {
		t.Errorf("a fax over the limit: %v", err)
	}
	if n := len(ledger(t, h)); n != 2 {
		t.Errorf("%d lines in the ledger", n)
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add([]byte(`{"id":"1","from":"+39","csid":"ACME","pages":2,"incomplete":true}`))
	f.Add([]byte(`{"id":"\u0000"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := fax.ParseSidecar(data)
		if err == nil && (len(s.ID) > 200 || strings.ContainsAny(s.ID, " \n\x00")) {
			t.Errorf("id %q", s.ID)
		}
	})
}
