package pdf

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"unicode/utf16"

	"github.com/tetratelabs/wazero/api"
)

// DefaultMaxPixels bounds a page image: 16 million pixels, an A4 page at 400 dpi.
const DefaultMaxPixels = 16_000_000

// maxSide bounds one side of a page image, in pixels.
const maxSide = 30_000

// maxTextUnits bounds the text of one page, in UTF-16 units.
const maxTextUnits = 100_000

// RenderOptions says how to turn a page into pixels.
type RenderOptions struct {
	// DPI is the wanted resolution in dots per inch, 150 when 0.
	DPI float64
	// MaxPixels bounds width times height; a larger page is rendered at a lower
	// resolution. DefaultMaxPixels when 0.
	MaxPixels int
	// Gray gives an *image.Gray whatever the colours of the page.
	Gray bool
}

// Render draws page n (1-based) on white, with annotations and form fields as a
// viewer shows them. It returns the image, an *image.Gray when no pixel has any
// colour or Gray asks for it, else an *image.NRGBA, and the resolution used,
// which is lower than asked for when the page is too large.
func (d *Document) Render(ctx context.Context, n int, opts RenderOptions) (image.Image, float64, error) {
	wPt, hPt, err := d.PageSize(ctx, n)
	if err != nil {
		return nil, 0, err
	}
	w, h, dpi, err := pixelSize(wPt, hPt, opts)
	if err != nil {
		return nil, 0, err
	}
	bitmap, err := d.draw(ctx, w, h, opts.Gray)
	if err != nil {
		return nil, 0, err
	}
	img, err := d.copyBitmap(ctx, bitmap, w, h, opts.Gray)
	if err != nil {
		return nil, 0, err
	}
	_, err = d.call(ctx, "FPDFBitmap_Destroy", bitmap)
	return img, dpi, err
}

// pixelSize fits a page of points into the bounds of opts.
func pixelSize(wPt, hPt float64, opts RenderOptions) (w, h int, dpi float64, err error) {
	if !(wPt > 0 && hPt > 0) || math.IsInf(wPt, 0) || math.IsInf(hPt, 0) {
		return 0, 0, 0, fmt.Errorf("%w: it has no size", ErrPage)
	}
	dpi = opts.DPI
	if dpi <= 0 {
		dpi = 150
	}
	limit := float64(opts.MaxPixels)
	if limit <= 0 {
		limit = DefaultMaxPixels
	}
	inW, inH := wPt/pointsPerInch, hPt/pointsPerInch
	dpi = min(dpi, math.Sqrt(limit/(inW*inH)), maxSide/max(inW, inH))
	w, h = max(int(inW*dpi+1e-6), 1), max(int(inH*dpi+1e-6), 1)
	return w, h, dpi, nil
}

// draw renders the open page into a new bitmap of 32 bits a pixel.
func (d *Document) draw(ctx context.Context, w, h int, gray bool) (uint64, error) {
	const (
		formatBGRx   = 3
		flagAnnot    = 0x01
		flagGray     = 0x08
		flagRGBOrder = 0x10
		white        = 0xFFFFFFFF
	)
	bitmap, err := d.call(ctx, "FPDFBitmap_CreateEx", uint64(w), uint64(h), formatBGRx, 0, 0) //nolint:gosec // 1 to maxSide
	if err != nil {
		return 0, err
	}
	if bitmap == 0 {
		return 0, fmt.Errorf("%w: no memory for %dx%d pixels", ErrEngine, w, h)
	}
	if _, err := d.call(ctx, "FPDFBitmap_FillRect", bitmap, 0, 0, uint64(w), uint64(h), white); err != nil { //nolint:gosec // 1 to maxSide
		return 0, err
	}
	flags := uint64(flagAnnot | flagRGBOrder)
	if gray {
		flags |= flagGray
	}
	area := []uint64{0, 0, uint64(w), uint64(h), 0, flags} //nolint:gosec // 1 to maxSide
	if _, err := d.call(ctx, "FPDF_RenderPageBitmap", append([]uint64{bitmap, d.page}, area...)...); err != nil {
		return 0, err
	}
	if d.form != 0 {
		_, err = d.call(ctx, "FPDF_FFLDraw", append([]uint64{d.form, bitmap, d.page}, area...)...)
	}
	return bitmap, err
}

func (d *Document) copyBitmap(ctx context.Context, bitmap uint64, w, h int, gray bool) (image.Image, error) {
	at, err := d.call(ctx, "FPDFBitmap_GetBuffer", bitmap)
	if err != nil {
		return nil, err
	}
	step, err := d.call(ctx, "FPDFBitmap_GetStride", bitmap)
	if err != nil {
		return nil, err
	}
	stride := int(api.DecodeI32(step))
	if stride < 4*w {
		return nil, fmt.Errorf("%w: odd bitmap", ErrEngine)
	}
	src, err := d.view(at, stride*h)
	if err != nil {
		return nil, err
	}
	if gray {
		return grayOf(src, stride, w, h), nil
	}
	if img := colourless(src, stride, w, h); img != nil {
		return img, nil
	}
	return colourOf(src, stride, w, h), nil
}

// colourless is the picture in a quarter of the bytes when no pixel of it has any
// colour, as on nearly every scan; nil when one has.
func colourless(src []byte, stride, w, h int) *image.Gray {
	const colours, two = 0x00FFFFFF, 0x00FFFFFF_00FFFFFF // of a pixel, of two
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		in, out := src[y*stride:][:4*w], img.Pix[y*img.Stride:][:w]
		for x := 0; x < len(out); {
			if x+2 <= len(out) && binary.LittleEndian.Uint64(in[4*x:])&two == two { // paper
				out[x], out[x+1] = 0xFF, 0xFF
				x += 2
				continue
			}
			v := binary.LittleEndian.Uint32(in[4*x:]) & colours
			if v != (v&0xFF)*0x010101 {
				return nil
			}
			out[x] = byte(v) //nolint:gosec // the least of its bytes
			x++
		}
	}
	return img
}

func colourOf(src []byte, stride, w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row := img.Pix[y*img.Stride : y*img.Stride+4*w]
		copy(row, src[y*stride:])
		for x := 3; x < len(row); x += 4 {
			row[x] = 0xFF
		}
	}
	return img
}

// grayOf applies the luma weights once more, because form fields are drawn in
// colour whatever the flags say.
func grayOf(src []byte, stride, w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		in := src[y*stride : y*stride+4*w]
		out := img.Pix[y*img.Stride : y*img.Stride+w]
		for x := range out {
			r, g, b := uint32(in[4*x]), uint32(in[4*x+1]), uint32(in[4*x+2])
			out[x] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16) //nolint:gosec // the weights add up to 1<<16: at most 255
		}
	}
	return img
}

// Text returns the text of page n (1-based) in the order of its content, cut at
// 100,000 UTF-16 units. It is foreign and may hold anything.
func (d *Document) Text(ctx context.Context, n int) (string, error) {
	if err := d.openPage(ctx, n); err != nil {
		return "", err
	}
	text, err := d.call(ctx, "FPDFText_LoadPage", d.page)
	if err != nil || text == 0 {
		return "", err
	}
	found, err := d.call(ctx, "FPDFText_CountChars", text)
	if err != nil {
		return "", err
	}
	count := min(int(api.DecodeI32(found)), maxTextUnits)
	units, err := d.textUnits(ctx, text, count)
	if err != nil {
		return "", err
	}
	_, err = d.call(ctx, "FPDFText_ClosePage", text)
	return string(utf16.Decode(units)), err
}

func (d *Document) textUnits(ctx context.Context, text uint64, count int) ([]uint16, error) {
	if count <= 0 {
		return nil, nil
	}
	// PDFium may write two units for one character, and a final zero.
	at, err := d.alloc(ctx, 4*count+2)
	if err != nil {
		return nil, err
	}
	written, err := d.call(ctx, "FPDFText_GetText", text, 0, uint64(count), at)
	if err != nil {
		return nil, err
	}
	raw, err := d.view(at, 2*min(int(api.DecodeI32(written)), 2*count))
	if err != nil {
		return nil, err
	}
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		if u := binary.LittleEndian.Uint16(raw[i:]); u != 0 {
			units = append(units, u)
		}
	}
	return units, d.free(ctx, at)
}
