package compose

import (
	"image"

	"dispositivo/verify/ccitt"
)

// plane is one channel of a picture.
type plane struct {
	w, h int
	pix  []byte
}

func (p plane) empty() bool { return len(p.pix) == 0 }

func planeOf(img *image.Gray) plane {
	p := plane{w: img.Rect.Dx(), h: img.Rect.Dy()}
	if img.Stride == p.w {
		p.pix = img.Pix[:p.w*p.h]
		return p
	}
	for y := range p.h {
		p.pix = append(p.pix, img.Pix[y*img.Stride:][:p.w]...)
	}
	return p
}

// planesOf splits a picture as JPEG does (ITU-T T.871), with half the colour.
func planesOf(img *image.NRGBA) (y, cb, cr plane) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	y = plane{w, h, make([]byte, w*h)}
	cb, cr = plane{cw, ch, make([]byte, cw*ch)}, plane{cw, ch, make([]byte, cw*ch)}
	sums := make([][3]int32, cw) // red, green and blue of two rows
	counts := make([]int32, cw)
	for row := range h {
		src := img.Pix[row*img.Stride:][:4*w]
		for x := range w {
			r, g, b := int32(src[4*x]), int32(src[4*x+1]), int32(src[4*x+2])
			y.pix[row*w+x] = byte((19595*r + 38470*g + 7471*b + 1<<15) >> 16) //nolint:gosec // weights add up to 1
			s := &sums[x/2]
			s[0], s[1], s[2] = s[0]+r, s[1]+g, s[2]+b
			counts[x/2]++
		}
		if row%2 == 0 && row != h-1 {
			continue
		}
		for x, s := range sums {
			n := counts[x]
			r, g, b := s[0]/n, s[1]/n, s[2]/n
			i := row/2*cw + x
			cb.pix[i] = clamp((-11056*r-21712*g+32768*b)>>16 + 128)
			cr.pix[i] = clamp((32768*r-27440*g-5328*b)>>16 + 128)
		}
		clear(sums)
		clear(counts)
	}
	return y, cb, cr
}

func clamp(v int32) byte {
	return byte(min(max(v, 0), 255))
}

// within returns p with a long side of at most side.
func (p plane) within(side int) plane {
	long := max(p.w, p.h)
	if p.empty() || long <= side {
		return p
	}
	return p.shrunk(max(1, p.w*side/long), max(1, p.h*side/long))
}

// shrunk averages the pixels that each new one covers, weighing those at its
// edges by the part that is covered.
func (p plane) shrunk(w, h int) plane {
	if p.empty() || w == p.w && h == p.h {
		return p
	}
	spans := cover(p.w, w)
	rows := cover(p.h, h)
	dst := plane{w, h, make([]byte, w*h)}
	line := make([]uint32, p.w) // 255 × 256 × the rows of one span, a picture's height at most: below 2³²
	for y, r := range rows {
		clear(line)
		for i := r.from; i < r.to; i++ {
			addRow(line, p.pix[i*p.w:][:p.w], r.weight(i))
		}
		out := dst.pix[y*w:][:w]
		for x, s := range spans {
			all := uint64(s.total) * uint64(r.total)
			out[x] = byte((s.sum(line) + all/2) / all) //nolint:gosec // a mean of bytes
		}
	}
	return dst
}

func addRow(line []uint32, row []byte, weight uint32) {
	line = line[:len(row)]
	for x, v := range row {
		line[x] += uint32(v) * weight
	}
}

// span is what one new pixel covers of the old ones along one side; the first
// and the last count in part, in units of which one pixel has 256.
type span struct {
	from, to    int
	first, last uint32
	total       uint32
}

func (s span) weight(i int) uint32 {
	switch i {
	case s.from:
		return s.first
	case s.to - 1:
		return s.last
	}
	return 256
}

// sum weighs what the span covers of a line.
func (s span) sum(line []uint32) uint64 {
	sum := uint64(line[s.from]) * uint64(s.first)
	if s.to-s.from == 1 {
		return sum
	}
	for _, v := range line[s.from+1 : s.to-1] {
		sum += uint64(v) << 8
	}
	return sum + uint64(line[s.to-1])*uint64(s.last)
}

func cover(old, n int) []span {
	spans := make([]span, n)
	for i := range spans {
		a, b := i*old*256/n, (i+1)*old*256/n
		s := span{from: a / 256, to: min((b+255)/256, old), first: 256, last: 256}
		s.first = uint32(256 - a%256)
		if b%256 != 0 {
			s.last = uint32(b % 256) //nolint:gosec // 1 to 255
		}
		if s.to-s.from == 1 {
			s.first = min(s.first, s.last)
		}
		for j := s.from; j < s.to; j++ {
			s.total += s.weight(j)
		}
		spans[i] = s
	}
	return spans
}

// group4 codes a page of two colours without loss; below 128 is ink.
func group4(img *image.Gray) []byte {
	p := planeOf(img)
	return p.group4(128)
}

// group4 codes what is darker than threshold as ink.
func (p plane) group4(threshold byte) []byte {
	bits := ccitt.NewBitmap(p.w, p.h)
	for y := range p.h {
		row, out := p.pix[y*p.w:][:p.w], bits.Row(y)
		for x, v := range row {
			if v < threshold {
				out[x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return ccitt.Encode(bits, ccitt.Params{Encoding: ccitt.Group4})
}
