package raster

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"math"
)

// encodeSixteen encodes a grey picture as PNG of sixteen shades, four bits a
// pixel. The library's encoder would want a palette, look at each pixel three
// times and search for the last byte; a page of writing is mostly paper, which
// the quickest search finds as well.
func encodeSixteen(img *image.Gray) (Picture, error) {
	const greyscale, bits = 0, 4
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(nil, uint32(w)) //nolint:gosec // at most ReviewSide
	head = binary.BigEndian.AppendUint32(head, uint32(h)) //nolint:gosec // likewise
	writeChunk(&b, "IHDR", append(head, bits, greyscale, 0, 0, 0))
	var packed bytes.Buffer
	z, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		return Picture{}, fmt.Errorf("encode page: %w", err)
	}
	row := make([]byte, 1+(w+1)/2) // behind a zero: no filter
	for y := range h {
		pack(row[1:], img.Pix[y*img.Stride:][:w])
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

// shades are the nearest of sixteen greys.
var shades = func() (table [256]byte) {
	for v := range table {
		table[v] = byte((v + 8) / 17)
	}
	return table
}()

// pack puts two pixels into a byte.
func pack(dst, src []byte) {
	for i := 0; i < len(src)/2; {
		if from := src[2*i:]; len(from) >= 8 && binary.LittleEndian.Uint64(from) == math.MaxUint64 { // paper
			binary.LittleEndian.PutUint32(dst[i:], math.MaxUint32)
			i += 4
			continue
		}
		for end := min(i+4, len(src)/2); i < end; i++ {
			dst[i] = shades[src[2*i]]<<4 | shades[src[2*i+1]]
		}
	}
	if len(src)%2 == 1 {
		dst[len(dst)-1] = shades[src[len(src)-1]] << 4
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
