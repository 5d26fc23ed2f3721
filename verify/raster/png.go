package raster

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
)

// shades says how many greys a picture keeps.
type shades struct {
	bits   int       // of a pixel: 2 or 4
	packed [256]byte // the nearest of them
}

// sixteen greys keep the shape of letters in scans and small copies; four are
// enough where every grey comes from turning and shrinking a page of two colours
// by a little.
var four, sixteen = newShades(2), newShades(4)

func newShades(bits int) *shades {
	s := &shades{bits: bits}
	step := 0xff / (1<<bits - 1)
	for v := range s.packed {
		s.packed[v] = byte((v + step/2) / step) //nolint:gosec // less than the shades
	}
	return s
}

// encode encodes a grey picture as PNG. The library's encoder would want a
// palette, look at each pixel three times and search for the last byte; a page of
// writing is mostly paper, which the quickest search finds as well.
func (s *shades) encode(img *image.Gray) (Picture, error) {
	const greyscale = 0
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(nil, uint32(w))                  //nolint:gosec // at most ReviewSide
	head = binary.BigEndian.AppendUint32(head, uint32(h))                  //nolint:gosec // likewise
	writeChunk(&b, "IHDR", append(head, byte(s.bits), greyscale, 0, 0, 0)) //nolint:gosec // 2 or 4
	var packed bytes.Buffer
	z, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		return Picture{}, fmt.Errorf("encode page: %w", err)
	}
	row := make([]byte, 1+(w*s.bits+7)/8) // behind a zero: no filter
	for y := range h {
		s.pack(row[1:], img.Pix[y*img.Stride:][:w])
		if _, err := z.Write(row); err != nil {
			return Picture{}, fmt.Errorf("encode page: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return Picture{}, fmt.Errorf("encode page: %w", err)
	}
	writeChunk(&b, "IDAT", packed.Bytes())
	writeChunk(&b, "IEND", nil)
	return picture(&b, img, "image/png"), nil
}

// pack puts eight pixels into as many bytes as one of them has bits.
func (s *shades) pack(dst, src []byte) {
	const group = 8
	for ; len(src) >= group; src, dst = src[group:], dst[s.bits:] {
		if eightWhite(src) { // paper
			for i := range dst[:s.bits] {
				dst[i] = 0xff
			}
			continue
		}
		var v uint32
		for _, grey := range src[:group] {
			v = v<<s.bits | uint32(s.packed[grey])
		}
		for i := range dst[:s.bits] {
			dst[i] = byte(v >> (group * (s.bits - 1 - i))) //nolint:gosec // its bytes
		}
	}
	clear(dst)
	for i, grey := range src {
		at := i * s.bits
		dst[at/group] |= s.packed[grey] << (group - s.bits - at%group)
	}
}

// writeChunk writes a part of a PNG file.
func writeChunk(b *bytes.Buffer, name string, data []byte) {
	var number [4]byte
	binary.BigEndian.PutUint32(number[:], uint32(len(data))) //nolint:gosec // a page is far smaller
	b.Write(number[:])
	from := b.Len()
	b.WriteString(name)
	b.Write(data)
	binary.BigEndian.PutUint32(number[:], crc32.ChecksumIEEE(b.Bytes()[from:]))
	b.Write(number[:])
}
