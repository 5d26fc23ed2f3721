package wasm_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"dispositivo/verify/wasm"
)

const cap4 = 4 // pages

func engine(t testing.TB, cfg wasm.Config) *wasm.Engine {
	t.Helper()
	cfg.MemoryPages = cap4
	e, err := wasm.NewEngine(t.Context(), guest(), cfg, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	return e
}

func start(t testing.TB, e *wasm.Engine) *wasm.Instance {
	t.Helper()
	in, err := e.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(context.Background()) })
	return in
}

// TestInstancesShareNothing: what one instance writes, no other sees, also when
// it is gone.
func TestInstancesShareNothing(t *testing.T) {
	e := engine(t, wasm.Config{})
	first, second := start(t, e), start(t, e)
	if _, err := first.Call(t.Context(), "set", 16, 0xCAFE); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]*wasm.Instance{"beside": second, "after": start(t, e)} {
		if v, err := in.Call(t.Context(), "get", 16); v != 0 || err != nil {
			t.Errorf("%s: %x, %v", name, v, err)
		}
	}
}

func TestMemory(t *testing.T) {
	in := start(t, engine(t, wasm.Config{}))
	if err := in.Write(8, []byte{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if v, err := in.Call(t.Context(), "get", 8); v != 0x04030201 || err != nil {
		t.Errorf("%x, %v", v, err)
	}
	if view, err := in.View(9, 2); err != nil || string(view) != "\x02\x03" {
		t.Errorf("%v, %v", view, err)
	}
	if v := in.Word(8); v != 0x04030201 {
		t.Errorf("word %x", v)
	}
	if _, err := in.View(wasm.PageSize-1, 2); !errors.Is(err, wasm.ErrEngine) {
		t.Errorf("view beyond the end: %v", err)
	}
	if err := in.Write(wasm.PageSize-1, []byte{1, 2}); !errors.Is(err, wasm.ErrEngine) {
		t.Errorf("write beyond the end: %v", err)
	}
	if v := in.Word(wasm.PageSize - 3); v != 0 {
		t.Errorf("word beyond the end: %x", v)
	}
}

// TestMemoryCap: memory grows to the cap and no further, and a refusal hurts
// nothing.
func TestMemoryCap(t *testing.T) {
	in := start(t, engine(t, wasm.Config{}))
	for _, tt := range []struct{ pages, want uint64 }{{1, 1}, {3, 1}, {cap4, 1}, {cap4 + 1, 0}, {cap4, 1}} {
		if v, err := in.Call(t.Context(), "ask", tt.pages*wasm.PageSize); v != tt.want || err != nil {
			t.Errorf("%d pages: %d, %v", tt.pages, v, err)
		}
	}
	if _, err := in.View(0, cap4*wasm.PageSize); err != nil {
		t.Error(err)
	}
	if _, err := in.View(0, cap4*wasm.PageSize+1); err == nil {
		t.Error("there is more than the cap")
	}
}

// TestFailuresEndTheInstance: after a trap, an abort or an unknown name nothing
// runs in it; the engine starts another. No stack trace is in the error.
func TestFailuresEndTheInstance(t *testing.T) {
	e := engine(t, wasm.Config{})
	for _, name := range []string{"trap", "abort"} {
		in := start(t, e)
		_, err := in.Call(t.Context(), name)
		if !errors.Is(err, wasm.ErrEngine) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := in.Call(t.Context(), "get", 0); !errors.Is(err, wasm.ErrEngine) {
			t.Errorf("after %s: %v", name, err)
		}
	}
	in := start(t, e)
	if _, err := in.Call(t.Context(), "none"); !errors.Is(err, wasm.ErrEngine) {
		t.Errorf("unknown: %v", err)
	}
	if err := in.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Call(t.Context(), "get", 0); !errors.Is(err, wasm.ErrEngine) {
		t.Errorf("after Close: %v", err)
	}
}

// TestContext: the end of a context is seen before a call and, when the engine
// is interruptible, inside of one.
func TestContext(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := start(t, engine(t, wasm.Config{})).Call(ctx, "spin"); !errors.Is(err, why) {
		t.Errorf("before: %v", err)
	}
	in := start(t, engine(t, wasm.Config{Interruptible: true}))
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := in.Call(short, "spin"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("inside: %v", err)
	}
	if err := in.Close(short); err != nil {
		t.Errorf("closing after the end: %v", err)
	}
}

// TestCache: the first engine leaves its machine code in the folder, the next
// one reads it and adds nothing.
func TestCache(t *testing.T) {
	dir := t.TempDir()
	count := func() (n int) {
		err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				n++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	engine(t, wasm.Config{CacheDir: dir})
	first := count()
	in := start(t, engine(t, wasm.Config{CacheDir: dir}))
	if second := count(); first == 0 || second != first {
		t.Errorf("%d files, then %d", first, second)
	}
	if _, err := in.Call(t.Context(), "get", 0); err != nil {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := wasm.NewEngine(t.Context(), guest(), wasm.Config{CacheDir: file, MemoryPages: cap4}, host); err == nil {
		t.Error("a file is no cache")
	}
}

func TestWhatIsNoEngine(t *testing.T) {
	why := errors.New("unknown import")
	refuse := func(context.Context, wazero.Runtime, wazero.CompiledModule) error { return why }
	cfg := wasm.Config{MemoryPages: cap4}
	if _, err := wasm.NewEngine(t.Context(), guest(), cfg, refuse); !errors.Is(err, why) {
		t.Errorf("refused by its host: %v", err)
	}
	if _, err := wasm.NewEngine(t.Context(), []byte("no code"), cfg, host); err == nil {
		t.Error("rubbish was compiled")
	}
}
