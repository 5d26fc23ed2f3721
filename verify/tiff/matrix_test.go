package tiff

import (
	"bytes"
	"cmp"
	"compress/lzw"
	"compress/zlib"
	"fmt"
	"image/color"
	"io"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"dispositivo/verify/ccitt"
)

// sheet is a picture and one way to store it.
type sheet struct {
	photometric, bits int
	extra             int // 0, or a value of ExtraSamples for one sample more
	compression       int // 5000 is old libtiff's LZW
	planar, tiled     bool
	predictor         bool
	lsbFirst          bool
	bigEndian, big    bool
	w, h              int
	samples           []int // interleaved
}

func (s *sheet) String() string {
	return fmt.Sprintf("photometric %d, %d bits, extra %d, compression %d, planar %v, tiled %v, predictor %v, "+
		"lsb first %v, big endian %v, BigTIFF %v", s.photometric, s.bits, s.extra, s.compression, s.planar, s.tiled,
		s.predictor, s.lsbFirst, s.bigEndian, s.big)
}

// perPixel is the number of samples.
func (s *sheet) perPixel() int {
	n := map[int]int{rgb: 3, cmyk: 4, ycbcr: 3}[s.photometric]
	if n == 0 {
		n = 1
	}
	return n + min(s.extra, 1)
}

func (s *sheet) fax() bool { return s.compression >= 2 && s.compression <= 4 }

// fill draws random samples; of a bilevel sheet, runs.
func (s *sheet) fill(r *rand.Rand) {
	s.samples = make([]int, s.w*s.h*s.perPixel())
	for i := range s.samples {
		if s.bits == 1 && i > 0 && r.IntN(5) > 0 {
			s.samples[i] = s.samples[i-1]
			continue
		}
		s.samples[i] = r.IntN(1 << s.bits)
	}
}

// colourOf is what TIFF says a palette of ours holds.
func colourOf(i int) color.NRGBA { return color.NRGBA{byte(3 * i), byte(255 - i), byte(7 * i), 255} }

// want is the pixel at x, y, worked out from the definition.
func (s *sheet) want(x, y int) color.NRGBA {
	n := s.perPixel()
	px := s.samples[(y*s.w+x)*n:][:n]
	level := func(i int) int { return (px[i]*255*2 + 1<<s.bits - 1) / (2 * (1<<s.bits - 1)) }
	var c [3]int
	switch s.photometric {
	case whiteIsZero:
		c = [3]int{255 - level(0), 255 - level(0), 255 - level(0)}
	case blackIsZero:
		c = [3]int{level(0), level(0), level(0)}
	case palette:
		return colourOf(px[0])
	case cmyk:
		for i := range c {
			c[i] = (255 - level(i)) * (255 - level(3)) / 255
		}
	case ycbcr:
		r, g, b := color.YCbCrToRGB(byte(px[0]), byte(px[1]), byte(px[2]))
		return color.NRGBA{r, g, b, 255}
	default:
		c = [3]int{level(0), level(1), level(2)}
	}
	if s.extra > 0 {
		a := level(n - 1)
		for i := range c {
			if s.extra == 1 {
				c[i] = min(255, c[i]+255-a)
			} else {
				c[i] = (c[i]*a + 255*(255-a) + 127) / 255
			}
		}
	}
	return color.NRGBA{byte(c[0]), byte(c[1]), byte(c[2]), 255}
}

// Tiles are 16 × 16, strips five rows.
const (
	tileSide  = 16
	stripRows = 5
)

// file writes the sheet.
func (s *sheet) file() []byte {
	b := newBuilder(s.bigEndian)
	if s.big {
		b = newBigBuilder(s.bigEndian)
	}
	planes, n := 1, s.perPixel()
	if s.planar {
		planes = n
	}
	var offsets, counts []uint32
	for plane := range planes {
		for _, block := range s.blocks(plane, planes, b.order) {
			offsets, counts = append(offsets, b.put(block)), append(counts, uint32(len(block)))
		}
	}
	b.page(s.tags(planes, offsets, counts)...)
	return b.data
}

func (s *sheet) tags(planes int, offsets, counts []uint32) []tag {
	n := s.perPixel()
	depths := make([]uint32, n)
	for i := range depths {
		depths[i] = uint32(s.bits)
	}
	compression := uint32(s.compression)
	if s.compression == 5000 {
		compression = 5
	}
	tags := []tag{
		short(tagWidth, uint32(s.w)), short(tagLength, uint32(s.h)), short(tagBitsPerSample, depths...),
		short(tagCompression, compression), short(tagPhotometric, uint32(s.photometric)),
		short(tagSamplesPerPixel, uint32(n)),
	}
	if s.lsbFirst {
		tags = append(tags, short(tagFillOrder, 2))
	}
	if planes > 1 {
		tags = append(tags, short(tagPlanar, 2))
	}
	if s.predictor {
		tags = append(tags, short(tagPredictor, 2))
	}
	if s.extra > 0 {
		tags = append(tags, short(tagExtraSamples, uint32(s.extra)))
	}
	if s.photometric == ycbcr {
		tags = append(tags, short(tagYCbCrSubsampling, 1, 1))
	}
	if s.photometric == palette {
		tags = append(tags, s.colorMap())
	}
	kind := uint16(4)
	if s.big {
		kind = 16
	}
	if s.tiled {
		tags = append(tags, short(tagTileWidth, tileSide), short(tagTileLength, tileSide),
			tag{tagTileOffsets, kind, offsets}, tag{tagTileByteCounts, kind, counts})
	} else {
		tags = append(tags, short(tagRowsPerStrip, stripRows),
			tag{tagStripOffsets, kind, offsets}, tag{tagStripByteCounts, kind, counts})
	}
	slices.SortFunc(tags, func(a, b tag) int { return cmp.Compare(a.id, b.id) })
	return tags
}

func (s *sheet) colorMap() tag {
	n := 1 << s.bits
	values := make([]uint32, 3*n)
	for i := range n {
		c := colourOf(i)
		for k, v := range []byte{c.R, c.G, c.B} {
			values[k*n+i] = uint32(v) * 257
		}
	}
	return short(tagColorMap, values...)
}

// blocks cuts a plane into strips or tiles, and compresses them.
func (s *sheet) blocks(plane, planes int, order byteOrder) [][]byte {
	bw, bh := s.w, stripRows
	if s.tiled {
		bw, bh = tileSide, tileSide
	}
	var out [][]byte
	for y := 0; y < s.h; y += bh {
		for x := 0; x < s.w; x += bw {
			rows := bh
			if !s.tiled {
				rows = min(bh, s.h-y)
			}
			var data []byte
			for dy := range rows {
				data = append(data, s.row(x, y+dy, bw, plane, planes, order)...)
			}
			out = append(out, s.compress(data, bw, rows))
		}
	}
	return out
}

// row packs a row of a block; what lies beyond the page is 0.
func (s *sheet) row(x, y, bw, plane, planes int, order byteOrder) []byte {
	n := s.perPixel()
	var values []int
	for i := range bw {
		for k := range n {
			if planes > 1 && k != plane {
				continue
			}
			v := 0
			if x+i < s.w && y < s.h {
				v = s.samples[(y*s.w+x+i)*n+k]
			}
			values = append(values, v)
		}
	}
	if s.predictor {
		step := n / planes
		for i := len(values) - 1; i >= step; i-- {
			values[i] = (values[i] - values[i-step]) & (1<<s.bits - 1)
		}
	}
	if s.bits == 16 {
		var out []byte
		for _, v := range values {
			out = order.AppendUint16(out, uint16(v))
		}
		return out
	}
	out := make([]byte, (len(values)*s.bits+7)/8)
	for i, v := range values {
		for k := range s.bits {
			if at := i*s.bits + k; v>>(s.bits-1-k)&1 == 1 {
				out[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	return out
}

// deflater is used again and again, because a new one takes a megabyte.
var deflater = zlib.NewWriter(io.Discard)

func (s *sheet) compress(data []byte, w, h int) []byte {
	switch s.compression {
	case 2, 3, 4:
		p := ccitt.Params{Encoding: []ccitt.Encoding{ccitt.ModifiedHuffman, ccitt.Group31D, ccitt.Group4}[s.compression-2]}
		p.LSBFirst = s.lsbFirst
		return ccitt.Encode(ccitt.Bitmap{Width: w, Height: h, Stride: (w + 7) / 8, Pix: data}, p)
	case 5:
		data = plainLZW(data)
	case 5000:
		var b bytes.Buffer
		z := lzw.NewWriter(&b, lzw.LSB, 8)
		_, _ = z.Write(data) // into memory
		_ = z.Close()
		data = b.Bytes()
	case 8, 32946:
		var b bytes.Buffer
		deflater.Reset(&b)
		_, _ = deflater.Write(data) // into memory
		_ = deflater.Close()
		data = b.Bytes()
	case 32773:
		data = packBytes(data)
	}
	if s.lsbFirst {
		data = bytes.Clone(data)
		for i := range data {
			data[i] = bits.Reverse8(data[i])
		}
	}
	return data
}

// plainLZW writes every byte as a code of nine bits and starts anew before they
// would have to grow.
func plainLZW(data []byte) []byte {
	var out []byte
	var hold, held uint
	put := func(code uint) {
		hold, held = hold<<9|code, held+9
		for held >= 8 {
			out, held = append(out, byte(hold>>(held-8))), held-8
		}
	}
	for i, b := range data {
		if i%250 == 0 {
			put(256)
		}
		put(uint(b))
	}
	put(257)
	return append(out, byte(hold<<(8-held)))
}

// packBytes writes runs where there are any.
func packBytes(data []byte) []byte {
	out := []byte{128} // which means nothing
	for len(data) > 0 {
		n := 1
		for n < len(data) && n < 128 && data[n] == data[0] {
			n++
		}
		if n > 1 {
			out, data = append(out, byte(257-n), data[0]), data[n:]
			continue
		}
		for n < len(data) && n < 128 && data[n] != data[n-1] {
			n++
		}
		out, data = append(append(out, byte(n-1)), data[:n]...), data[n:]
	}
	return out
}

// sheets are all ways to store a picture that make sense.
func sheets() []sheet {
	var all []sheet
	for _, kind := range []sheet{
		{photometric: whiteIsZero},
		{photometric: blackIsZero},
		{photometric: blackIsZero, extra: 2},
		{photometric: rgb},
		{photometric: rgb, extra: 1},
		{photometric: rgb, extra: 2},
		{photometric: palette},
		{photometric: cmyk},
		{photometric: ycbcr},
	} {
		for _, depth := range []int{1, 2, 4, 6, 8, 12, 16} {
			if kind.photometric == palette && depth > 8 || kind.photometric == ycbcr && depth != 8 {
				continue
			}
			for _, compression := range []int{1, 2, 3, 4, 5, 5000, 8, 32946, 32773} {
				kind.bits, kind.compression = depth, compression
				bilevel := depth == 1 && kind.photometric <= blackIsZero && kind.extra == 0
				if kind.fax() && !bilevel {
					continue
				}
				all = append(all, kind)
			}
		}
	}
	return all
}

// TestMatrix proves that a picture comes back pixel by pixel from every way to
// store it: photometric sense, bits, alpha, planes, compression, predictor,
// strips and tiles, byte order, bit order, classic and BigTIFF. Of the 64 ways a
// kind of picture can vary each one and every fourth mixture is tried, others
// with the next kind.
func TestMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 0
	for i, s := range sheets() {
		s.w, s.h = 37, 23
		s.fill(r)
		for variant := range 64 {
			if bits.OnesCount(uint(variant)) > 1 && (variant+variant/4+i)%4 != 0 {
				continue
			}
			on := func(bit int) bool { return variant>>bit&1 == 1 }
			s.planar, s.tiled, s.lsbFirst, s.bigEndian, s.big, s.predictor = on(0), on(1), on(2), on(3), on(4), on(5)
			predictable := (s.compression == 5 || s.compression == 8) && (s.bits == 8 || s.bits == 16)
			if s.predictor && !predictable || s.planar && s.perPixel() == 1 || s.compression == 5000 && s.lsbFirst {
				continue
			}
			n++
			if !checkSheet(t, &s) {
				return
			}
		}
	}
	t.Logf("%d files", n)
}

// checkSheet compares every pixel.
func checkSheet(t *testing.T, s *sheet) bool {
	t.Helper()
	f, findings, err := Open(s.file(), limits)
	if err != nil || len(findings) > 0 {
		t.Errorf("%v: %v, %v", s, err, findings)
		return false
	}
	img, info, err := f.Decode(1, 0)
	if err != nil {
		t.Errorf("%v: %v", s, err)
		return false
	}
	if info.Rows != s.h || len(info.Damaged) > 0 || img.Bounds().Dx() != s.w || img.Bounds().Dy() != s.h {
		t.Errorf("%v: %v, %d rows, damaged %v", s, img.Bounds(), info.Rows, info.Damaged)
		return false
	}
	for y := range s.h {
		for x := range s.w {
			if got, want := color.NRGBAModel.Convert(img.At(x, y)), s.want(x, y); got != want {
				t.Errorf("%v: pixel %d, %d is %v instead of %v", s, x, y, got, want)
				return false
			}
		}
	}
	return true
}
