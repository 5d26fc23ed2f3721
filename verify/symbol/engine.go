package symbol

import (
	"context"
	"errors"
	"image"

	"dispositivo/verify/wasm"
)

// Why a picture was not searched.
var (
	// ErrSize says that a picture is empty or has too many pixels.
	ErrSize = errors.New("symbol: the picture is empty or too large")
	// ErrEngine covers what is no statement about the symbols: memory at its cap,
	// a trap, an answer that makes no sense.
	ErrEngine = wasm.ErrEngine
)

const (
	// MaxPixels bounds a picture: 16 million, an A4 page at 400 dpi (DESIGN,
	// section 4).
	MaxPixels = 16_000_000
	// MaxPage bounds a page of Find, which reduces what has more than MaxPixels:
	// 40 million, as a page of two colours may have.
	MaxPage = 40_000_000
	// maxSide bounds one side of it.
	maxSide = 30_000
	// DefaultMemoryPages caps one instance at 128 MiB: 16 MiB to start with, and
	// three copies of the largest picture.
	DefaultMemoryPages = 2048
)

// EngineConfig says what an Engine may use; MemoryPages, for one page, is
// DefaultMemoryPages when 0, and the engine does not start under 256.
type EngineConfig = wasm.Config

// Engine is ZBar, compiled once. It may be used by several goroutines.
type Engine struct{ wasm *wasm.Engine }

// NewEngine compiles code (see assets.ZBar) or loads it from the cache.
func NewEngine(ctx context.Context, code []byte, cfg EngineConfig) (*Engine, error) {
	if cfg.MemoryPages == 0 {
		cfg.MemoryPages = DefaultMemoryPages
	}
	e, err := wasm.NewEngine(ctx, code, cfg, instantiateHost)
	if err != nil {
		return nil, err
	}
	return &Engine{e}, nil
}

// Close frees the engine. No scan may be running.
func (e *Engine) Close(ctx context.Context) error { return e.wasm.Close(ctx) }

// Scan reads a picture once, as it is, in an instance of its own. Symbols come
// in the engine's order, each text of a kind once. Errors: ErrSize, ErrEngine,
// or the context's.
func (e *Engine) Scan(ctx context.Context, img *image.Gray, opts ScanOptions) ([]Symbol, error) {
	in, err := e.start(ctx, opts)
	if err != nil {
		return nil, err
	}
	found, err := in.scan(ctx, img)
	return found, errors.Join(err, in.Close(ctx))
}

// instance is one running ZBar with one scanner.
type instance struct {
	*wasm.Instance
	scanner uint64
}

// start runs a fresh instance, so that a heap poisoned by one page never meets
// the next.
func (e *Engine) start(ctx context.Context, opts ScanOptions) (*instance, error) {
	guest, err := e.wasm.Start(ctx)
	if err != nil {
		return nil, err
	}
	in := &instance{Instance: guest}
	if err := in.configure(ctx, opts); err != nil {
		return nil, errors.Join(err, in.Close(ctx))
	}
	return in, nil
}
