package pdf

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// Why PDFium did not open a document or a page. ErrEngine covers everything
// that is no statement about the document: memory at its cap, a trap, an abort.
var (
	ErrPassword = errors.New("a password is needed")
	ErrSecurity = errors.New("the encryption scheme is not supported")
	ErrFormat   = errors.New("not a PDF, or damaged beyond repair")
	ErrPage     = errors.New("the page cannot be loaded")
	ErrEngine   = errors.New("the engine failed on the document")
)

// DefaultMemoryPages caps a document at 256 MiB: twice what a page of 16 million
// pixels needs, and half of what the child may have (DESIGN, section 4).
const DefaultMemoryPages = 4096

// EngineConfig says what an Engine may use.
type EngineConfig struct {
	// CacheDir keeps the compiled engine between runs: 1.5 s the first time,
	// then milliseconds. The folder holds machine code, so nobody else may write
	// to it. Empty means no cache.
	CacheDir string
	// Interruptible makes the end of a context stop a call that is running inside
	// the engine. It costs five to eight times the running time, so it is not for
	// the sandbox child, which is killed from outside when its time is up. When
	// false, contexts are looked at between calls only, and a hostile page can
	// hold its thread, and with it Go's garbage collector, for minutes.
	Interruptible bool
	// MemoryPages caps the memory of one open document, in WebAssembly pages of
	// 64 KiB. 0 means DefaultMemoryPages.
	MemoryPages uint32
}

// Engine is PDFium, compiled once. It may be used by several goroutines; each
// Document of it by one at a time.
type Engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	cache    wazero.CompilationCache
}

// NewEngine compiles wasm (see assets.PDFium) or loads it from the cache.
func NewEngine(ctx context.Context, wasm []byte, cfg EngineConfig) (*Engine, error) {
	pages := cfg.MemoryPages
	if pages == 0 {
		pages = DefaultMemoryPages
	}
	conf := wazero.NewRuntimeConfig().WithMemoryLimitPages(pages).WithCloseOnContextDone(cfg.Interruptible)
	e := &Engine{}
	if cfg.CacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(cfg.CacheDir)
		if err != nil {
			return nil, fmt.Errorf("open engine cache: %w", err)
		}
		e.cache, conf = cache, conf.WithCompilationCache(cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, conf)
	if err := e.prepare(ctx, wasm); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func (e *Engine) prepare(ctx context.Context, wasm []byte) error {
	compiled, err := e.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return fmt.Errorf("compile engine: %w", err)
	}
	e.compiled = compiled
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, e.runtime); err != nil {
		return fmt.Errorf("prepare engine: %w", err)
	}
	return instantiateHost(ctx, e.runtime, compiled)
}

// Close frees the engine and every Document of it.
func (e *Engine) Close(ctx context.Context) error {
	err := e.runtime.Close(ctx)
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	return err
}

// Open loads data into an instance of its own, so that a heap poisoned by one
// document never meets the next. Errors are ErrPassword, ErrSecurity, ErrFormat,
// ErrPage, ErrEngine, or the context's.
func (e *Engine) Open(ctx context.Context, data []byte) (*Document, error) {
	mod, err := e.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	d := &Document{mod: mod}
	if err := d.load(ctx, data); err != nil {
		return nil, errors.Join(err, d.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

func (e *Engine) instantiate(ctx context.Context) (mod api.Module, err error) {
	defer func() {
		if r := recover(); r != nil { // wazero's answer to an allocator without memory
			err = fmt.Errorf("%w: no memory to start", ErrEngine)
		}
	}()
	ctx = experimental.WithMemoryAllocator(ctx, memoryAllocator())
	// Without a name, any number of instances live side by side. The default
	// configuration gives no files, no arguments, no output and a fixed clock.
	conf := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	if mod, err = e.runtime.InstantiateModule(ctx, e.compiled, conf); err != nil {
		return nil, fmt.Errorf("%w: instantiate: %w", ErrEngine, err)
	}
	return mod, nil
}
