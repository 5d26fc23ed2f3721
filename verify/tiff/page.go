package tiff

import (
	"fmt"
	"strconv"

	"dispositivo/dossier"
)

// Range is rows From to To-1, the first row of a page being 0.
type Range struct{ From, To int }

// PageInfo is what the directory of a page says and, from Decode, what was
// found in its data.
type PageInfo struct {
	N int // 1-based
	// Width and Height are pixels as stored. Height is 0 for a fax page whose
	// length is only known when it is decoded; Decode sets it to what came.
	Width, Height int
	// DPIX and DPIY are dots per inch, 0 when unknown. Without a unit they are
	// unknown, but their ratio is that of a pixel's sides all the same: Aspect.
	DPIX, DPIY float64
	// Aspect is how much higher than wide a pixel is; 1 when unknown.
	Aspect float64
	// Encoding is none, mh, g3-1d, g3-2d, g4, lzw, deflate, packbits, jpeg, … or
	// compression-N. From Decode it is what was found, where the tag was wrong.
	Encoding string
	// Orientation is 1 to 8 (TIFF 6.0, page 36); 1 when missing or wrong. The
	// pixels are not turned.
	Orientation int
	// Bilevel is true for one bit a pixel.
	Bilevel bool
	// Problem is why the page cannot be decoded, nil if nothing speaks against
	// trying. Its severity is block: it weighs less if other pages can be read.
	Problem *dossier.Finding
	// Rows is how many rows came out of the data, whole or repaired; 0 before
	// Decode.
	Rows int
	// Damaged are rows that were lost (and are white) or are not vouched for, in
	// order, without overlap, at most 100 ranges; nil before Decode.
	Damaged []Range
}

// encodings are the values of the tag Compression; 3 has two names.
var encodings = map[int]string{
	0: "none", 1: "none", 2: "mh", 4: "g4", 5: "lzw", 6: "jpeg-old", 7: "jpeg", 8: "deflate",
	9: "jbig", 10: "jbig", 32766: "next", 32771: "rle-word", 32773: "packbits", 32809: "thunderscan",
	32946: "deflate", 34661: "jbig", 34676: "sgilog", 34677: "sgilog24", 34712: "jpeg2000",
	34887: "lerc", 34925: "lzma", 50000: "zstd", 50001: "webp", 50002: "jpeg-xl",
}

// readable are the encodings that Decode understands.
var readable = map[string]bool{
	"none": true, "mh": true, "g3-1d": true, "g3-2d": true, "g4": true, "lzw": true, "deflate": true,
	"packbits": true, "jpeg": true, "jpeg-old": true,
}

// maxSide bounds a side of a page, in pixels: no fax is longer.
const maxSide = 65_535

// describe reads a page's directory. The finding is about the limits, which
// bind the file as a whole; everything else goes into Problem.
func (f *File) describe(n int, d directory) (page, *dossier.Finding) {
	p := page{dir: d, info: PageInfo{N: n, Encoding: encoding(d), Orientation: orientation(d)}}
	info := &p.info
	info.DPIX, info.DPIY, info.Aspect = resolution(d)
	form, problem := readFormat(d, info.Encoding)
	p.format, info.Bilevel = form, form.bilevel()
	limit := f.limits.Pixels
	if info.Bilevel {
		limit = f.limits.BilevelPixels
	}
	w, h := d.value(tagWidth, 0, 0), d.value(tagLength, 0, 0)
	if max(w, h) > maxSide || w*h > uint64(max(limit, 0)) {
		finding := block(dossier.PagesTooLarge, n, fmt.Sprintf("%dx%d pixels", w, h))
		return page{}, &finding
	}
	info.Width, info.Height = int(w), int(h) //nolint:gosec // at most maxSide
	switch {
	case w == 0, h == 0 && !form.fax():
		info.fail(dossier.FileUnreadable, "a page without size")
	case problem != "":
		info.fail(dossier.FileUnreadable, problem)
	default:
		p.grid = readGrid(f.data, d, info.Width, info.Height, form.planes)
		p.check(limit)
	}
	return p, nil
}

// check looks for reasons in the layout not to decode the page.
func (p *page) check(limit int64) {
	g := p.grid
	switch {
	case p.info.Encoding == "jpeg-old" && p.dir.has(tagJPEGInterchange):
	case p.dir.count(g.offsets) == 0 && p.dir.cut:
		p.info.fail(dossier.FileTruncated, errBeyond.Error())
	case p.dir.count(g.offsets) == 0:
		p.info.fail(dossier.FileUnreadable, "no pixel data")
	case g.tiled && (min(g.bw, g.bh) < minTile || int64(g.bw)*int64(g.bh) > max(limit, minTile*minTile)):
		p.info.fail(dossier.FileUnreadable, fmt.Sprintf("tiles of %dx%d pixels", g.bw, g.bh))
	case p.info.Height == 0 && (g.tiled || p.dir.count(g.offsets) > 1):
		p.info.fail(dossier.FileUnreadable, "a page without size")
	case !g.anyInside():
		p.info.fail(dossier.FileTruncated, "pixel data beyond the end")
	}
}

func (p *PageInfo) fail(code dossier.FindingCode, detail string) {
	finding := block(code, p.N, detail)
	p.Problem = &finding
}

func encoding(d directory) string {
	c := d.small(tagCompression, 0, 1)
	if c == 3 {
		if d.value(tagT4Options, 0, 0)&1 != 0 {
			return "g3-2d"
		}
		return "g3-1d"
	}
	if name, ok := encodings[c]; ok {
		return name
	}
	return "compression-" + strconv.Itoa(c)
}

func orientation(d directory) int {
	if o := d.small(tagOrientation, 0, 1); o >= 1 && o <= 8 {
		return o
	}
	return 1
}

// resolution returns dots per inch and the aspect of a pixel. Values that no
// scanner has (below 10, above 10,000, or pixels more than four times as long
// as wide) are taken for unknown.
func resolution(d directory) (dpiX, dpiY, aspect float64) {
	x, y := d.rational(tagXResolution, 0), d.rational(tagYResolution, 0)
	if x <= 0 || y <= 0 || x/y > 4 || y/x > 4 {
		return 0, 0, 1
	}
	const (
		none       = 1
		inch       = 2
		centimetre = 3
	)
	aspect = x / y
	switch d.small(tagResolutionUnit, 0, inch) {
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
