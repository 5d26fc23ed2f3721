package symbol

import (
	"context"
	"fmt"
	"image"

	"github.com/tetratelabs/wazero/api"
)

// Kind names a symbology.
type Kind string

// The symbologies that are read. Code39 carries the codice fiscale on the
// tessera sanitaria, QR the token of our form, PDF417 the data of identity
// documents and driving licences of many countries.
const (
	QR              Kind = "qr"
	Code39          Kind = "code39"
	Code128         Kind = "code128"
	Code93          Kind = "code93"
	Codabar         Kind = "codabar"
	I25             Kind = "i25"
	EAN13           Kind = "ean13"
	EAN8            Kind = "ean8"
	DataBar         Kind = "databar"
	DataBarExpanded Kind = "databar_expanded"
	DataMatrix      Kind = "datamatrix"
	PDF417          Kind = "pdf417"
)

// AllKinds are all of them, strongest first. Codabar, I25, EAN8 and DataBar are
// weakly protected: on pages without any code they are what is read into noise
// most often.
func AllKinds() []Kind {
	return []Kind{QR, DataMatrix, PDF417, Code39, Code128, Code93, EAN13, I25, Codabar, DataBar, DataBarExpanded, EAN8}
}

// DefaultKinds are those a signed form, identity documents and the bills and
// tickets that come along with them carry.
func DefaultKinds() []Kind { return []Kind{QR, Code39, Code128, I25, DataMatrix, PDF417} }

// ofCells tells whether a kind is MatrixEngine's.
func (k Kind) ofCells() bool { return k == DataMatrix || k == PDF417 }

// symbology is ZBar's number of a kind, with the shortest text worth believing
// (0: the kind has a fixed length or its own checks) and how many scan lines
// must agree on it, which ZBar calls quality.
type symbology struct {
	number            uint64
	shortest, quality int
}

var symbologies = map[Kind]symbology{
	QR:              {number: 64},
	Code39:          {number: 39, shortest: 5, quality: 2},
	Code128:         {number: 128, shortest: 3, quality: 2},
	Code93:          {number: 93, shortest: 4, quality: 3},
	Codabar:         {number: 38, shortest: 6, quality: 4},
	I25:             {number: 25, shortest: 8, quality: 4},
	EAN13:           {number: 13, quality: 3},
	EAN8:            {number: 8, quality: 6},
	DataBar:         {number: 34, quality: 6},
	DataBarExpanded: {number: 35, shortest: 6, quality: 6},
}

// maxText bounds the text of one symbol, in bytes: the largest QR code holds
// 7089 digits. maxSymbols bounds how many of a picture are handed out.
const (
	maxText    = 8192
	maxSymbols = 256
	maxPoints  = 4096
)

// Symbol is one code found.
type Symbol struct {
	Kind Kind
	// Text is what the code says: foreign bytes of any kind, at most 8192.
	Text string
	// Points are where it was seen, in pixels of the picture that was searched:
	// the four corners of a QR code, the ends of the scan lines of bars, the corners
	// of the part that was searched for a Data Matrix or PDF417.
	Points []image.Point
	// Rect encloses Points.
	Rect image.Rectangle
	// Quality counts the scan lines that agree, for codes of bars; higher is
	// surer, and there is no upper end. It is 1 for the others.
	Quality int
}

// ScanOptions says what to look for.
type ScanOptions struct {
	// Kinds to read, DefaultKinds when nil. Those of MatrixEngine are passed over.
	Kinds []Kind
	// Density looks at every nth row and column only, each one when 0. QR codes
	// are found while their modules are twice as large.
	Density int
}

// ZBar's settings (zbar.h, zbar_config_t).
const (
	cfgEnable   = 0
	cfgBinary   = 4
	cfgMinLen   = 32
	cfgPosition = 128
	cfgXDensity = 256
	cfgYDensity = 257
	allKinds    = 0
)

// configure runs the constructors and makes the scanner.
func (in *instance) configure(ctx context.Context, opts ScanOptions) error {
	if _, err := in.Call(ctx, fnStart); err != nil {
		return err
	}
	scanner, err := in.Call(ctx, fnCreateScanner)
	if err != nil {
		return err
	}
	if scanner == 0 {
		return fmt.Errorf("%w: no memory to start", ErrEngine)
	}
	in.scanner = scanner
	kinds := opts.Kinds
	if kinds == nil {
		kinds = DefaultKinds()
	}
	settings := [][3]uint64{{allKinds, cfgEnable, 0}, {allKinds, cfgPosition, 1}}
	for _, k := range kinds {
		if k.ofCells() {
			continue // the other engine's
		}
		s, ok := symbologies[k]
		if !ok {
			return fmt.Errorf("symbol: unknown kind %q", k)
		}
		settings = append(settings, [3]uint64{s.number, cfgEnable, 1})
		if s.shortest > 0 {
			settings = append(settings, [3]uint64{s.number, cfgMinLen, uint64(s.shortest)})
		}
	}
	// Text as it is, instead of guessed into UTF-8.
	settings = append(settings, [3]uint64{symbologies[QR].number, cfgBinary, 1})
	for _, s := range settings {
		if _, err := in.Call(ctx, fnSetConfig, scanner, s[0], s[1], s[2]); err != nil {
			return err
		}
	}
	return in.density(ctx, opts.Density)
}

// density sets how many rows and columns are looked at: every nth.
func (in *instance) density(ctx context.Context, n int) error {
	for _, setting := range []uint64{cfgXDensity, cfgYDensity} {
		if _, err := in.Call(ctx, fnSetConfig, in.scanner, allKinds, setting, uint64(max(n, 1))); err != nil {
			return err
		}
	}
	return nil
}

// scan reads one picture. Several may follow each other in one instance.
func (in *instance) scan(ctx context.Context, img *image.Gray) ([]Symbol, error) {
	picture, err := in.load(ctx, img)
	if err != nil {
		return nil, err
	}
	count, err := in.Call(ctx, fnScan, in.scanner, picture)
	if err != nil {
		return nil, err
	}
	var found []Symbol
	if api.DecodeI32(count) > 0 {
		set, err := in.Call(ctx, fnSymbols, picture)
		if err != nil {
			return nil, err
		}
		found = in.symbols(uint32(set), img.Rect.Min) //nolint:gosec // an address of 32 bits
	}
	_, err = in.Call(ctx, fnDestroyImage, picture)
	return found, err
}

// load copies the pixels into the engine.
func (in *instance) load(ctx context.Context, img *image.Gray) (uint64, error) {
	if err := checkSize(img, MaxPixels); err != nil {
		return 0, err
	}
	const fourccY800 = 0x30303859
	w, h := img.Rect.Dx(), img.Rect.Dy()
	at, err := in.Call(ctx, fnMalloc, uint64(w*h)) //nolint:gosec // a picture within MaxPixels
	if err != nil {
		return 0, err
	}
	if at == 0 {
		return 0, fmt.Errorf("%w: no memory for %dx%d pixels", ErrEngine, w, h)
	}
	dst, err := in.View(at, w*h)
	if err != nil {
		return 0, err
	}
	for y := range h {
		copy(dst[y*w:(y+1)*w], img.Pix[y*img.Stride:])
	}
	picture, err := in.Call(ctx, fnCreateImage, uint64(w), uint64(h), fourccY800, at, uint64(w*h), 0) //nolint:gosec // a picture within MaxPixels
	if err == nil && picture == 0 {
		err = fmt.Errorf("%w: no memory for a picture", ErrEngine)
	}
	return picture, err
}

// checkSize refuses what is empty, has more pixels than most, or says more than
// it holds.
func checkSize(img *image.Gray, most int) error {
	if img == nil || img.Rect.Empty() {
		return ErrSize
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if w > maxSide || h > maxSide || w*h > most || img.Stride < w || len(img.Pix) < (h-1)*img.Stride+w {
		return fmt.Errorf("%w: %dx%d", ErrSize, w, h)
	}
	return nil
}
