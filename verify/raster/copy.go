package raster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
)

// What is wrong with an image that a decoder handed out.
var (
	ErrSize = errors.New("raster: image without size or larger than allowed")
	ErrKind = errors.New("raster: image of an unknown kind")
	ErrData = errors.New("raster: image data do not match the image's size")
)

// maxAny bounds every image, whatever the caller allows: 40 million pixels.
const maxAny = 40_000_000

// plain is a copy of an image: gray or colour, exactly one of them set, bounds
// beginning at the origin and data exactly as long as they must be. Colour is
// opaque, laid on white.
type plain struct {
	gray   *image.Gray
	colour *image.NRGBA
}

func (p plain) image() image.Image {
	if p.gray != nil {
		return p.gray
	}
	return p.colour
}

func (p plain) size() (w, h int) {
	b := p.image().Bounds()
	return b.Dx(), b.Dy()
}

// grayed is the picture in grey.
func (p plain) grayed() *image.Gray {
	if p.gray != nil {
		return p.gray
	}
	dst := image.NewGray(p.colour.Bounds())
	for i := range dst.Pix {
		dst.Pix[i] = luma(p.colour.Pix[4*i], p.colour.Pix[4*i+1], p.colour.Pix[4*i+2])
	}
	return dst
}

// copyOf copies img, making it smaller by a whole number on both sides when it
// has more than maxPixels.
func copyOf(img image.Image, maxPixels int) (p plain, err error) {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if w <= 0 || h <= 0 || int64(w)*int64(h) > maxAny {
		return plain{}, fmt.Errorf("%w: %dx%d", ErrSize, w, h)
	}
	if err := check(img); err != nil {
		return plain{}, err
	}
	defer func() {
		if r := recover(); r != nil { // an image that lies about itself after all
			p, err = plain{}, ErrData
		}
	}()
	factor := 1
	for (w/factor)*(h/factor) > maxPixels && min(w, h)/(factor+1) > 0 {
		factor++
	}
	switch src := img.(type) {
	case *image.Gray:
		return plain{gray: shrinkGray(src, factor)}, nil
	case *image.Gray16:
		return plain{gray: shrinkGray(narrow(src), factor)}, nil
	}
	if src, ok := img.(*image.NRGBA); ok && factor == 1 {
		if gray := colourless(src); gray != nil {
			return plain{gray: gray}, nil
		}
	}
	return simplify(shrinkColour(img, factor)), nil
}

// colourless is what simplify makes of an opaque picture without colour, nil for
// any other: most pages are such, and one look at each pixel is enough.
func colourless(src *image.NRGBA) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	allowed := max(0, int(math.Ceil(colourShare*float64(w*h)))-1)
	for y := range h {
		row, out := src.Pix[y*src.Stride:][:4*w], dst.Pix[y*dst.Stride:][:w]
		for x := range out {
			v := binary.LittleEndian.Uint32(row[4*x:])
			if v == math.MaxUint32 {
				out[x] = 0xff
				continue
			}
			r, g, b := byte(v), byte(v>>8), byte(v>>16) //nolint:gosec // its bytes
			if max(r, g, b)-min(r, g, b) > colourSpan {
				allowed--
			}
			if v>>24 != 0xff || allowed < 0 {
				return nil
			}
			out[x] = luma(r, g, b)
		}
	}
	return dst
}

// check compares the size of an image's data with its bounds, so that no access
// below can miss, and lets only kinds through that it knows.
func check(img image.Image) error {
	b := img.Bounds()
	fits := func(pix []byte, stride, pixelBytes int) error {
		if stride < b.Dx()*pixelBytes || len(pix) < (b.Dy()-1)*stride+b.Dx()*pixelBytes {
			return ErrData
		}
		return nil
	}
	switch src := img.(type) {
	case *image.Gray:
		return fits(src.Pix, src.Stride, 1)
	case *image.Gray16:
		return fits(src.Pix, src.Stride, 2)
	case *image.RGBA:
		return fits(src.Pix, src.Stride, 4)
	case *image.NRGBA:
		return fits(src.Pix, src.Stride, 4)
	case *image.CMYK:
		return fits(src.Pix, src.Stride, 4)
	case *image.RGBA64:
		return fits(src.Pix, src.Stride, 8)
	case *image.NRGBA64:
		return fits(src.Pix, src.Stride, 8)
	case *image.Paletted:
		if err := fits(src.Pix, src.Stride, 1); err != nil {
			return err
		}
		return checkPalette(src)
	case *image.YCbCr:
		last := image.Pt(b.Max.X-1, b.Max.Y-1)
		if len(src.Y) <= src.YOffset(last.X, last.Y) || min(len(src.Cb), len(src.Cr)) <= src.COffset(last.X, last.Y) {
			return ErrData
		}
		return nil
	}
	return fmt.Errorf("%w: %T", ErrKind, img)
}

// checkPalette refuses indices beyond the palette: a viewer would show one
// thing and another viewer another.
func checkPalette(img *image.Paletted) error {
	if len(img.Palette) == 0 || len(img.Palette) > 256 {
		return ErrData
	}
	b := img.Bounds()
	for y := range b.Dy() {
		for _, index := range img.Pix[y*img.Stride : y*img.Stride+b.Dx()] {
			if int(index) >= len(img.Palette) {
				return fmt.Errorf("%w: colour %d of %d", ErrData, index, len(img.Palette))
			}
		}
	}
	return nil
}

func narrow(src *image.Gray16) *image.Gray {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row := src.Pix[y*src.Stride:]
		for x := range w {
			dst.Pix[y*dst.Stride+x] = row[2*x]
		}
	}
	return dst
}

// shrinkGray averages squares of factor × factor pixels.
func shrinkGray(src *image.Gray, factor int) *image.Gray {
	w, h := src.Bounds().Dx()/factor, src.Bounds().Dy()/factor
	dst := image.NewGray(image.Rect(0, 0, w, h))
	if factor == 1 {
		for y := range h {
			copy(dst.Pix[y*dst.Stride:y*dst.Stride+w], src.Pix[y*src.Stride:])
		}
		return dst
	}
	sums := make([]uint32, w)
	for y := range h {
		clear(sums)
		for dy := range factor {
			row := src.Pix[(y*factor+dy)*src.Stride:]
			for x := range sums {
				for dx := range factor {
					sums[x] += uint32(row[x*factor+dx])
				}
			}
		}
		for x, sum := range sums {
			dst.Pix[y*dst.Stride+x] = byte(sum / uint32(factor*factor)) //nolint:gosec // an average of bytes
		}
	}
	return dst
}

// shrinkColour does the same for everything else, laying it on white.
func shrinkColour(src image.Image, factor int) *image.NRGBA {
	b := src.Bounds()
	w, h := b.Dx()/factor, b.Dy()/factor
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	if img, ok := src.(*image.NRGBA); ok && factor == 1 && img.Opaque() {
		for y := range h {
			copy(dst.Pix[y*dst.Stride:y*dst.Stride+4*w], img.Pix[y*img.Stride:])
		}
		return dst
	}
	if img, ok := src.(*image.YCbCr); ok && factor == 1 {
		openYCbCr(dst, img)
		return dst
	}
	at := opener(src)
	n := uint32(factor * factor) //nolint:gosec // factor is small
	for y := range h {
		out := dst.Pix[y*dst.Stride:]
		for x := range w {
			var r, g, bl uint32
			for dy := range factor {
				for dx := range factor {
					cr, cg, cb := at(b.Min.X+x*factor+dx, b.Min.Y+y*factor+dy)
					r, g, bl = r+cr, g+cg, bl+cb
				}
			}
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = byte(r/n), byte(g/n), byte(bl/n), 0xff //nolint:gosec // averages of bytes
		}
	}
	return dst
}

// openYCbCr is shrinkColour for what nearly all photographs are, at their own size.
func openYCbCr(dst *image.NRGBA, src *image.YCbCr) {
	for y := range dst.Rect.Dy() {
		out := dst.Pix[y*dst.Stride:][:4*dst.Rect.Dx()]
		for x := range dst.Rect.Dx() {
			sx, sy := src.Rect.Min.X+x, src.Rect.Min.Y+y
			c := src.COffset(sx, sy)
			r, g, b := color.YCbCrToRGB(src.Y[src.YOffset(sx, sy)], src.Cb[c], src.Cr[c])
			p := out[4*x : 4*x+4 : 4*x+4]
			p[0], p[1], p[2], p[3] = r, g, b, 0xff
		}
	}
}

// opener returns how to read a pixel as 8-bit colour on white, fast for the
// kinds that decoders hand out most.
func opener(src image.Image) func(x, y int) (r, g, b uint32) {
	switch img := src.(type) {
	case *image.NRGBA:
		return func(x, y int) (r, g, b uint32) {
			i := img.PixOffset(x, y)
			p := img.Pix[i : i+4 : i+4]
			if p[3] == 0xff {
				return uint32(p[0]), uint32(p[1]), uint32(p[2])
			}
			return onWhite(color.NRGBA{p[0], p[1], p[2], p[3]})
		}
	case *image.RGBA:
		return func(x, y int) (r, g, b uint32) {
			i := img.PixOffset(x, y)
			p := img.Pix[i : i+4 : i+4]
			if p[3] == 0xff {
				return uint32(p[0]), uint32(p[1]), uint32(p[2])
			}
			return onWhite(color.RGBA{p[0], p[1], p[2], p[3]})
		}
	case *image.YCbCr:
		return func(x, y int) (r, g, b uint32) {
			c := img.YCbCrAt(x, y)
			cr, cg, cb := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return uint32(cr), uint32(cg), uint32(cb)
		}
	}
	return func(x, y int) (r, g, b uint32) { return onWhite(src.At(x, y)) }
}

// onWhite lays a colour on white paper. A colour that is brighter than its
// alpha allows is cut.
func onWhite(c color.Color) (r, g, b uint32) {
	cr, cg, cb, ca := c.RGBA()
	rest := 0xffff - min(ca, 0xffff)
	return min(cr+rest, 0xffff) >> 8, min(cg+rest, 0xffff) >> 8, min(cb+rest, 0xffff) >> 8
}

// Colour of a page counts when at least colourShare of its pixels have one
// channel more than colourSpan above another: a signature in blue ink does,
// the noise of a scanner does not.
const (
	colourSpan  = 32
	colourShare = 0.0002
)

// simplify makes a picture without colour a grey one.
func simplify(src *image.NRGBA) plain {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	count := 0
	for i := 0; i+3 < len(src.Pix); i += 4 {
		r, g, b := src.Pix[i], src.Pix[i+1], src.Pix[i+2]
		if max(r, g, b)-min(r, g, b) > colourSpan {
			count++
		}
	}
	if float64(count) >= colourShare*float64(w*h) && count > 0 {
		return plain{colour: src}
	}
	dst := image.NewGray(image.Rect(0, 0, w, h))
	for i := range dst.Pix {
		dst.Pix[i] = luma(src.Pix[4*i], src.Pix[4*i+1], src.Pix[4*i+2])
	}
	return plain{gray: dst}
}

// luma weighs colours as ITU-R BT.601 does.
func luma(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16) //nolint:gosec // weights add up to 1
}
