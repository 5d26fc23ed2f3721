package pdf

import (
	"context"
	"errors"

	"dispositivo/verify/wasm"
)

// Why PDFium did not open a document or a page. ErrEngine covers everything
// that is no statement about the document: memory at its cap, a trap, an abort.
var (
	ErrPassword = errors.New("a password is needed")
	ErrSecurity = errors.New("the encryption scheme is not supported")
	ErrFormat   = errors.New("not a PDF, or damaged beyond repair")
	ErrPage     = errors.New("the page cannot be loaded")
	ErrEngine   = wasm.ErrEngine
)

// DefaultMemoryPages caps a document at 256 MiB: twice what a page of 16 million
// pixels needs, and half of what the child may have (DESIGN, section 4).
const DefaultMemoryPages = 4096

// EngineConfig says what an Engine may use; MemoryPages, for one open document,
// is DefaultMemoryPages when 0.
type EngineConfig = wasm.Config

// Engine is PDFium, compiled once: 1.5 s the first time, milliseconds from the
// cache. It may be used by several goroutines; each Document of it by one at a
// time.
type Engine struct{ wasm *wasm.Engine }

// NewEngine compiles code (see assets.PDFium) or loads it from the cache.
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

// Close frees the engine and every Document of it.
func (e *Engine) Close(ctx context.Context) error { return e.wasm.Close(ctx) }

// Open loads data into an instance of its own, so that a heap poisoned by one
// document never meets the next. Errors are ErrPassword, ErrSecurity, ErrFormat,
// ErrPage, ErrEngine, or the context's.
func (e *Engine) Open(ctx context.Context, data []byte) (*Document, error) {
	in, err := e.wasm.Start(ctx)
	if err != nil {
		return nil, err
	}
	d := &Document{instance: in}
	if err := d.load(ctx, data); err != nil {
		return nil, errors.Join(err, d.Close(ctx))
	}
	return d, nil
}
