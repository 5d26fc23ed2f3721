package tiff

import "fmt"

// unpack writes n samples of a row to every step-th byte of dst: 0 to 255,
// whatever the number of bits; as they are, if they are indices.
func (f *format) unpack(dst []byte, step int, row []byte, n int, bigEndian bool) {
	switch {
	case f.bits == 8 && step == 1:
		copy(dst[:n], row)
	case f.bits == 8:
		for i, v := range row[:n] {
			dst[i*step] = v
		}
	case f.bits == 16:
		high, low := 1, 0
		if bigEndian {
			high, low = 0, 1
		}
		for i := range n {
			v := uint32(row[2*i+high])<<8 | uint32(row[2*i+low])
			dst[i*step] = byte((v*255 + 32_895) >> 16) //nolint:gosec // v/257, rounded
		}
	default:
		f.unpackBits(dst, step, row, n)
	}
}

// unpackBits does so for samples that do not fill bytes, the first in the
// highest bits whatever the byte order (TIFF 6.0, page 29).
func (f *format) unpackBits(dst []byte, step int, row []byte, n int) {
	most := uint32(1)<<f.bits - 1
	var hold uint32
	held := 0
	for i := range n {
		for held < f.bits {
			hold, held, row = hold<<8|uint32(row[0]), held+8, row[1:]
		}
		held -= f.bits
		v := hold >> held & most
		if f.photometric != palette {
			v = (v*255 + most/2) / most
		}
		dst[i*step] = byte(v) //nolint:gosec // at most 255: palettes have 8 bits
	}
}

// convert makes n pixels of interleaved samples: one byte each on a grey page,
// else four. Alpha is laid on white paper. The error is of a palette index
// without a colour, which every viewer would show in another way.
func (f *format) convert(dst, samples []byte, n int, gray bool) error {
	if f.photometric == palette {
		return f.paletted(dst, samples, n, gray)
	}
	if gray {
		f.greys(dst, samples, n)
		return nil
	}
	for i := range n {
		s := samples[i*f.samples:][:f.samples:f.samples]
		r, g, b := s[0], s[1], s[2]
		switch {
		case f.photometric == cmyk:
			r, g, b = ink(r, s[3]), ink(g, s[3]), ink(b, s[3])
		case f.yuv != nil:
			r, g, b = f.yuv.rgb(r, g, b)
		}
		if f.alpha > 0 {
			a := s[f.alpha]
			r, g, b = f.onWhite(r, a), f.onWhite(g, a), f.onWhite(b, a)
		}
		dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = r, g, b, 0xff
	}
	return nil
}

// greys converts a page of both senses of grey.
func (f *format) greys(dst, samples []byte, n int) {
	flip := byte(0)
	if f.photometric == whiteIsZero {
		flip = 0xff
	}
	for i := range n {
		v := samples[i*f.samples] ^ flip
		if f.alpha > 0 {
			v = f.onWhite(v, samples[i*f.samples+f.alpha])
		}
		dst[i] = v
	}
}

// paletted looks colours up, every index checked.
func (f *format) paletted(dst, samples []byte, n int, gray bool) error {
	for i := range n {
		s := samples[i*f.samples:]
		if int(s[0]) >= len(f.colours) {
			return fmt.Errorf("colour %d of %d", s[0], len(f.colours))
		}
		c := f.colours[s[0]]
		if gray {
			dst[i] = c[0]
			continue
		}
		dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = c[0], c[1], c[2], 0xff
	}
	return nil
}

// ink is how bright an ink leaves the paper, black laid over it.
func ink(colour, black byte) byte {
	return byte((255 - uint32(colour)) * (255 - uint32(black)) / 255) //nolint:gosec // at most 255
}

// onWhite lays a colour on white.
func (f *format) onWhite(c, alpha byte) byte {
	if alpha == 0xff { // as a rule
		return c
	}
	rest := 255 - uint32(alpha)
	if f.associated {
		return byte(min(uint32(c)+rest, 255))
	}
	return byte((uint32(c)*uint32(alpha) + 255*rest + 127) / 255) //nolint:gosec // an average of bytes
}
