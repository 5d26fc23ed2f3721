package tiff

import (
	"fmt"
	"strconv"
)

// The values of PhotometricInterpretation that are read (TIFF 6.0, page 37).
const (
	whiteIsZero = 0
	blackIsZero = 1
	rgb         = 2
	palette     = 3
	cmyk        = 5
	ycbcr       = 6
)

// photometrics are the names of those that are not.
var photometrics = map[int]string{
	4: "a transparency mask", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "colour filter array",
	32844: "LogL", 32845: "LogLuv", 34892: "linear raw",
}

// sampleFormats are the names of those that are not read.
var sampleFormats = map[int]string{2: "signed", 3: "float", 5: "complex", 6: "complex float"}

// maxSamples bounds the samples of a pixel; CMYK with alpha has five.
const maxSamples = 16

// format is how the pixels of a page are stored.
type format struct {
	encoding    string
	photometric int
	bits        int // a sample
	samples     int // a pixel
	planes      int // 1, or one for each sample
	predictor   bool
	lsbFirst    bool // FillOrder 2
	alpha       int  // which sample is, 0 for none
	associated  bool // colours are multiplied with alpha already
	colours     [][3]byte
	yuv         *yuv // YCbCr that is not JPEG's business
	jpegYCbCr   bool // YCbCr that is
}

// fax reports whether the page is one of the fax encodings.
func (f *format) fax() bool {
	switch f.encoding {
	case "mh", "g3-1d", "g3-2d", "g4":
		return true
	}
	return false
}

// jpeg reports whether image/jpeg is to decode the page.
func (f *format) jpeg() bool { return f.encoding == "jpeg" || f.encoding == "jpeg-old" }

// bilevel reports whether the page is black and white, in packed rows.
func (f *format) bilevel() bool {
	return f.bits == 1 && f.samples == 1 && (f.photometric == whiteIsZero || f.photometric == blackIsZero)
}

// gray reports whether the page has no colour.
func (f *format) gray() bool {
	switch f.photometric {
	case whiteIsZero, blackIsZero:
		return true
	case palette:
		for _, c := range f.colours {
			if c[0] != c[1] || c[1] != c[2] {
				return false
			}
		}
		return true
	}
	return false
}

// readFormat reads how pixels are stored. The problem is why they cannot be
// read, empty if nothing is known to be in the way.
func readFormat(d directory, encoding string) (f format, problem string) {
	f = format{encoding: encoding, lsbFirst: d.small(tagFillOrder, 0, 1) == 2, planes: 1}
	f.samples = d.small(tagSamplesPerPixel, 0, max(1, d.count(tagBitsPerSample)))
	f.bits = d.small(tagBitsPerSample, 0, 1)
	if f.fax() { // which know nothing else, whatever the tags say
		f.bits, f.samples = 1, 1
	}
	f.photometric = d.small(tagPhotometric, 0, f.guess())
	if !readable[encoding] {
		return f, "encoding " + encoding
	}
	for _, read := range []func(directory) string{f.readSamples, f.readColours, f.readPredictor} {
		if problem := read(d); problem != "" {
			return f, problem
		}
	}
	return f, ""
}

// guess is the photometric sense of a page that does not say.
func (f *format) guess() int {
	switch {
	case f.fax():
		return whiteIsZero
	case f.samples >= 3:
		return rgb
	}
	return blackIsZero
}

// readSamples reads the number and the kind of samples.
func (f *format) readSamples(d directory) string {
	if f.jpeg() && f.bits != 12 { // the tag is often left out
		f.bits = 8
	}
	if f.samples < 1 || f.samples > maxSamples {
		return strconv.Itoa(f.samples) + " samples a pixel"
	}
	const unsigned, undefined = 1, 4
	if s := d.small(tagSampleFormat, 0, unsigned); s != unsigned && s != undefined {
		name, ok := sampleFormats[s]
		if !ok {
			name = strconv.Itoa(s)
		}
		return "sample format " + name
	}
	if f.bits < 1 || f.bits > 16 || f.jpeg() && f.bits != 8 {
		return strconv.Itoa(f.bits) + " bits a sample"
	}
	for i := range min(d.count(tagBitsPerSample), f.samples) {
		if !f.jpeg() && !f.fax() && d.small(tagBitsPerSample, i, 0) != f.bits {
			return "samples of different sizes"
		}
	}
	if d.small(tagPlanar, 0, 1) == 2 {
		f.planes = f.samples
	}
	return ""
}

// readColours reads what the samples mean.
func (f *format) readColours(d directory) string {
	need := 1
	switch f.photometric {
	case whiteIsZero, blackIsZero:
	case rgb:
		need = 3
	case palette:
		if f.bits > 8 || f.fax() || f.jpeg() {
			return fmt.Sprintf("a palette with %d bits, encoding %s", f.bits, f.encoding)
		}
		if f.colours = readPalette(d, f.bits); len(f.colours) == 0 {
			return "a palette without colours"
		}
	case cmyk:
		need = 4
		if d.small(tagInkSet, 0, 1) != 1 {
			return "inks other than CMYK"
		}
	case ycbcr:
		need = 3
		if problem := f.readYCbCr(d); problem != "" {
			return problem
		}
	default:
		if name, ok := photometrics[f.photometric]; ok {
			return "colour space " + name
		}
		return "colour space " + strconv.Itoa(f.photometric)
	}
	if f.encoding != "jpeg-old" && f.samples < need {
		return strconv.Itoa(f.samples) + " samples a pixel where " + strconv.Itoa(need) + " are needed"
	}
	if f.photometric != palette { // beside an index nothing is known to stand
		f.readAlpha(d, need)
	}
	return ""
}

// readAlpha looks for alpha among the samples that are not colour.
func (f *format) readAlpha(d directory, colours int) {
	const associated, unassociated = 1, 2
	for i := range f.samples - colours {
		if kind := d.small(tagExtraSamples, i, 0); kind == associated || kind == unassociated {
			f.alpha, f.associated = colours+i, kind == associated
			return
		}
	}
}

// readPredictor reads whether samples are stored as differences; only LZW and
// Deflate have that (TIFF 6.0, section 14).
func (f *format) readPredictor(d directory) string {
	const none, horizontal = 1, 2
	p := d.small(tagPredictor, 0, none)
	if p == none || f.encoding != "lzw" && f.encoding != "deflate" {
		return ""
	}
	if p != horizontal || f.bits != 8 && f.bits != 16 || f.yuv != nil && f.yuv.subsampled() {
		return fmt.Sprintf("predictor %d with %d bits", p, f.bits)
	}
	f.predictor = true
	return ""
}

// readPalette reads as many colours as there are, at most those that an index
// can name. Some writers store bytes where TIFF wants 16 bits.
func readPalette(d directory, bits int) [][3]byte {
	n := d.count(tagColorMap) / 3
	var highest uint64
	for i := range 3 * n {
		highest = max(highest, d.value(tagColorMap, i, 0))
	}
	shift := 8
	if highest < 256 {
		shift = 0
	}
	colours := make([][3]byte, min(n, 1<<bits))
	for i := range colours {
		for c := range 3 {
			colours[i][c] = byte(d.value(tagColorMap, c*n+i, 0) >> shift) //nolint:gosec // the low byte is meant
		}
	}
	return colours
}
