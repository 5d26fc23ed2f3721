package ccitt_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"dispositivo/verify/ccitt"
)

var encodings = []ccitt.Encoding{ccitt.ModifiedHuffman, ccitt.Group31D, ccitt.Group32D, ccitt.Group4, ccitt.Runs}

// drawBitmap draws noise, or rows that change little from one to the next.
func drawBitmap(t *rapid.T) ccitt.Bitmap {
	width := rapid.OneOf(rapid.IntRange(1, 80), rapid.IntRange(1, 6000)).Draw(t, "width")
	height := rapid.IntRange(1, 20).Draw(t, "height")
	b := ccitt.NewBitmap(width, height)
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	for y := range height {
		row := b.Row(y)
		if y > 0 && kind > 0 {
			copy(row, b.Row(y-1))
		}
		switch kind {
		case 0:
			copy(row, rapid.SliceOfN(rapid.Byte(), len(row), len(row)).Draw(t, "row"))
		default:
			for range rapid.IntRange(0, 4).Draw(t, "edits") {
				from := rapid.IntRange(0, width-1).Draw(t, "from")
				n := rapid.IntRange(1, 1+width/kind/kind).Draw(t, "length")
				for x := from; x < min(width, from+n); x++ {
					row[x>>3] ^= 0x80 >> (x & 7)
				}
			}
		}
		if width%8 != 0 {
			row[len(row)-1] &= 0xff << (8 - width%8)
		}
	}
	return b
}

func TestEncodeDecodeIsIdentity(t *testing.T) {
	var d ccitt.Decoder
	var got ccitt.Bitmap
	rapid.Check(t, func(t *rapid.T) {
		b := drawBitmap(t)
		p := ccitt.Params{
			Encoding:    rapid.SampledFrom(encodings).Draw(t, "encoding"),
			Columns:     b.Width,
			LSBFirst:    rapid.Bool().Draw(t, "lsb"),
			ByteAligned: rapid.Bool().Draw(t, "aligned"),
			K:           rapid.IntRange(0, 5).Draw(t, "k"),
			NoEnd:       rapid.Bool().Draw(t, "noend"),
		}
		data := ccitt.Encode(b, p)
		p.Rows = b.Height
		if !p.NoEnd && p.Encoding != ccitt.ModifiedHuffman && p.Encoding != ccitt.Runs && rapid.Bool().Draw(t, "unknown height") {
			p.Rows = 0
		}
		r, err := d.Decode(&got, data, p)
		if err != nil {
			t.Fatal(err)
		}
		if got.Width != b.Width || got.Height != b.Height || !bytes.Equal(got.Pix, b.Pix) {
			t.Fatalf("%+v: %d x %d came back as %d x %d, %+v", p, b.Width, b.Height, got.Width, got.Height, r)
		}
		if len(r.Damaged) > 0 || r.Repaired > 0 || r.Short || r.Long || r.Rows != b.Height || r.Encoding != p.Encoding || !r.Ended {
			t.Fatalf("%+v: %+v", p, r)
		}
	})
}
