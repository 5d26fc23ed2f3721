package symbol

import (
	"context"
	"encoding/binary"
	"errors"
	"image"

	"github.com/tetratelabs/wazero/api"

	"dispositivo/verify/wasm"
)

// MatrixEngine is rxing, compiled once, for what ZBar does not know: Data Matrix,
// and PDF417, which many identity documents and driving licences carry. It may
// be used by several goroutines.
type MatrixEngine struct{ wasm *wasm.Engine }

// NewMatrixEngine compiles code (see assets.RXing) or loads it from the cache.
func NewMatrixEngine(ctx context.Context, code []byte, cfg EngineConfig) (*MatrixEngine, error) {
	if cfg.MemoryPages == 0 {
		cfg.MemoryPages = DefaultMemoryPages
	}
	e, err := wasm.NewEngine(ctx, code, cfg, instantiateMatrixHost)
	if err != nil {
		return nil, err
	}
	return &MatrixEngine{e}, nil
}

// Close frees the engine. No scan may be running.
func (e *MatrixEngine) Close(ctx context.Context) error { return e.wasm.Close(ctx) }

// Scan reads a picture once, as it is, in an instance of its own. It finds one
// symbol at most: looking for more takes rxing seconds. Errors: ErrSize,
// ErrEngine, or the context's.
func (e *MatrixEngine) Scan(ctx context.Context, img *image.Gray) ([]Symbol, error) {
	in, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	found, err := in.scan(ctx, img)
	return found, errors.Join(err, in.Close(ctx))
}

// The hints that rxing is given (DecodeHintTypes of its glue), and the numbers of
// the two kinds (BarcodeFormat).
const (
	hintPossibleFormats = 2
	hintTryHarder       = 3
	possibleFormats     = "DataMatrix,Pdf417"
	formatDataMatrix    = 5
	formatPDF417        = 10
)

// matrixInstance is one running rxing.
type matrixInstance struct {
	*wasm.Instance
	hints uint64 // its DecodeHintDictionary
}

func (e *MatrixEngine) start(ctx context.Context) (*matrixInstance, error) {
	guest, err := e.wasm.Start(ctx)
	if err != nil {
		return nil, err
	}
	in := &matrixInstance{Instance: guest}
	if err := in.configure(ctx); err != nil {
		return nil, errors.Join(err, in.Close(ctx))
	}
	return in, nil
}

func (in *matrixInstance) configure(ctx context.Context) (err error) {
	if in.hints, err = in.Call(ctx, mxNewHints); err != nil {
		return err
	}
	for _, hint := range []struct {
		number uint64
		value  string
	}{{hintPossibleFormats, possibleFormats}, {hintTryHarder, "true"}} {
		at, err := in.put(ctx, []byte(hint.value))
		if err != nil {
			return err
		}
		if _, err := in.Call(ctx, mxSetHint, in.hints, hint.number, at, uint64(len(hint.value))); err != nil {
			return err
		}
	}
	return nil
}

// put hands data over to the engine, which frees it.
func (in *matrixInstance) put(ctx context.Context, data []byte) (uint64, error) {
	at, err := in.Call(ctx, mxMalloc, uint64(len(data)), 1)
	if err != nil {
		return 0, err
	}
	return at, in.Write(at, data)
}

// scan reads one picture.
func (in *matrixInstance) scan(ctx context.Context, img *image.Gray) ([]Symbol, error) {
	if err := checkSize(img, MaxPixels); err != nil {
		return nil, err
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	at, err := in.put(ctx, framed(img, img.Rect, 0).Pix)
	if err != nil {
		return nil, err
	}
	const noFilter = 0
	answer, err := in.answer(ctx, mxDecode, at, uint64(w*h), uint64(w), uint64(h), in.hints, noFilter) //nolint:gosec // a picture within MaxPixels
	if err != nil || answer[2] != 0 {                                                                  // an exception: nothing was found
		return nil, err
	}
	s, ok, err := in.symbol(ctx, answer[0])
	if err != nil || !ok {
		return nil, err
	}
	// rxing turns pictures and does not turn back where it saw a code.
	r := img.Rect
	s.Rect, s.Points = r, []image.Point{r.Min, {r.Min.X, r.Max.Y - 1}, r.Max.Sub(image.Pt(1, 1)), {r.Max.X - 1, r.Min.Y}}
	return []Symbol{s}, nil
}

// symbol reads a result. Nothing is given back: the instance ends with the picture.
func (in *matrixInstance) symbol(ctx context.Context, result uint32) (Symbol, bool, error) {
	format, err := in.Call(ctx, mxFormat, uint64(result))
	if err != nil {
		return Symbol{}, false, err
	}
	kind, ok := map[uint64]Kind{formatDataMatrix: DataMatrix, formatPDF417: PDF417}[format]
	if !ok {
		return Symbol{}, false, nil
	}
	where, err := in.answer(ctx, mxText, uint64(result))
	if err != nil {
		return Symbol{}, false, err
	}
	text, err := in.View(uint64(where[0]), int(min(where[1], maxText)))
	if err != nil || len(text) == 0 {
		return Symbol{}, false, err
	}
	return Symbol{Kind: kind, Text: string(text), Quality: 1}, true, nil
}

// answer calls an export that writes up to four words where its first parameter
// says; that is on the engine's stack.
func (in *matrixInstance) answer(ctx context.Context, name string, args ...uint64) (answer [4]uint32, err error) {
	const size = 16
	at, err := in.Call(ctx, mxStack, api.EncodeI32(-size))
	if err != nil {
		return answer, err
	}
	if _, err := in.Call(ctx, name, append([]uint64{at}, args...)...); err != nil {
		return answer, err
	}
	raw, err := in.View(at, size)
	if err != nil {
		return answer, err
	}
	for i := range answer {
		answer[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	_, err = in.Call(ctx, mxStack, size)
	return answer, err
}
