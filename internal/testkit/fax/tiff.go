package fax

import (
	"encoding/binary"

	"dispositivo/verify/ccitt"
)

// TIFF writes pages as fax servers store them (TIFF class F, little-endian, one
// strip a page), with their resolution in dots per inch. p chooses the coding,
// which must not be ccitt.Runs: TIFF has no name for it.
func TIFF(pages []ccitt.Bitmap, p ccitt.Params, dpiX, dpiY int) []byte {
	le := binary.LittleEndian
	out := []byte("II*\x00\x00\x00\x00\x00")
	link := 4
	for _, page := range pages {
		strip := uint32(len(out)) //nolint:gosec // files for tests are small
		data := ccitt.Encode(page, p)
		out = append(out, data...)
		ratios := uint32(len(out)) //nolint:gosec // likewise
		for _, v := range []int{dpiX, 1, dpiY, 1} {
			out = le.AppendUint32(out, uint32(v)) //nolint:gosec // a resolution
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		le.PutUint32(out[link:], uint32(len(out)))                   //nolint:gosec // likewise
		tags := directory(page, p, strip, uint32(len(data)), ratios) //nolint:gosec // likewise
		out = le.AppendUint16(out, uint16(len(tags)))                //nolint:gosec // a dozen
		for _, t := range tags {
			out = le.AppendUint16(out, uint16(t.tag)) //nolint:gosec // below 300
			out = le.AppendUint16(out, uint16(t.kind))
			out = le.AppendUint32(out, 1)
			out = le.AppendUint32(out, t.value)
		}
		link = len(out)
		out = le.AppendUint32(out, 0)
	}
	return out
}

// entry is a tag with one value or, of kind rational, where its value is.
type entry struct {
	tag   int
	kind  byte
	value uint32
}

// directory lists the tags of a page in their order (TIFF 6.0, sections 3 and 11).
func directory(page ccitt.Bitmap, p ccitt.Params, strip, size, ratios uint32) []entry {
	const long, rational = 4, 5
	w, h := uint32(page.Width), uint32(page.Height) //nolint:gosec // a page
	var compression, options, order uint32 = 4, 0, 1
	switch p.Encoding {
	case ccitt.ModifiedHuffman:
		compression = 2
	case ccitt.Group31D:
		compression = 3
	case ccitt.Group32D:
		compression, options = 3, 1
	case ccitt.Group4, ccitt.Runs:
	}
	if p.ByteAligned && compression == 3 {
		options |= 4
	}
	if p.LSBFirst {
		order = 2
	}
	tags := []entry{
		{256, long, w},
		{257, long, h},
		{258, long, 1},
		{259, long, compression},
		{262, long, 0},
		{266, long, order},
		{273, long, strip},
		{277, long, 1},
		{278, long, h},
		{279, long, size},
		{282, rational, ratios},
		{283, rational, ratios + 8},
	}
	if compression == 3 {
		tags = append(tags, entry{292, long, options})
	}
	return append(tags, entry{296, long, 2})
}
