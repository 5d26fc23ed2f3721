package tiff

import (
	"fmt"
	"strconv"

	"dispositivo/dossier"
)

// PageInfo is what the directory of a page says.
type PageInfo struct {
	N             int // 1-based
	Width, Height int // pixels as stored
	// DPIX and DPIY are dots per inch, 0 when unknown. Without a unit they are
	// unknown, but their ratio is that of a pixel's sides all the same: Aspect.
	DPIX, DPIY float64
	// Aspect is how much higher than wide a pixel is; 1 when unknown.
	Aspect float64
	// Encoding is none, mh, g3-1d, g3-2d, g4, lzw, deflate, packbits, jpeg, … or
	// compression-N.
	Encoding string
	// Orientation is 1 to 8 (TIFF 6.0, page 36); 1 when missing or wrong.
	Orientation int
	// Bilevel is true for one bit a pixel.
	Bilevel bool
	// Problem is why the page cannot be decoded, nil if nothing speaks against
	// trying. Its severity is block: it weighs less if other pages can be read.
	Problem *dossier.Finding
}

// encodings are the values of the tag Compression; 3 has two names.
var encodings = map[uint32]string{
	0: "none", 1: "none", 2: "mh", 4: "g4", 5: "lzw", 6: "jpeg-old", 7: "jpeg", 8: "deflate",
	32771: "rle-word", 32773: "packbits", 32946: "deflate", 34661: "jbig", 34676: "sgilog",
	34677: "sgilog24", 34712: "jpeg2000", 34925: "lzma", 50000: "zstd", 50001: "webp",
}

// readable are the encodings that Decode understands.
var readable = map[string]bool{
	"none": true, "g3-1d": true, "g4": true, "lzw": true, "deflate": true, "packbits": true,
}

// describe reads a page's directory. The finding is about the limits, which
// bind the file as a whole; everything else goes into Problem.
func (f *File) describe(n int, d directory) (PageInfo, *dossier.Finding) {
	p := PageInfo{
		N:           n,
		Encoding:    encoding(d),
		Orientation: orientation(d),
		Bilevel:     d.value(tagBitsPerSample, 0, 1) == 1 && d.value(tagSamplesPerPixel, 0, 1) == 1,
	}
	p.DPIX, p.DPIY, p.Aspect = resolution(d)
	w, h := uint64(d.value(tagWidth, 0, 0)), uint64(d.value(tagLength, 0, 0))
	limit := f.limits.Pixels
	if p.Bilevel {
		limit = f.limits.BilevelPixels
	}
	// Both are below 2³², so the product cannot overflow 64 bits.
	if w*h > uint64(max(limit, 0)) {
		finding := block(dossier.PagesTooLarge, n, fmt.Sprintf("%dx%d pixels", w, h))
		return PageInfo{}, &finding
	}
	if w == 0 || h == 0 {
		p.fail(dossier.FileUnreadable, "a page without size")
		return p, nil
	}
	if max(w, h) > maxSide {
		finding := block(dossier.PagesTooLarge, n, fmt.Sprintf("%dx%d pixels", w, h))
		return PageInfo{}, &finding
	}
	p.Width, p.Height = int(w), int(h)
	p.check(f.data, d)
	return p, nil
}

// maxSide bounds a side of a page, in pixels: no fax is longer.
const maxSide = 65_535

// check looks for reasons not to decode the page.
func (p *PageInfo) check(data []byte, d directory) {
	offsets, counts := uint16(tagStripOffsets), uint16(tagStripByteCounts)
	if d.has(tagTileWidth) {
		offsets, counts = tagTileOffsets, tagTileByteCounts
	}
	switch {
	case !readable[p.Encoding]:
		p.fail(dossier.FileUnreadable, "encoding "+p.Encoding)
	case d.value(tagPlanar, 0, 1) == 2 && d.value(tagSamplesPerPixel, 0, 1) > 1:
		p.fail(dossier.FileUnreadable, "colours in separate planes")
	case d.has(tagSampleFormat) && d.value(tagSampleFormat, 0, 1) != 1:
		p.fail(dossier.FileUnreadable, "sample format "+strconv.Itoa(int(d.value(tagSampleFormat, 0, 1))))
	case d.count(offsets) == 0 || d.count(counts) == 0:
		p.fail(dossier.FileUnreadable, "no pixel data")
	default:
		p.checkStrips(data, d, offsets)
	}
}

// checkStrips looks whether every strip begins inside the file; whether it also
// ends there is found out by decoding, because counts are often too large.
func (p *PageInfo) checkStrips(data []byte, d directory, offsets uint16) {
	if d.count(offsets) > p.Width*p.Height {
		p.fail(dossier.FileUnreadable, "more strips than pixels")
		return
	}
	for i := range d.count(offsets) {
		if uint64(d.value(offsets, i, 0)) >= uint64(len(data)) {
			p.fail(dossier.FileTruncated, "pixel data beyond the end")
			return
		}
	}
}

func (p *PageInfo) fail(code dossier.FindingCode, detail string) {
	finding := block(code, p.N, detail)
	p.Problem = &finding
}

func block(code dossier.FindingCode, page int, detail string) dossier.Finding {
	return dossier.Finding{Code: code, Severity: dossier.SeverityBlock, Page: page, Detail: detail}
}

func encoding(d directory) string {
	c := d.value(tagCompression, 0, 1)
	if c == 3 {
		if d.value(tagT4Options, 0, 0)&1 != 0 {
			return "g3-2d"
		}
		return "g3-1d"
	}
	if name, ok := encodings[c]; ok {
		return name
	}
	return "compression-" + strconv.FormatUint(uint64(c), 10)
}

func orientation(d directory) int {
	if o := d.value(tagOrientation, 0, 1); o >= 1 && o <= 8 {
		return int(o)
	}
	return 1
}

// resolution returns dots per inch and the aspect of a pixel. Values that no
// scanner has (below 10, above 10,000, or pixels more than four times as long
// as wide) are taken for unknown.
func resolution(d directory) (dpiX, dpiY, aspect float64) {
	x, y := d.rational(tagXResolution), d.rational(tagYResolution)
	if x <= 0 || y <= 0 || x/y > 4 || y/x > 4 {
		return 0, 0, 1
	}
	const (
		none       = 1
		inch       = 2
		centimetre = 3
	)
	aspect = x / y
	switch d.value(tagResolutionUnit, 0, inch) {
	case none:
		return 0, 0, aspect
	case centimetre:
		x, y = x*2.54, y*2.54
	}
	if min(x, y) < 10 || max(x, y) > 10_000 {
		return 0, 0, aspect
	}
	return x, y, aspect
}
