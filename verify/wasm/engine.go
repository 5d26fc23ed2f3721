package wasm

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// ErrEngine covers what is no statement about a document: memory at its cap, a
// trap, an abort, an answer that makes no sense.
var ErrEngine = errors.New("the engine failed")

// PageSize is the unit in which WebAssembly memory grows, in bytes.
const PageSize = 64 << 10

// Config says what an Engine may use.
type Config struct {
	// CacheDir keeps the compiled engine between runs: seconds the first time,
	// then milliseconds. The folder holds machine code, so nobody else may write
	// to it. Empty means no cache.
	CacheDir string
	// Interruptible makes the end of a context stop a call that is running inside
	// the engine. It costs five to eight times the running time, so it is not for
	// the sandbox child, which is killed from outside when its time is up. When
	// false, contexts are looked at between calls only, and a hostile page can
	// hold its thread, and with it Go's garbage collector, for minutes.
	Interruptible bool
	// MemoryPages caps the memory of one instance, in units of PageSize. 0 means
	// what the package of the engine holds right.
	MemoryPages uint32
}

// Host gives a guest the modules it imports from. An import that it does not
// know must be an error: a new engine needs a new look.
type Host func(ctx context.Context, r wazero.Runtime, guest wazero.CompiledModule) error

// Engine is compiled code. It may be used by several goroutines.
type Engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	cache    wazero.CompilationCache
}

// NewEngine compiles code or loads what was compiled from the cache.
func NewEngine(ctx context.Context, code []byte, cfg Config, host Host) (*Engine, error) {
	conf := wazero.NewRuntimeConfig().WithMemoryLimitPages(cfg.MemoryPages).WithCloseOnContextDone(cfg.Interruptible)
	e := &Engine{}
	if cfg.CacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(cfg.CacheDir)
		if err != nil {
			return nil, fmt.Errorf("open engine cache: %w", err)
		}
		e.cache, conf = cache, conf.WithCompilationCache(cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, conf)
	if err := e.prepare(ctx, code, host); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func (e *Engine) prepare(ctx context.Context, code []byte, host Host) error {
	compiled, err := e.runtime.CompileModule(ctx, code)
	if err != nil {
		return fmt.Errorf("compile engine: %w", err)
	}
	e.compiled = compiled
	if err := host(ctx, e.runtime, compiled); err != nil {
		return fmt.Errorf("prepare engine: %w", err)
	}
	return nil
}

// Close frees the engine and every instance of it. No call may be running.
func (e *Engine) Close(ctx context.Context) error {
	err := e.runtime.Close(ctx)
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	return err
}

// Start makes a fresh instance, so that a heap poisoned by one document never
// meets the next. No code of the engine runs yet. The error is ErrEngine.
func (e *Engine) Start(ctx context.Context) (in *Instance, err error) {
	defer func() {
		if r := recover(); r != nil { // wazero's answer to an allocator without memory
			in, err = nil, fmt.Errorf("%w: no memory to start", ErrEngine)
		}
	}()
	ctx = experimental.WithMemoryAllocator(ctx, memoryAllocator())
	// Without a name, any number of instances live side by side. The default
	// configuration gives no files, no arguments, no output and a fixed clock.
	conf := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	mod, err := e.runtime.InstantiateModule(ctx, e.compiled, conf)
	if err != nil {
		return nil, fmt.Errorf("%w: instantiate: %w", ErrEngine, err)
	}
	return &Instance{mod: mod}, nil
}
