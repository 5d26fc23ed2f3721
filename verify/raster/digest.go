package raster

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// Digest is equal for two pages exactly when they have the same pixels and are shown
// alike, whatever encoding or wrapper carried them (C9: the same pages are recorded as a
// duplicate). It is that of the picture as it was decoded: not cleaned, not turned.
//
// A page of black and white is packed, eight pixels a byte, whether it was stored with
// one bit a pixel or drawn from a PDF. Of the resolution only how high a pixel is counts,
// to the nearest power of two: gateways tag the same fax with 203, 204 or 200 dots, and
// none or 98 for 196 lines would show it at half its height.
func (p *Page) Digest() [sha256.Size]byte {
	w, h := p.src.size()
	var kind byte
	var pixels []byte
	if p.src.colour != nil {
		kind, pixels = 'c', p.src.colour.Pix
	} else if bits, ok := packed(p.src.gray.Pix); ok {
		kind, pixels = 'b', bits
	} else {
		kind, pixels = 'g', p.src.gray.Pix
	}
	head := []byte{'p', 'i', 'x', '1', kind}
	head = append(head, byte(max(1, p.geometry.Orientation)))               //nolint:gosec // 1 to 8
	head = append(head, byte(math.Round(math.Log2(p.geometry.Aspect))+128)) // -2 to 2: newPage looks
	head = binary.BigEndian.AppendUint32(head, uint32(w))                   //nolint:gosec // bounded by maxAny
	head = binary.BigEndian.AppendUint32(head, uint32(h))                   //nolint:gosec // likewise
	sum := sha256.New()
	_, _ = sum.Write(head) // a hash never fails to write
	_, _ = sum.Write(pixels)
	return [sha256.Size]byte(sum.Sum(nil))
}

// packed makes a bit of each pixel; false when one is neither black nor white. It runs
// over whole words, because a fax has four million pixels.
func packed(pix []byte) ([]byte, bool) {
	const (
		ones   = 0x0101010101010101
		gather = 0x8040201008040201 // bit k of byte k
	)
	bits := make([]byte, 0, len(pix)/8+8)
	for len(pix) >= 8 {
		v := binary.LittleEndian.Uint64(pix)
		if v != v&ones*0xff {
			return nil, false
		}
		bits = append(bits, byte(v&gather*ones>>56))
		pix = pix[8:]
	}
	for _, v := range pix {
		if v != 0 && v != 0xff {
			return nil, false
		}
		bits = append(bits, v)
	}
	return bits, true
}
