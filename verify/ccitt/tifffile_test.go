package ccitt_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"dispositivo/verify/ccitt"
)

// A strip is a compressed part of a page of a TIFF file, as its tags describe it.
type strip struct {
	data []byte
	p    ccitt.Params
}

// The tags that fax needs (TIFF 6.0).
const (
	tagWidth       = 256
	tagLength      = 257
	tagCompression = 259
	tagFillOrder   = 266
	tagOffsets     = 273
	tagRowsStrip   = 278
	tagCounts      = 279
	tagT4Options   = 292
)

// corpus returns the path of a file of the corpora; without them the test is
// skipped, in CI it fails.
func corpus(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "corpora", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpora")
	}
	return path
}

// readStrips reads the fax strips of a classic TIFF file, page by page. It
// trusts the file: hostile ones are the business of verify/tiff.
func readStrips(t testing.TB, path string) (pages [][]strip) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tags := range directories(data) {
		pages = append(pages, cut(data, tags))
	}
	return pages
}

// directories reads the tags of every page.
func directories(data []byte) (pages []map[uint16][]uint32) {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	for at := order.Uint32(data[4:]); at != 0; {
		n := uint32(order.Uint16(data[at:]))
		tags := map[uint16][]uint32{tagFillOrder: {1}, tagCompression: {1}, tagT4Options: {0}}
		for i := range n {
			e := data[at+2+12*i:]
			tags[order.Uint16(e)] = values(data, e, order)
		}
		pages = append(pages, tags)
		at = order.Uint32(data[at+2+12*n:])
	}
	return pages
}

// values reads the numbers of a directory entry.
func values(data, e []byte, order binary.ByteOrder) []uint32 {
	count := order.Uint32(e[4:])
	size := uint32(4)
	if order.Uint16(e[2:]) == 3 {
		size = 2
	}
	at := e[8:]
	if count*size > 4 {
		at = data[order.Uint32(at):]
	}
	out := make([]uint32, min(count, 10_000))
	for i := range out {
		if len(at) < 4 {
			break
		}
		if size == 2 {
			out[i] = uint32(order.Uint16(at[2*i:]))
		} else if 4*i+4 <= len(at) {
			out[i] = order.Uint32(at[4*i:])
		}
	}
	return out
}

// cut makes strips of a page; none if it is no fax.
func cut(data []byte, tags map[uint16][]uint32) (out []strip) {
	p := ccitt.Params{Columns: int(tags[tagWidth][0]), LSBFirst: tags[tagFillOrder][0] == 2}
	switch tags[tagCompression][0] {
	case 2:
		p.Encoding = ccitt.ModifiedHuffman
	case 3:
		p.Encoding = ccitt.Group31D + ccitt.Encoding(tags[tagT4Options][0]&1)
	case 4:
		p.Encoding = ccitt.Group4
	default:
		return nil
	}
	left, each := int(tags[tagLength][0]), int(tags[tagLength][0])
	if r := tags[tagRowsStrip]; len(r) > 0 {
		each = min(each, int(r[0]))
	}
	for i, offset := range tags[tagOffsets] {
		p.Rows = min(each, left)
		left -= p.Rows
		end := min(len(data), int(offset+tags[tagCounts][i]))
		out = append(out, strip{data: data[offset:end], p: p})
	}
	return out
}

// uncompressed joins the strips of pages stored as they are, page by page.
func uncompressed(data []byte) (pages [][]byte) {
	for _, tags := range directories(data) {
		var page []byte
		for i, offset := range tags[tagOffsets] {
			page = append(page, data[offset:offset+tags[tagCounts][i]]...)
		}
		pages = append(pages, page)
	}
	return pages
}

// decodePage joins the strips of a page.
func decodePage(t testing.TB, strips []strip) (page ccitt.Bitmap, reports []ccitt.Report) {
	t.Helper()
	for _, s := range strips {
		b, r, err := ccitt.Decode(s.data, s.p)
		if err != nil {
			t.Fatal(err)
		}
		page.Width, page.Stride = b.Width, b.Stride
		page.Height += b.Height
		page.Pix = append(page.Pix, b.Pix...)
		reports = append(reports, r)
	}
	return page, reports
}

// makeTIFF writes pages of one strip each, in little-endian order.
func makeTIFF(streams [][]byte, p ccitt.Params) []byte {
	le := binary.LittleEndian
	out := []byte("II*\x00\x00\x00\x00\x00")
	link := 4
	for _, s := range streams {
		data := len(out)
		out = append(out, s...)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		le.PutUint32(out[link:], uint32(len(out)))
		tags := [][2]uint32{
			{tagWidth, uint32(p.Columns)},
			{tagLength, uint32(p.Rows)},
			{258, 1},
			{tagCompression, map[ccitt.Encoding]uint32{0: 2, 1: 3, 2: 3, 3: 4}[p.Encoding]},
			{262, 0},
			{tagFillOrder, 1},
			{tagOffsets, uint32(data)},
			{277, 1},
			{tagRowsStrip, uint32(p.Rows)},
			{tagCounts, uint32(len(s))},
		}
		if p.Encoding == ccitt.Group32D {
			tags = append(tags, [2]uint32{tagT4Options, 1})
		}
		out = le.AppendUint16(out, uint16(len(tags)))
		for _, tag := range tags {
			out = le.AppendUint16(out, uint16(tag[0]))
			out = le.AppendUint16(out, 4)
			out = le.AppendUint32(out, 1)
			out = le.AppendUint32(out, tag[1])
		}
		link = len(out)
		out = le.AppendUint32(out, 0)
	}
	return out
}
