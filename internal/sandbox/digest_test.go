package sandbox

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// proves C9: a page is told by its pixels whatever carried it: the same fax as Group 3,
// Group 4 or uncompressed, with a resolution that gateways write differently, or dot by dot within a PDF; and it
// is another page when one pixel differs.
func TestSamePixelsInAnyEncoding(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	page := fax.Simulate(fax.Letter(3, 200), 200, fax.Options{FlipRate: 0.002, SkewDegrees: 1, Seed: 4})
	other := page
	other.Pix = slices.Clone(page.Pix)
	other.Pix[len(other.Pix)/2] ^= 0x10
	pixels := func(data []byte) []byte {
		t.Helper()
		r, err := p.Read(t.Context(), data, ReadOptions{MaxBytes: 1 << 22})
		if err != nil || len(r.Pages) != 1 || len(r.Pages[0].Pixels) == 0 {
			t.Fatalf("%d pages, %v, %+v", len(r.Pages), err, r.Report.Findings)
		}
		return r.Pages[0].Pixels
	}
	in := func(p ccitt.Params, page ccitt.Bitmap, x, y int) []byte {
		return fax.TIFF([]ccitt.Bitmap{page}, p, x, y)
	}
	first := pixels(in(ccitt.Params{Encoding: ccitt.Group4}, page, 204, 196))
	for name, data := range map[string][]byte{
		"mh":                 in(ccitt.Params{Encoding: ccitt.ModifiedHuffman}, page, 204, 196),
		"g3-1d":              in(ccitt.Params{Encoding: ccitt.Group31D}, page, 204, 196),
		"g3-1d, low bit":     in(ccitt.Params{Encoding: ccitt.Group31D, LSBFirst: true, ByteAligned: true}, page, 204, 196),
		"g3-2d":              in(ccitt.Params{Encoding: ccitt.Group32D}, page, 204, 196),
		"g4, 203 dots":       in(ccitt.Params{Encoding: ccitt.Group4}, page, 203, 196),
		"uncompressed":       plainTIFF(page, 1),
		"packbits":           plainTIFF(page, 32773),
		"black is zero, too": plainTIFF(page, 0),
	} {
		if !bytes.Equal(pixels(data), first) {
			t.Errorf("%s: another digest", name)
		}
	}
	if bytes.Equal(pixels(in(ccitt.Params{Encoding: ccitt.Group4}, other, 204, 196)), first) {
		t.Error("one pixel makes no difference")
	}
	if bytes.Equal(pixels(in(ccitt.Params{Encoding: ccitt.Group4}, page, 204, 98)), first) {
		t.Error("a page shown at twice its height is the same")
	}
}

// proves C9: a scan within a PDF is told by its dots, whatever PDF it is put into; a
// copy that this program makes of a fax has those of the fax, where its pixels are square.
func TestSamePixelsInAPDF(t *testing.T) {
	t.Parallel()
	p := newPool(t, Config{Size: 1, CacheDir: engineCache(t)})
	page := fax.Simulate(fax.Letter(3, 200), 200, fax.Options{DPIX: 200, DPIY: 200, Seed: 4})
	pixels := func(data []byte) []byte {
		t.Helper()
		r, err := p.Read(t.Context(), data, ReadOptions{MaxBytes: 1 << 22})
		if err != nil || len(r.Pages) != 1 {
			t.Fatalf("%d pages, %v, %+v", len(r.Pages), err, r.Report.Findings)
		}
		return r.Pages[0].Pixels
	}
	file := fax.TIFF([]ccitt.Bitmap{page}, ccitt.Params{Encoding: ccitt.Group32D}, 200, 200)
	copied, _, err := p.Fit(t.Context(), [][]byte{file}, FitOptions{Limit: 1 << 20, Lossless: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pixels(copied), pixels(file)) {
		t.Error("Group 4 in a PDF: another digest than as TIFF")
	}
	scan := scanFile()
	again := append(slices.Clone(scan), "\n% kept by another program\n"...)
	if !bytes.Equal(pixels(scan), pixels(again)) {
		t.Error("a PDF with other bytes: another digest")
	}
}

// plainTIFF is a page without Group 3 or 4: uncompressed (1), in PackBits (32773), or
// uncompressed with black as zero (0).
func plainTIFF(page ccitt.Bitmap, compression uint32) []byte {
	data, photometric := slices.Clone(page.Pix), uint32(0)
	switch compression {
	case 0:
		compression, photometric = 1, 1
		for i := range data {
			data[i] ^= 0xff
		}
	case 32773:
		var runs []byte
		for y := range page.Height {
			for row := range slices.Chunk(page.Row(y), 100) {
				runs = append(append(runs, byte(len(row)-1)), row...)
			}
		}
		data = runs
	}
	le := binary.LittleEndian
	out := append([]byte("II*\x00\x08\x00\x00\x00"), 12, 0)
	const body = 8 + 2 + 12*12 + 4 + 16
	w, h := uint32(page.Width), uint32(page.Height)
	for _, e := range [][3]uint32{
		{256, 4, w},
		{257, 4, h},
		{258, 4, 1},
		{259, 4, compression},
		{262, 4, photometric},
		{273, 4, body},
		{277, 4, 1},
		{278, 4, h},
		{279, 4, uint32(len(data))},
		{282, 5, body - 16},
		{283, 5, body - 8},
		{296, 4, 2},
	} {
		out = le.AppendUint16(out, uint16(e[0]))
		out = le.AppendUint16(out, uint16(e[1]))
		out = le.AppendUint32(out, 1)
		out = le.AppendUint32(out, e[2])
	}
	out = le.AppendUint32(out, 0)
	for _, v := range []uint32{204, 1, 196, 1} {
		out = le.AppendUint32(out, v)
	}
	return append(out, data...)
}
