package ccitt

import (
	"encoding/binary"
	"math/bits"
)

// Bitmap is a bilevel picture in packed rows: one bit a pixel, 1 is black, the
// most significant bit is leftmost. Bits right of Width are 0.
type Bitmap struct {
	Width, Height int
	// Stride is the number of bytes in a row, (Width+7)/8.
	Stride int
	Pix    []byte
}

// NewBitmap returns a white picture. The size must be positive and is not
// checked against any limit.
func NewBitmap(width, height int) Bitmap {
	stride := (width + 7) / 8
	return Bitmap{Width: width, Height: height, Stride: stride, Pix: make([]byte, stride*height)}
}

// Row returns the bytes of row y.
func (b *Bitmap) Row(y int) []byte { return b.Pix[y*b.Stride : (y+1)*b.Stride] }

// Black reports whether the pixel at x, y is black; the point must be inside.
func (b *Bitmap) Black(x, y int) bool {
	return b.Pix[y*b.Stride+x>>3]&(0x80>>(x&7)) != 0
}

// paint draws black from every even change to the next into a white row.
func paint(dst []byte, changes []int32, n int) {
	for i := 0; i < n; i += 2 {
		from, to := int(changes[i]), int(changes[i+1])
		first, last := from>>3, to>>3
		head, tail := byte(0xff)>>(from&7), ^(byte(0xff) >> (to & 7))
		if first == last {
			dst[first] |= head & tail
			continue
		}
		dst[first] |= head
		for k := first + 1; k < last; k++ {
			dst[k] = 0xff
		}
		if tail != 0 {
			dst[last] |= tail
		}
	}
}

// changes lists the changing elements of a packed row, with sentinels, and
// returns their number. dst must have room for width+guard entries.
func changes(dst []int32, src []byte, width int) int {
	n := 0
	carry := uint64(0) // the pixel left of the word, in the top bit
	for at := 0; at < width; at += 64 {
		var w uint64
		if rest := src[at>>3:]; len(rest) >= 8 {
			w = binary.BigEndian.Uint64(rest)
		} else {
			for i, b := range rest {
				w |= uint64(b) << (56 - 8*i)
			}
		}
		edges := w ^ (w>>1 | carry)
		carry = w << 63
		for edges != 0 {
			i := bits.LeadingZeros64(edges)
			edges &^= 1 << (63 - i)
			if at+i >= width {
				break
			}
			dst[n] = int32(at + i) //nolint:gosec // a column
			n++
		}
	}
	for i := n; i < n+guard; i++ {
		dst[i] = int32(width) //nolint:gosec // ≤ maxColumns
	}
	return n
}

// distance counts the pixels in which two rows differ; both lists have
// sentinels.
func distance(a, b []int32, width int) int {
	sum, i, j, from := 0, 0, 0, 0
	end := int32(width) //nolint:gosec // ≤ maxColumns
	for {
		at := min(a[i], b[j])
		if (i^j)&1 != 0 {
			sum += int(at) - from
		}
		if at >= end {
			return sum
		}
		from = int(at)
		if a[i] == at {
			i++
		}
		if b[j] == at {
			j++
		}
	}
}

// reverseBits turns the bits of every byte around.
func reverseBits(p []byte) {
	for len(p) >= 8 {
		w := binary.LittleEndian.Uint64(p)
		binary.LittleEndian.PutUint64(p, bits.ReverseBytes64(bits.Reverse64(w)))
		p = p[8:]
	}
	for i, b := range p {
		p[i] = bits.Reverse8(b)
	}
}
