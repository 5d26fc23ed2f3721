package tiff

import (
	"encoding/binary"
	"errors"
	"math"
)

// The tags we look at (TIFF 6.0, section 8 and following; JPEGTables: TIFF
// Technical Note 2).
const (
	tagWidth            = 256
	tagLength           = 257
	tagBitsPerSample    = 258
	tagCompression      = 259
	tagPhotometric      = 262
	tagFillOrder        = 266
	tagStripOffsets     = 273
	tagOrientation      = 274
	tagSamplesPerPixel  = 277
	tagRowsPerStrip     = 278
	tagStripByteCounts  = 279
	tagXResolution      = 282
	tagYResolution      = 283
	tagPlanar           = 284
	tagT4Options        = 292
	tagT6Options        = 293
	tagResolutionUnit   = 296
	tagPredictor        = 317
	tagColorMap         = 320
	tagTileWidth        = 322
	tagTileLength       = 323
	tagTileOffsets      = 324
	tagTileByteCounts   = 325
	tagInkSet           = 332
	tagExtraSamples     = 338
	tagSampleFormat     = 339
	tagJPEGTables       = 347
	tagJPEGInterchange  = 513
	tagJPEGLength       = 514
	tagYCbCrSubsampling = 530
	tagReferenceBW      = 532
)

// What is wrong with a directory.
var (
	errEnd       = errors.New("ends inside a directory")
	errBeyond    = errors.New("a tag points beyond the end")
	errDirectory = errors.New("a directory is malformed")
)

// maxEntries bounds a directory; scanners write about twenty.
const maxEntries = 1024

// shape is how a file lays out its directories: classic TIFF or BigTIFF, whose
// counts and offsets have 64 bits.
type shape struct {
	order binary.ByteOrder
	big   bool
}

func (s shape) headerBytes() uint64 { return s.pick(8, 16) }
func (s shape) countBytes() uint64  { return s.pick(2, 8) }
func (s shape) entryBytes() uint64  { return s.pick(12, 20) }
func (s shape) offsetBytes() uint64 { return s.pick(4, 8) }

func (s shape) pick(classic, big uint64) uint64 {
	if s.big {
		return big
	}
	return classic
}

// offset reads an offset or the count of an entry.
func (s shape) offset(b []byte) uint64 {
	if s.big {
		return s.order.Uint64(b)
	}
	return uint64(s.order.Uint32(b))
}

// entry is one tag of a directory: its values lie in data, checked to be there.
type entry struct {
	kind  uint16
	count int
	data  []byte
}

// directory is one image file directory.
type directory struct {
	order   binary.ByteOrder
	entries map[uint16]entry
	next    uint64
	cut     bool // a tag was left out because its values lie beyond the end
}

// sizes are the bytes of a value, by field type; 0 for types that do not exist.
var sizes = [...]uint64{
	1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
}

// readDirectory reads the directory at offset. A tag whose values lie beyond
// the end is an error when it matters to us and is left out otherwise. Of a tag
// that is there twice the first counts, as with libtiff.
func readDirectory(data []byte, s shape, offset uint64) (directory, error) {
	size := uint64(len(data))
	if offset < s.headerBytes() || offset > size || size-offset < s.countBytes() {
		return directory{}, errEnd
	}
	n := uint64(s.order.Uint16(data[offset:]))
	if s.big {
		n = s.order.Uint64(data[offset:])
	}
	if n == 0 || n > maxEntries {
		return directory{}, errDirectory
	}
	first := offset + s.countBytes()
	end := first + n*s.entryBytes()
	if end > size {
		return directory{}, errEnd
	}
	d := directory{order: s.order, entries: make(map[uint16]entry, n)}
	for ; first < end; first += s.entryBytes() {
		raw := data[first : first+s.entryBytes()]
		e, err := readEntry(data, s, raw)
		tag := s.order.Uint16(raw)
		if err != nil && known(tag) {
			return directory{}, err
		}
		d.cut = d.cut || errors.Is(err, errBeyond)
		if _, twice := d.entries[tag]; err == nil && !twice {
			d.entries[tag] = e
		}
	}
	if end+s.offsetBytes() <= size { // some writers end the file here
		d.next = s.offset(data[end:])
	}
	return d, nil
}

func readEntry(data []byte, s shape, raw []byte) (entry, error) {
	kind, count := s.order.Uint16(raw[2:]), s.offset(raw[4:])
	if int(kind) >= len(sizes) || sizes[kind] == 0 {
		return entry{}, errDirectory
	}
	if count > uint64(len(data)) { // every value takes a byte at least
		return entry{}, errBeyond
	}
	e := entry{kind: kind, count: int(count)} //nolint:gosec // at most len(data)
	value := raw[4+s.offsetBytes():]
	size := sizes[kind] * count
	if size <= s.offsetBytes() {
		e.data = value[:size]
		return e, nil
	}
	at := s.offset(value)
	if at > uint64(len(data)) || size > uint64(len(data))-at {
		return entry{}, errBeyond
	}
	e.data = data[at : at+size]
	return e, nil
}

// known reports whether a page cannot be read without the tag being right.
func known(tag uint16) bool {
	switch tag {
	case tagWidth, tagLength, tagBitsPerSample, tagCompression, tagPhotometric, tagStripOffsets,
		tagStripByteCounts, tagTileWidth, tagTileLength, tagTileOffsets, tagTileByteCounts:
		return true
	}
	return false
}

// has reports whether the tag is there with at least one value.
func (d directory) has(tag uint16) bool { return d.entries[tag].count > 0 }

// count is the number of values of the tag.
func (d directory) count(tag uint16) int { return d.entries[tag].count }

// bytes are the values of the tag as they are stored.
func (d directory) bytes(tag uint16) []byte { return d.entries[tag].data }

// value returns value i of a tag of type BYTE, UNDEFINED, SHORT, LONG, IFD or
// their BigTIFF kin, else fallback.
func (d directory) value(tag uint16, i int, fallback uint64) uint64 {
	e := d.entries[tag]
	if i < 0 || i >= e.count {
		return fallback
	}
	switch e.kind {
	case 1, 7:
		return uint64(e.data[i])
	case 3:
		return uint64(d.order.Uint16(e.data[2*i:]))
	case 4, 13:
		return uint64(d.order.Uint32(e.data[4*i:]))
	case 16, 18:
		return d.order.Uint64(e.data[8*i:])
	}
	return fallback
}

// small is value for what is an enumeration or a small number: anything that
// does not fit 16 bits becomes 65,535, which no tag defines.
func (d directory) small(tag uint16, i, fallback int) int {
	return int(min(d.value(tag, i, uint64(max(fallback, 0))), math.MaxUint16))
}

// rational returns value i of a tag of type RATIONAL or FLOAT (or a whole
// number), 0 when it is missing, infinite or negative.
func (d directory) rational(tag uint16, i int) float64 {
	e := d.entries[tag]
	switch {
	case i >= e.count:
		return 0
	case e.kind == 5:
		over := d.order.Uint32(e.data[8*i+4:])
		if over == 0 {
			return 0
		}
		return float64(d.order.Uint32(e.data[8*i:])) / float64(over)
	case e.kind == 11:
		f := float64(math.Float32frombits(d.order.Uint32(e.data[4*i:])))
		if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			return 0
		}
		return f
	}
	return float64(d.value(tag, i, 0))
}
