package compose

import (
	"errors"
	"fmt"
	"image"

	"dispositivo/verify/ccitt"
)

// Side is the longest side in pixels that a page is worth: 239 dots per inch
// on an A4 sheet.
const Side = 2800

// The floor. On an A4 sheet 1600 pixels are 137 dots per inch: a letter of a
// machine readable zone, 2.54 mm apart from the next, is 13 pixels wide, where
// the zone reader needs 5 and people about 8. A page that came with fewer pixels
// keeps those it has.
const (
	FloorSide    = 1600
	FloorQuality = 45
)

// ErrSheet is a sheet without pixels.
var ErrSheet = errors.New("compose: a page without pixels")

// Sheet is one page to be composed, upright.
type Sheet struct {
	// Gray or Colour is set. The package changes and keeps them.
	Gray   *image.Gray
	Colour *image.NRGBA
	// Bilevel says that Gray is a page of two colours, to be kept dot by dot.
	Bilevel bool
	// Writing says that the background is paper, which may be made white, and
	// that a page without colour may become bilevel when nothing else helps.
	Writing bool
	// WidthPt and HeightPt are the size on paper in points, if known; else the
	// long side is that of A4.
	WidthPt, HeightPt float64
}

// a4Long is the long side of an A4 sheet in points.
const a4Long = 297 / 25.4 * 72

// page is a sheet made ready.
type page struct {
	bits     []byte // Group 4 of a bilevel sheet
	y        plane  // of any other; empty once all that is wanted is made
	cb, cr   plane  // half as wide and high; empty without colour, too
	side     int    // the longer one of y
	writing  bool
	bw, bh   int // of bits
	wPt, hPt float64
	shrunk   shrunkPage
	made     map[rung]Coded
	other    *Coded // made by otherwise, once
}

// shrunkPage are the planes of a page at another size.
type shrunkPage struct {
	side      int
	y, cb, cr plane
}

func ready(s Sheet) (*page, error) {
	p := &page{writing: s.Writing, wPt: s.WidthPt, hPt: s.HeightPt, made: map[rung]Coded{}}
	var w, h int
	switch {
	case s.Gray != nil && !s.Gray.Rect.Empty():
		w, h = s.Gray.Rect.Dx(), s.Gray.Rect.Dy()
	case s.Colour != nil && !s.Colour.Rect.Empty():
		w, h = s.Colour.Rect.Dx(), s.Colour.Rect.Dy()
	default:
		return nil, ErrSheet
	}
	if p.wPt <= 0 || p.hPt <= 0 {
		scale := a4Long / float64(max(w, h))
		p.wPt, p.hPt = float64(w)*scale, float64(h)*scale
	}
	switch {
	case s.Bilevel && s.Gray != nil:
		p.bits, p.bw, p.bh = group4(s.Gray), w, h
		p.y = planeOf(s.Gray).within(faxSide) // if that does not fit
	case s.Gray != nil:
		p.y = planeOf(s.Gray).within(Side)
	default:
		p.y, p.cb, p.cr = planesOf(s.Colour)
		p.y, p.cb, p.cr = p.y.within(Side), p.cb.within(Side/2), p.cr.within(Side/2)
	}
	p.side = max(p.y.w, p.y.h)
	if s.Writing && p.bits == nil {
		p.flatten()
	}
	return p, nil
}

// Coded is one page as it stands in the PDF.
type Coded struct {
	Data []byte
	// Coding is "g4" or "jpeg".
	Coding        string
	Width, Height int
	Gray          bool
	// Quality is that of the JPEG, 1 to 100; 0 for g4.
	Quality int
	// WidthPt and HeightPt are the size on paper in points.
	WidthPt, HeightPt float64
}

// DPI is the resolution on paper.
func (c Coded) DPI() float64 {
	return float64(max(c.Width, c.Height)) / max(c.WidthPt, c.HeightPt) * 72
}

// HeavyError says that the pages do not fit, even at the floor, and which of
// them should be taken again because they need more than their share.
type HeavyError struct {
	// Pages are their indices, from 0, the heaviest first.
	Pages []int
	// Bytes is what all need at the floor, Limit what they may.
	Bytes, Limit int
}

// Error names sizes alone.
func (e *HeavyError) Error() string {
	return fmt.Sprintf("compose: %d pages do not fit: %d of %d bytes", len(e.Pages), e.Bytes, e.Limit)
}

// Draw returns the pixels of a page of Group 4, for a picture to look at.
func (c Coded) Draw() (*image.Gray, error) {
	bits, _, err := ccitt.Decode(c.Data, ccitt.Params{Encoding: ccitt.Group4, Columns: c.Width, Rows: c.Height, MaxPixels: c.Width * c.Height})
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	img := image.NewGray(image.Rect(0, 0, c.Width, c.Height))
	for y := range c.Height {
		row := img.Pix[y*img.Stride:][:c.Width]
		for x := range row {
			if !bits.Black(x, y) {
				row[x] = 0xff
			}
		}
	}
	return img, nil
}
