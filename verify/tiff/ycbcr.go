package tiff

import (
	"fmt"
	"image/color"
	"io"
)

// yuv describes uncompressed YCbCr (TIFF 6.0, section 21): how many pixels
// across and down share their colour, and which codes mean black and white.
type yuv struct {
	across, down int
	reference    [6]float64
}

func (y *yuv) subsampled() bool { return y.across > 1 || y.down > 1 }

// readYCbCr prepares for YCbCr. In JPEG it is the decoder's business, which
// knows the subsampling from the data and hands out RGB.
func (f *format) readYCbCr(d directory) string {
	if f.jpeg() {
		f.photometric = rgb
		f.jpegYCbCr = true
		return ""
	}
	y := &yuv{across: d.small(tagYCbCrSubsampling, 0, 2), down: d.small(tagYCbCrSubsampling, 1, 2)}
	for _, n := range []int{y.across, y.down} {
		if n != 1 && n != 2 && n != 4 {
			return fmt.Sprintf("YCbCr subsampled %dx%d", y.across, y.down)
		}
	}
	if f.bits != 8 || f.samples != 3 || y.subsampled() && f.planes > 1 {
		return "YCbCr of an unusual kind"
	}
	y.reference = [6]float64{0, 255, 128, 255, 128, 255}
	if d.count(tagReferenceBW) == len(y.reference) {
		for i := range y.reference {
			y.reference[i] = d.rational(tagReferenceBW, i)
		}
	}
	f.yuv = y
	return ""
}

// rgb converts one pixel (ITU-R BT.601).
func (y *yuv) rgb(luma, cb, cr byte) (r, g, b byte) {
	r0 := &y.reference
	return color.YCbCrToRGB(
		spread(luma, r0[0], r0[1], 0, 255), spread(cb, r0[2], r0[3], 128, 127), spread(cr, r0[4], r0[5], 128, 127),
	)
}

// spread maps the code black to base and white to base+span.
func spread(v byte, black, white, base, span float64) byte {
	if white == black {
		return v
	}
	x := base + (float64(v)-black)*span/(white-black) + 0.5
	return byte(min(max(x, 0), 255))
}

// sharedRows reads subsampled YCbCr: units of across × down pixels, the lumas
// first and then the two colours they share.
type sharedRows struct {
	r     io.Reader
	yuv   *yuv
	units []byte // those of one row of units
	row   []byte
	left  int // rows of the units not yet handed out
}

func newSharedRows(r io.Reader, y *yuv, width int) *sharedRows {
	return &sharedRows{
		r: r, yuv: y, row: make([]byte, 3*width), units: make([]byte, ceil(width, y.across)*(y.across*y.down+2)),
	}
}

func (s *sharedRows) next() ([]byte, error) {
	if s.left == 0 {
		if _, err := io.ReadFull(s.r, s.units); err != nil {
			return nil, err
		}
		s.left = s.yuv.down
	}
	size, line := s.yuv.across*s.yuv.down, s.yuv.down-s.left
	s.left--
	for x := range len(s.row) / 3 {
		unit := s.units[x/s.yuv.across*(size+2):]
		s.row[3*x] = unit[line*s.yuv.across+x%s.yuv.across]
		s.row[3*x+1], s.row[3*x+2] = unit[size], unit[size+1]
	}
	return s.row, nil
}
