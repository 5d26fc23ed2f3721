// Package photo decodes the pictures that telephones and scanners make: JPEG
// and PNG, upright as their Exif data say.
//
// The package is a leaf for the sandbox child: it must not be called in the
// server, open files, or say anything of what a picture shows. Sizes are judged
// before anything is allocated.
package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// What is wrong with a picture.
var (
	// ErrSize is a picture without size or with more pixels than allowed.
	ErrSize = errors.New("photo: size out of bounds")
	// ErrTruncated is a picture whose end is missing.
	ErrTruncated = errors.New("photo: the end is missing")
	// ErrDamaged is what cannot be decoded.
	ErrDamaged = errors.New("photo: damaged, or of a kind that is not read")
	// ErrFormat is neither JPEG nor PNG.
	ErrFormat = errors.New("photo: neither JPEG nor PNG")
)

// Limits bound a picture by the memory that decoding takes.
type Limits struct {
	// Pixels is the most a picture may have whose decoder needs three bytes a
	// pixel at most, 64 million if 0. Progressive JPEG and PNG may have 3/8 of
	// them, PNG of 16 bits 3/16.
	Pixels int64
}

const defaultPixels = 64_000_000

// workingPixels is how many pixels a JPEG is reduced to right after decoding.
const workingPixels = 16_000_000

// Picture is a decoded picture.
type Picture struct {
	// Image has the pixels as stored, or a whole fraction of them on both sides.
	Image image.Image
	// Orientation is 1 to 8 (Exif 2.32, tag 0x0112, the same as TIFF's).
	Orientation int
	// Width and Height are as stored.
	Width, Height int
}

// Is reports whether data begin like a picture that Decode reads.
func Is(data []byte) bool { return isJPEG(data) || isPNG(data) }

func isJPEG(data []byte) bool { return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) }
func isPNG(data []byte) bool  { return bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) }

// Decode decodes a picture. The errors are ErrSize, ErrTruncated, ErrDamaged
// and ErrFormat.
func Decode(data []byte, limits Limits) (Picture, error) {
	if limits.Pixels <= 0 {
		limits.Pixels = defaultPixels
	}
	switch {
	case isJPEG(data):
		return decodeJPEG(data, limits.Pixels)
	case isPNG(data):
		return decodePNG(data, limits.Pixels*3/8)
	}
	return Picture{}, ErrFormat
}

func decodeJPEG(data []byte, most int64) (Picture, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Picture{}, classify(err)
	}
	head := header(data)
	if head.progressive {
		most = most * 3 / 8
	}
	if err := fits(config, most); err != nil {
		return Picture{}, err
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, classify(err)
	}
	if big, ok := img.(*image.YCbCr); ok {
		img = reduced(big, workingPixels)
	}
	return Picture{Image: img, Orientation: head.orientation, Width: config.Width, Height: config.Height}, nil
}

func decodePNG(data []byte, most int64) (Picture, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Picture{}, classify(err)
	}
	switch config.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		most /= 2
	}
	if err := fits(config, most); err != nil {
		return Picture{}, err
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, classify(err)
	}
	return Picture{Image: img, Orientation: 1, Width: config.Width, Height: config.Height}, nil
}

func fits(c image.Config, most int64) error {
	if c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > most {
		return fmt.Errorf("%w: %dx%d", ErrSize, c.Width, c.Height)
	}
	return nil
}

// classify hides what the decoders say: it may quote the file.
func classify(err error) error {
	short := errors.Is(err, png.FormatError("not enough pixel data"))
	if short || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrTruncated
	}
	return ErrDamaged
}

// reduced averages squares of pixels until at most so many are left, so that
// what comes after needs a quarter of the memory.
func reduced(src *image.YCbCr, most int) *image.YCbCr {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	factor := 1
	for (w/factor)*(h/factor) > most && min(w, h)/(factor+1) > 0 {
		factor++
	}
	if factor == 1 {
		return src
	}
	dst := image.NewYCbCr(image.Rect(0, 0, w/factor, h/factor), image.YCbCrSubsampleRatio444)
	at := src.Rect.Min
	for y := range h / factor {
		for x := range w / factor {
			var sy, sb, sr int
			for dy := range factor {
				for dx := range factor {
					c := src.YCbCrAt(at.X+x*factor+dx, at.Y+y*factor+dy)
					sy, sb, sr = sy+int(c.Y), sb+int(c.Cb), sr+int(c.Cr)
				}
			}
			n, i := factor*factor, y*dst.YStride+x
			dst.Y[i], dst.Cb[i], dst.Cr[i] = byte(sy/n), byte(sb/n), byte(sr/n) //nolint:gosec // averages of bytes
		}
	}
	return dst
}
