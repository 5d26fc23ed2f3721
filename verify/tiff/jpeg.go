package tiff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
)

// What is wrong with JPEG data before they are decoded.
var (
	errJPEG     = errors.New("malformed JPEG")
	errJPEGSize = errors.New("a JPEG of another size than its page")
)

const (
	// maxScans bounds the scans of a progressive JPEG, each of which costs as
	// much as a page and may be a few bytes long. Encoders write about ten.
	maxScans = 100
	// maxTables bounds JPEGTables, which is copied before every strip. Four
	// quantisation and eight Huffman tables take 2 KB.
	maxTables = 1 << 14
)

// The markers of JPEG that matter here (ITU-T T.81, table B.1).
const (
	markSOF0 = 0xc0
	markSOF2 = 0xc2
	markDHT  = 0xc4
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markDQT  = 0xdb
	markDRI  = 0xdd
	markAPP0 = 0xe0
	markAPPE = 0xee // application segment 14, Adobe's
)

// These segments tell image/jpeg what the components are: YCbCr, or what TIFF
// says.
var (
	isYCbCr = []byte{0xff, markAPP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0}
	isPlain = []byte{0xff, markAPPE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0}
)

// jpegHead is what the frame header of a JPEG says.
type jpegHead struct {
	width, height, components int
	progressive               bool
	unit                      int // rows of a row of coded units
	subsampled                bool
	heightAt                  int // where the height stands
}

// segments calls visit for every marker segment up to the first scan, and
// returns where that begins; len(data) if there is none.
func segments(data []byte, visit func(marker byte, segment []byte, at int) error) (int, error) {
	if len(data) < 2 || data[0] != 0xff || data[1] != markSOI {
		return 0, errJPEG
	}
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff {
			return 0, errJPEG
		}
		marker := data[at+1]
		switch marker {
		case 0xff: // fill
			at++
			continue
		case markSOS:
			return at, nil
		case markEOI:
			return len(data), nil
		}
		size := 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if size < 4 || at+size > len(data) {
			return 0, io.ErrUnexpectedEOF
		}
		if err := visit(marker, data[at:at+size], at); err != nil {
			return 0, err
		}
		at += size
	}
	return len(data), nil
}

// readFrame reads a frame header, which lies at the place at.
func (h *jpegHead) readFrame(marker byte, segment []byte, at int) error {
	if len(segment) < 10 || len(segment) < 10+3*int(segment[9]) || h.components > 0 {
		return errJPEG
	}
	h.progressive = marker == markSOF2
	h.height, h.heightAt = int(binary.BigEndian.Uint16(segment[5:])), at+5
	h.width, h.components = int(binary.BigEndian.Uint16(segment[7:])), int(segment[9])
	for i := range h.components {
		across, down := int(segment[11+3*i]>>4), int(segment[11+3*i]&15)
		h.unit = max(h.unit, 8*down)
		h.subsampled = h.subsampled || across*down > 1 && h.components > 1
	}
	return nil
}

// joinJPEG makes one stream of the tables that all strips of a page share and a
// strip (TIFF Technical Note 2). What the strip says of its colours is replaced
// by what TIFF says, as libtiff does; RGB that is subsampled cannot be RGB.
func joinJPEG(tables, strip []byte, isYUV bool) ([]byte, jpegHead, error) {
	var head jpegHead
	var middle []byte
	frame := 0
	scan, err := segments(strip, func(marker byte, segment []byte, _ int) error {
		switch {
		case marker == markAPP0 || marker == markAPPE:
			return nil
		case marker >= markSOF0 && marker <= markSOF2:
			frame = len(middle)
			if err := head.readFrame(marker, segment, 0); err != nil {
				return err
			}
		}
		middle = append(middle, segment...)
		return nil
	})
	if err == nil && head.components == 0 {
		err = errJPEG
	}
	if err != nil {
		return nil, jpegHead{}, err
	}
	stream := append(make([]byte, 0, len(tables)+len(strip)+64), 0xff, markSOI)
	if head.components == 3 && (isYUV || head.subsampled) {
		stream = append(stream, isYCbCr...)
	} else {
		stream = append(stream, isPlain...)
	}
	if len(tables) > 0 && len(tables) <= maxTables {
		_, err := segments(tables, func(marker byte, segment []byte, _ int) error {
			if marker == markDHT || marker == markDQT || marker == markDRI {
				stream = append(stream, segment...)
			}
			return nil
		})
		if err != nil {
			return nil, jpegHead{}, fmt.Errorf("JPEG tables: %w", err)
		}
	}
	head.heightAt = len(stream) + frame + 5
	stream = append(stream, middle...)
	return append(stream, strip[scan:]...), head, nil
}

// headOf reads the head of a whole stream.
func headOf(stream []byte) (head jpegHead, err error) {
	_, err = segments(stream, func(marker byte, segment []byte, at int) error {
		if marker >= markSOF0 && marker <= markSOF2 {
			return head.readFrame(marker, segment, at)
		}
		return nil
	})
	if err == nil && head.components == 0 {
		err = errJPEG
	}
	return head, err
}

// decodeJPEG decodes a stream for a block of w × h pixels. What comes out may
// be higher or wider. If the data end early or are spoilt, the rows above are
// returned: a JPEG whose header claims fewer rows ends before the damage. The
// caller must be able to change stream.
func decodeJPEG(stream []byte, head jpegHead, a area) (img image.Image, rows int, err error) {
	if head.height == 0 { // to be told behind the first scan, which nobody does
		head.height = a.h
		binary.BigEndian.PutUint16(stream[head.heightAt:], uint16(a.h)) //nolint:gosec // at most maxSide
	}
	most := 2*int64(a.bw)*int64(a.bh) + 1<<12
	if head.width < a.w || int64(head.width)*int64(head.height) > most || head.unit == 0 {
		return nil, 0, errJPEGSize
	}
	if bytes.Count(stream, []byte{0xff, markSOS}) > maxScans {
		return nil, 0, errJPEG
	}
	stream = append(stream, 0xff, markEOI)
	img, err = jpeg.Decode(bytes.NewReader(stream))
	if err == nil || head.progressive {
		return img, head.height, err
	}
	good, bad := 0, ceil(head.height, head.unit)
	for bad-good > 1 {
		middle := (good + bad) / 2
		binary.BigEndian.PutUint16(stream[head.heightAt:], uint16(middle*head.unit)) //nolint:gosec // below head.height
		part, err := jpeg.Decode(bytes.NewReader(stream))
		if err != nil {
			bad = middle
			continue
		}
		good, img = middle, part
	}
	if good == 0 {
		return nil, 0, err
	}
	return img, good * head.unit, nil
}

// jpegRows hands out a decoded JPEG. YCbCr becomes RGB.
type jpegRows struct {
	img     image.Image
	samples int
	y, rows int
	row     []byte
}

// newJPEGRows reads the number of samples from what image/jpeg made.
func newJPEGRows(img image.Image, rows int) (*jpegRows, error) {
	j := &jpegRows{img: img, rows: min(rows, img.Bounds().Dy())}
	switch img.(type) {
	case *image.Gray:
		j.samples = 1
	case *image.YCbCr, *image.RGBA:
		j.samples = 3
	case *image.CMYK:
		j.samples = 4
	default:
		return nil, errJPEG
	}
	j.row = make([]byte, j.samples*img.Bounds().Dx())
	return j, nil
}

func (j *jpegRows) next() ([]byte, error) {
	if j.y >= j.rows {
		return nil, io.ErrUnexpectedEOF
	}
	w := j.img.Bounds().Dx()
	switch img := j.img.(type) {
	case *image.Gray:
		copy(j.row, img.Pix[j.y*img.Stride:][:w])
	case *image.YCbCr:
		for x := range w {
			at, shared := img.YOffset(x, j.y), img.COffset(x, j.y)
			j.row[3*x], j.row[3*x+1], j.row[3*x+2] = color.YCbCrToRGB(img.Y[at], img.Cb[shared], img.Cr[shared])
		}
	case *image.RGBA:
		pix := img.Pix[j.y*img.Stride:][:4*w]
		for x := range w {
			copy(j.row[3*x:3*x+3], pix[4*x:])
		}
	case *image.CMYK: // which image/jpeg takes for Adobe's inverted inks
		for i, v := range img.Pix[j.y*img.Stride:][:4*w] {
			j.row[i] = 255 - v
		}
	}
	j.y++
	return j.row, nil
}

// oldJPEG finds the stream of an old-style JPEG page (TIFF 6.0, section 22) where
// it is there as a whole: as JPEGInterchangeFormat says, up to the end of the
// file, its head there and the rest in the strips, or all in the first strip.
func (p *page) oldJPEG() [][]byte {
	var streams [][]byte
	data := p.grid.data
	size := uint64(len(data))
	if at := p.dir.value(tagJPEGInterchange, 0, 0); at > 0 && at < size {
		whole := data[at:]
		if n := p.dir.value(tagJPEGLength, 0, 0); n > 0 && n < size-at {
			head := data[at : at+n]
			streams = append(streams, head, append(bytes.TrimSuffix(bytes.Clone(head), []byte{0xff, markEOI}), p.strips()...))
		}
		streams = append(streams, whole)
	}
	return append(streams, p.strips())
}

// strips joins the data of all strips, as far as they do not overlap.
func (p *page) strips() []byte {
	var all []byte
	for row := range p.grid.down {
		for col := range p.grid.across {
			strip := p.grid.bytes(p.grid.area(col, row), 0)
			if len(all)+len(strip) > len(p.grid.data) {
				return all
			}
			all = append(all, strip...)
		}
	}
	return all
}
