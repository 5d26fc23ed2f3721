package faxline

import (
	"encoding/binary"

	"dispositivo/verify/ccitt"
)

// TIFF writes pages of two colours as fax servers store them (TIFF class F,
// little-endian, one strip a page), with their resolution in dots per inch.
func TIFF(pages []ccitt.Bitmap, p ccitt.Params, dpiX, dpiY int) []byte {
	coded := make([]Coded, len(pages))
	for n, page := range pages {
		coded[n] = Code(page, p)
	}
	return TIFFOf(coded, dpiX, dpiY)
}

// TIFFOf is TIFF of pages that are coded already.
func TIFFOf(pages []Coded, dpiX, dpiY int) []byte {
	le := binary.LittleEndian
	out := []byte("II*\x00\x00\x00\x00\x00")
	link := 4
	for _, page := range pages {
		strip := uint32(len(out)) //nolint:gosec // faxes are small
		out = append(out, page.Data...)
		ratios := uint32(len(out)) //nolint:gosec // likewise
		for _, v := range []int{dpiX, 1, dpiY, 1} {
			out = le.AppendUint32(out, uint32(v)) //nolint:gosec // a resolution
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		le.PutUint32(out[link:], uint32(len(out))) //nolint:gosec // likewise
		tags := page.directory(strip, ratios)
		out = le.AppendUint16(out, uint16(len(tags))) //nolint:gosec // a dozen
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
func (c Coded) directory(strip, ratios uint32) []entry {
	const long, rational = 4, 5
	w, h := uint32(c.Width), uint32(c.Height) //nolint:gosec // a page
	tags := []entry{
		{256, long, w},
		{257, long, h},
		{258, long, c.bits},
		{259, long, c.compression},
		{262, long, c.photometric},
		{266, long, c.order},
		{273, long, strip},
		{277, long, 1},
		{278, long, h},
		{279, long, uint32(len(c.Data))}, //nolint:gosec // likewise
		{282, rational, ratios},
		{283, rational, ratios + 8},
	}
	if c.compression == 3 {
		tags = append(tags, entry{292, long, c.options})
	}
	return append(tags, entry{296, long, 2})
}
