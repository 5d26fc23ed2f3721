package spool_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/spool"
)

// bench is a folder, and what was taken out of it.
type bench struct {
	t     *testing.T
	dir   string
	clock *clock.Stub
	spool *spool.Spool
	taken []spool.Item
	// refuse is what taking says; onTake is done when something is taken.
	refuse error
	onTake func()
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), clock: clock.NewStub(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))}
	var err error
	b.spool, err = spool.New(spool.Config{
		What: "file", Dir: b.dir, Clock: b.clock, Logger: slog.New(slog.DiscardHandler), MaxBytes: 100,
		Take: func(_ context.Context, item spool.Item) ([]byte, error) {
			b.taken = append(b.taken, item)
			if b.onTake != nil {
				b.onTake()
			}
			return []byte("answer"), b.refuse
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) put(name, data string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(data), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// holds compares the files of a folder, "" for the spool's own.
func (b *bench) holds(folder string, want ...string) {
	b.t.Helper()
	entries, err := os.ReadDir(filepath.Join(b.dir, folder))
	if err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if !e.IsDir() {
			got = append(got, e.Name())
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("%q holds %v, want %v", folder, got, want)
	}
}

// proves C7: a file with a sidecar is complete, and one that was the same for a while;
// one that grows is not, and other names are nobody's business.
func TestComplete(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.put("a.PDF", "one")
	b.put("a.json", `{"x":1}`)
	b.put("b.tiff", "two")
	b.put(".c.tif", "hidden")
	b.put("notes.txt", "text")
	look := func() {
		t.Helper()
		if err := b.spool.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look()
	b.holds("", "b.tiff", ".c.tif", "notes.txt")
	b.holds("done", "a.PDF", "a.PDF.json", "a.PDF.receipt.pdf")
	if len(b.taken) != 1 || string(b.taken[0].Data) != "one" || string(b.taken[0].Sidecar) != `{"x":1}` {
		t.Errorf("%+v", b.taken)
	}
	b.clock.Advance(spool.DefaultSettle - time.Second)
	b.put("b.tiff", "two and more")
	look()
	b.clock.Advance(spool.DefaultSettle - time.Second)
	look()
	b.holds("", "b.tiff", ".c.tif", "notes.txt")
	b.clock.Advance(time.Second)
	look()
	b.holds("", ".c.tif", "notes.txt")
	if len(b.taken) != 2 || b.taken[1].Sidecar != nil {
		t.Errorf("%+v", b.taken)
	}
}

// proves C7: a sidecar without the ending of a file speaks for all files of its name, goes
// away with the last of them, and leaves a copy beside each; a file's own comes first.
func TestTwins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.put("twin.pdf", "one")
	b.put("twin.tif", "two")
	b.put("twin.tiff", "three")
	b.put("twin.json", "of all")
	b.put("twin.tiff.json", "its own")
	b.refuse = errors.New("broken")
	if err := b.spool.Look(t.Context()); !errors.Is(err, b.refuse) {
		t.Fatal(err)
	}
	b.holds("", "twin.pdf", "twin.tif", "twin.tiff", "twin.json", "twin.tiff.json")
	b.refuse, b.taken = nil, nil
	if err := b.spool.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, item := range b.taken {
		said[item.Name] = string(item.Sidecar)
	}
	if want := map[string]string{"twin.pdf": "of all", "twin.tif": "of all", "twin.tiff": "its own"}; !maps.Equal(said, want) {
		t.Errorf("%v, want %v", said, want)
	}
	b.holds("")
	b.holds("done", "twin.pdf", "twin.tif", "twin.tiff", "twin.pdf.json", "twin.tif.json", "twin.tiff.json",
		"twin.pdf.receipt.pdf", "twin.tif.receipt.pdf", "twin.tiff.receipt.pdf")
	for name, want := range said {
		if kept, err := os.ReadFile(filepath.Join(b.dir, "done", name+".json")); err != nil || string(kept) != want {
			t.Errorf("%s: kept %q, %v", name, kept, err)
		}
	}
}

// proves C7: a file whose sidecar another process is taking away is that process's.
func TestSidecarGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.put("b.pdf", "two")
	b.put("b.pdf.json", "{}")
	b.onTake = func() { _ = os.Remove(filepath.Join(b.dir, "c.json")) } // taken while b is
	b.put("c.pdf", "three")
	b.put("c.json", "{}")
	if err := b.spool.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.taken) != 1 || b.taken[0].Name != "b.pdf" {
		t.Errorf("%+v", b.taken)
	}
}

// proves C7: what could not be taken stays and is tried again; what never can be is
// set aside, whole and with its sidecar; no name is used twice.
func TestKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.put("a.pdf", "one")
	b.put("a.pdf.json", strings.Repeat(" ", spool.MaxSidecar+1))
	for _, b.refuse = range []error{errors.New("broken"), &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}} {
		if err := b.spool.Look(t.Context()); !errors.Is(err, b.refuse) {
			t.Errorf("%v, want %v", err, b.refuse)
		}
		b.holds("", "a.pdf", "a.pdf.json")
	}
	if b.taken[0].Sidecar != nil {
		t.Error("a sidecar over its limit was read")
	}
	b.refuse = nil
	for _, name := range []string{"a.pdf", "a.pdf", "large.tif"} {
		b.put(name, map[bool]string{false: "one", true: strings.Repeat("x", 101)}[name == "large.tif"])
		b.put(name+".done", "")
		if err := b.spool.Look(t.Context()); err != nil {
			t.Error(err)
		}
	}
	b.refuse = dossier.Problem(dossier.CodeRequestInvalid)
	b.put("never.tif", "one")
	b.put("never.done", "")
	if err := b.spool.Look(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(b.taken[len(b.taken)-2].Data); n != 101 {
		t.Errorf("%d bytes of a file over the limit were shown, want 101", n)
	}
	b.holds("corrupt", "large.tif", "large.tif.done", "never.tif", "never.tif.done")
	kept, err := filepath.Glob(filepath.Join(b.dir, "done", "a*.pdf"))
	if err != nil || len(kept) != 4 { // two files and the answer beside each
		t.Errorf("kept %v, %v", kept, err)
	}
}
