package tiff

import (
	"encoding/binary"
	"errors"
	"math"
)

// The tags we look at (TIFF 6.0, section 8 and following).
const (
	tagWidth           = 256
	tagLength          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagT4Options       = 292
	tagResolutionUnit  = 296
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagSampleFormat    = 339
)

// What is wrong with a directory.
var (
	errEnd       = errors.New("ends inside a directory")
	errBeyond    = errors.New("a tag points beyond the end")
	errDirectory = errors.New("a directory is malformed")
)

const (
	headerBytes = 8
	entryBytes  = 12
	// maxEntries bounds a directory; scanners write about twenty.
	maxEntries = 1024
)

// entry is one tag of a directory: its values lie in data, checked to be there.
type entry struct {
	kind  uint16
	count uint32
	data  []byte
}

// directory is one image file directory.
type directory struct {
	order   binary.ByteOrder
	entries map[uint16]entry
	next    uint32
}

// sizes are the bytes of a value, by field type; 0 for types that do not exist.
var sizes = [...]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

// readDirectory reads the directory at offset. A tag whose values lie beyond
// the end is an error when it matters to us and is left out otherwise.
func readDirectory(data []byte, order binary.ByteOrder, offset uint32) (directory, error) {
	at := uint64(offset)
	if at < headerBytes || at+2 > uint64(len(data)) {
		return directory{}, errEnd
	}
	n := uint64(order.Uint16(data[at:]))
	if n == 0 || n > maxEntries {
		return directory{}, errDirectory
	}
	first := at + 2
	end := first + n*entryBytes
	if end > uint64(len(data)) {
		return directory{}, errEnd
	}
	d := directory{order: order, entries: make(map[uint16]entry, n)}
	for ; first < end; first += entryBytes {
		raw := data[first : first+entryBytes]
		e, err := readEntry(data, order, raw)
		tag := order.Uint16(raw)
		if err != nil && known(tag) {
			return directory{}, err
		}
		if err == nil {
			d.entries[tag] = e
		}
	}
	if end+4 <= uint64(len(data)) { // some writers end the file here
		d.next = order.Uint32(data[end:])
	}
	return d, nil
}

func readEntry(data []byte, order binary.ByteOrder, raw []byte) (entry, error) {
	e := entry{kind: order.Uint16(raw[2:]), count: order.Uint32(raw[4:])}
	if int(e.kind) >= len(sizes) || sizes[e.kind] == 0 {
		return entry{}, errDirectory
	}
	size := sizes[e.kind] * uint64(e.count) // 8 × 2³² at most
	if size <= 4 {
		e.data = raw[8 : 8+size]
		return e, nil
	}
	at := uint64(order.Uint32(raw[8:]))
	if at+size > uint64(len(data)) {
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
func (d directory) count(tag uint16) int { return int(d.entries[tag].count) }

// value returns value i of a tag of type BYTE, SHORT or LONG, else fallback.
func (d directory) value(tag uint16, i int, fallback uint32) uint32 {
	e := d.entries[tag]
	if i < 0 || uint64(i) >= uint64(e.count) {
		return fallback
	}
	switch e.kind {
	case 1:
		return uint32(e.data[i])
	case 3:
		return uint32(d.order.Uint16(e.data[2*i:]))
	case 4:
		return d.order.Uint32(e.data[4*i:])
	}
	return fallback
}

// rational returns a tag of type RATIONAL (or a whole number), 0 when it is
// missing, infinite or not positive.
func (d directory) rational(tag uint16) float64 {
	e := d.entries[tag]
	switch {
	case e.count == 0:
		return 0
	case e.kind == 5:
		over := d.order.Uint32(e.data[4:])
		if over == 0 {
			return 0
		}
		return float64(d.order.Uint32(e.data)) / float64(over)
	case e.kind == 11:
		f := float64(math.Float32frombits(d.order.Uint32(e.data)))
		if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			return 0
		}
		return f
	}
	return float64(d.value(tag, 0, 0))
}
