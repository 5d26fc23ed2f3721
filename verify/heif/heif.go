// Package heif decodes HEIC, the photographs of telephones, by libheif and libde265
// as WebAssembly.
//
// The package is a leaf for the sandbox child: it must not be called in the server,
// open files, or say anything of what a picture shows. It reads no box of the format
// itself, and judges sizes before anything is decoded.
package heif

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"dispositivo/verify/wasm"
)

// Why a picture was not decoded.
var (
	// ErrSize is a picture without size or with more pixels than allowed.
	ErrSize = errors.New("heif: size out of bounds")
	// ErrDamaged is what libheif does not decode: damaged, cut off, or no HEIC.
	ErrDamaged = errors.New("heif: damaged, or of a kind that is not read")
	// ErrEngine is no statement about the picture: memory at its cap, a trap, an answer
	// that makes no sense.
	ErrEngine = wasm.ErrEngine
)

const (
	// DefaultMemoryPages caps a picture at 256 MiB: the largest that is decoded needs
	// 175, and the child may have 512 (DESIGN, section 4).
	DefaultMemoryPages = 4096
	// MaxPixels bounds a picture: 25 million, what telephones make unless they are told
	// to make more. One of 48 million needs 370 MiB.
	MaxPixels = 25_000_000
	// maxSide bounds one side of it.
	maxSide = 30_000
	// workingPixels is how many pixels are left after decoding.
	workingPixels = 16_000_000
)

// EngineConfig says what an Engine may use; MemoryPages is DefaultMemoryPages when 0.
type EngineConfig = wasm.Config

// Engine is libheif, compiled once. It may be used by several goroutines.
type Engine struct{ wasm *wasm.Engine }

// NewEngine compiles code (see assets.HEIF) or loads it from the cache.
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

// instantiateHost gives the engine WASI without files; it imports nothing else, and
// what it might is missing when it starts.
func instantiateHost(ctx context.Context, r wazero.Runtime, _ wazero.CompiledModule) error {
	_, err := wasi_snapshot_preview1.Instantiate(ctx, r)
	return err
}

// Close frees the engine. No decoding may be running.
func (e *Engine) Close(ctx context.Context) error { return e.wasm.Close(ctx) }

// Picture is a decoded picture.
type Picture struct {
	// Image is upright as the file says (irot, imir), or a whole fraction of it on both
	// sides.
	Image image.Image
	// Width and Height are those of the upright picture.
	Width, Height int
}

// Decode decodes the primary picture of a file in an instance of its own. Errors:
// ErrSize, ErrDamaged, ErrEngine, or the context's.
func (e *Engine) Decode(ctx context.Context, data []byte) (Picture, error) {
	guest, err := e.wasm.Start(ctx)
	if err != nil {
		return Picture{}, err
	}
	in := &instance{Instance: guest}
	p, err := in.decode(ctx, data)
	return p, errors.Join(err, in.Close(ctx))
}

// The exports of heif.wasm of gen2brain/heic 0.4.5; lib/heif.c there says how they are called.
const (
	fnStart  = "_initialize"
	fnMalloc = "malloc"
	fnDecode = "decode" // (file, length, size only, five addresses of what is found, pixels) 1, or 0: not decoded
)

// What fnDecode finds: words one behind the other.
const (
	atWidth, atHeight, atColours, atChroma, atAlpha = 0, 4, 8, 12, 16
	foundBytes                                      = 20
)

// libheif's enumerations heif_colorspace and heif_chroma.
const (
	coloursYCbCr, coloursRGB, coloursGray = 0, 1, 2
	chroma420, chroma422, chroma444       = 1, 2, 3
)

// instance is one running libheif.
type instance struct{ *wasm.Instance }

func (in *instance) decode(ctx context.Context, data []byte) (Picture, error) {
	if _, err := in.Call(ctx, fnStart); err != nil {
		return Picture{}, err
	}
	file, err := in.alloc(ctx, len(data))
	if err != nil {
		return Picture{}, err
	}
	if err := in.Write(file, data); err != nil {
		return Picture{}, err
	}
	found, err := in.alloc(ctx, foundBytes)
	if err != nil {
		return Picture{}, err
	}
	run := func(sizeOnly, pixels uint64) error {
		ok, err := in.Call(ctx, fnDecode, file, uint64(len(data)), sizeOnly,
			found+atWidth, found+atHeight, found+atColours, found+atChroma, found+atAlpha, pixels)
		if err == nil && ok != 1 {
			err = ErrDamaged
		}
		return err
	}
	if err := run(1, 0); err != nil {
		return Picture{}, err
	}
	l, err := in.layout(uint32(found)) //nolint:gosec // an address of its memory, which has 32 bits
	if err != nil {
		return Picture{}, err
	}
	pixels, err := in.alloc(ctx, l.bytes)
	if err != nil {
		return Picture{}, err
	}
	if err := run(0, pixels); err != nil {
		return Picture{}, err
	}
	view, err := in.View(pixels, l.bytes)
	if err != nil {
		return Picture{}, err
	}
	return Picture{Image: l.picture(view), Width: l.width, Height: l.height}, nil
}

func (in *instance) alloc(ctx context.Context, n int) (uint64, error) {
	at, err := in.Call(ctx, fnMalloc, uint64(max(n, 1)))
	if err == nil && at == 0 {
		err = fmt.Errorf("%w: out of memory", ErrEngine)
	}
	return at, err
}

// layout judges the size and says where the pixels will lie.
func (in *instance) layout(found uint32) (layout, error) {
	w, h := in.Word(found+atWidth), in.Word(found+atHeight)
	if w == 0 || h == 0 || w > maxSide || h > maxSide || uint64(w)*uint64(h) > MaxPixels {
		return layout{}, fmt.Errorf("%w: %dx%d", ErrSize, w, h)
	}
	l := layout{width: int(w), height: int(h), colours: in.Word(found + atColours), chroma: in.Word(found + atChroma)}
	if !l.arrange() {
		return layout{}, ErrDamaged
	}
	return l, nil
}
