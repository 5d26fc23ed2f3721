package ccitt

import (
	"errors"
	"fmt"
)

// Encoding is one of the codings of T.4 and T.6.
type Encoding uint8

// The encodings, with the TIFF tags that announce them.
const (
	// ModifiedHuffman is one-dimensional, without end-of-line codes, every row
	// beginning at a byte (Compression 2; PDF K 0 with EncodedByteAlign).
	ModifiedHuffman Encoding = iota
	// Group31D has an end-of-line code before each row (Compression 3).
	Group31D
	// Group32D mixes rows of both kinds, told apart by a bit behind each
	// end-of-line code (Compression 3, T4Options bit 0).
	Group32D
	// Group4 is two-dimensional throughout, without end-of-line codes
	// (Compression 4).
	Group4
	// Runs is one-dimensional with neither end-of-line codes nor aligned rows:
	// what PDF calls K 0 without EndOfLine.
	Runs
)

// String names the encoding as internal reports do.
func (e Encoding) String() string {
	switch e {
	case ModifiedHuffman:
		return "mh"
	case Group31D:
		return "g3-1d"
	case Group32D:
		return "g3-2d"
	case Group4:
		return "g4"
	case Runs:
		return "runs"
	}
	return fmt.Sprintf("encoding-%d", uint8(e))
}

// Params is what the caller knows of a stream. All but Columns may be wrong.
type Params struct {
	Encoding Encoding
	// Columns is the width of the page, 1 to 65,535.
	Columns int
	// Rows is the height, 0 when unknown.
	Rows int
	// LSBFirst is TIFF's FillOrder 2.
	LSBFirst bool
	// ByteAligned makes rows of Group4 and Runs begin at bytes (PDF
	// EncodedByteAlign). For Group 3 it makes the encoder end end-of-line codes
	// at bytes (T4Options bit 2); the decoder takes fill as it finds it.
	ByteAligned bool
	// Uncompressed says that uncompressed mode may occur (T4Options or T6Options
	// bit 1). It is refused where it does occur; without the bit it is damage.
	Uncompressed bool
	// K is for the encoder: at most K-1 rows of Group32D in a row are
	// two-dimensional; 0 means 4.
	K int
	// NoEnd is for the encoder: no EOFB or RTC at the end (TIFF class F forbids
	// the RTC).
	NoEnd bool
	// MaxPixels bounds the picture, 0 means DefaultMaxPixels.
	MaxPixels int
}

// DefaultMaxPixels bounds a page unless Params say otherwise (DESIGN section 4).
const DefaultMaxPixels = 40_000_000

// maxColumns bounds the width: sixteen bits, as in every fax.
const maxColumns = 65_535

// Errors of Decode. Damage is no error.
var (
	// ErrParams is a size outside the limits of Params.
	ErrParams = errors.New("ccitt: size out of bounds")
	// ErrEmpty means that there are no data.
	ErrEmpty = errors.New("ccitt: no data")
	// ErrUncompressed means that the page uses uncompressed mode.
	ErrUncompressed = errors.New("ccitt: uncompressed mode")
)

// A Range is rows From to To-1, the first row of a page being 0.
type Range struct{ From, To int }

// Report says how a page was read.
type Report struct {
	// Rows is how many rows came out of the data: what is missing below them is
	// white, what is missing among them was filled and is Damaged.
	Rows int
	// Damaged are the rows not vouched for, in order, without overlap. Rows that
	// were repaired for certain are not among them.
	Damaged []Range
	// Repaired counts places where changing a bit or a byte put the page right.
	Repaired int
	// Encoding and LSBFirst are what was found, whatever Params said.
	Encoding Encoding
	LSBFirst bool
	// Short and Long compare with Params.Rows, if that was not 0. Rows beyond it
	// are kept when they decode cleanly.
	Short, Long bool
	// Ended is true if the page ended as its encoding prescribes or exactly with
	// the data.
	Ended bool
	// Truncated is true if rows were dropped for MaxPixels.
	Truncated bool
}

// DamagedRows counts the rows in Damaged.
func (r *Report) DamagedRows() int {
	n := 0
	for _, d := range r.Damaged {
		n += d.To - d.From
	}
	return n
}

// Decode reads one stream (a TIFF strip or tile, a PDF image) with a fresh
// Decoder. See [Decoder.Decode].
func Decode(data []byte, p Params) (Bitmap, Report, error) {
	var d Decoder
	var b Bitmap
	report, err := d.Decode(&b, data, p)
	return b, report, err
}

func (p *Params) check() error {
	if p.MaxPixels <= 0 {
		p.MaxPixels = DefaultMaxPixels
	}
	if p.Columns < 1 || p.Columns > maxColumns || p.Rows < 0 || p.Encoding > Runs {
		return fmt.Errorf("%w: %d columns, %d rows, %s", ErrParams, p.Columns, p.Rows, p.Encoding)
	}
	if p.Rows > p.MaxPixels/p.Columns {
		return fmt.Errorf("%w: %d x %d pixels", ErrParams, p.Columns, p.Rows)
	}
	return nil
}
