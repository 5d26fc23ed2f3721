package symbol

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Why a picture was not searched.
var (
	// ErrSize says that a picture is empty or has more than MaxPixels.
	ErrSize = errors.New("symbol: the picture is empty or too large")
	// ErrEngine covers what is no statement about the symbols: memory at its cap,
	// a trap, an answer that makes no sense.
	ErrEngine = errors.New("symbol: the engine failed on the picture")
)

const (
	// MaxPixels bounds a picture: 16 million, an A4 page at 400 dpi (DESIGN,
	// section 4).
	MaxPixels = 16_000_000
	// maxSide bounds one side of it.
	maxSide = 30_000
	// DefaultMemoryPages caps one instance at 128 MiB: 16 MiB to start with, and
	// three copies of the largest picture.
	DefaultMemoryPages = 2048
)

// EngineConfig says what an Engine may use.
type EngineConfig struct {
	// CacheDir keeps the compiled engine between runs. The folder holds machine
	// code, so nobody else may write to it. Empty means no cache.
	CacheDir string
	// Interruptible makes the end of a context stop a scan that is running. It
	// costs time, so it is not for the sandbox child, which is killed from
	// outside when its time is up. When false, contexts are looked at between
	// passes only.
	Interruptible bool
	// MemoryPages caps the memory of one instance, in WebAssembly pages of 64
	// KiB. 0 means DefaultMemoryPages; the engine does not start under 256.
	MemoryPages uint32
}

// Engine is ZBar, compiled once. It may be used by several goroutines.
type Engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	cache    wazero.CompilationCache
}

// NewEngine compiles wasm (see assets.ZBar) or loads it from the cache.
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
	if err := checkExports(compiled); err != nil {
		return err
	}
	return instantiateHost(ctx, e.runtime, compiled)
}

// Close frees the engine. No scan may be running.
func (e *Engine) Close(ctx context.Context) error {
	err := e.runtime.Close(ctx)
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	return err
}

// Scan reads a picture once, as it is, in an instance of its own. Symbols come
// in the engine's order, each text of a kind once. Errors: ErrSize, ErrEngine,
// or the context's.
func (e *Engine) Scan(ctx context.Context, img *image.Gray, opts ScanOptions) ([]Symbol, error) {
	in, err := e.start(ctx, opts)
	if err != nil {
		return nil, err
	}
	found, err := in.scan(ctx, img)
	return found, errors.Join(err, in.close(ctx))
}

// instance is one running ZBar with one scanner.
type instance struct {
	mod     api.Module
	scanner uint64
}

// start runs a fresh instance, so that a heap poisoned by one page never meets
// the next.
func (e *Engine) start(ctx context.Context, opts ScanOptions) (in *instance, err error) {
	defer func() {
		if r := recover(); r != nil { // wazero's answer to an allocator without memory
			in, err = nil, fmt.Errorf("%w: no memory to start", ErrEngine)
		}
	}()
	ctx = experimental.WithMemoryAllocator(ctx, memoryAllocator())
	// Without a name, any number of instances live side by side. The default
	// configuration gives no files, no arguments and no output.
	conf := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	mod, err := e.runtime.InstantiateModule(ctx, e.compiled, conf)
	if err != nil {
		return nil, fmt.Errorf("%w: instantiate: %w", ErrEngine, err)
	}
	in = &instance{mod: mod}
	if err := in.configure(ctx, opts); err != nil {
		return nil, errors.Join(err, in.close(ctx))
	}
	return in, nil
}

func (in *instance) close(ctx context.Context) error {
	if err := in.mod.Close(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("close engine: %w", err)
	}
	return nil
}

// call runs an export. A trap is ErrEngine; the instance is then good for
// nothing but close.
func (in *instance) call(ctx context.Context, name string, args ...uint64) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	results, err := in.mod.ExportedFunction(name).Call(ctx, args...)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrEngine, err)
	case len(results) == 0:
		return 0, nil
	}
	return results[0], nil
}
