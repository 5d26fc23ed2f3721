package ccitt_test

import (
	"testing"

	"dispositivo/verify/ccitt"
)

func FuzzDecodeMH(f *testing.F)   { fuzz(f, ccitt.ModifiedHuffman) }
func FuzzDecodeG31D(f *testing.F) { fuzz(f, ccitt.Group31D) }
func FuzzDecodeG32D(f *testing.F) { fuzz(f, ccitt.Group32D) }
func FuzzDecodeG4(f *testing.F)   { fuzz(f, ccitt.Group4) }
func FuzzDecodeRuns(f *testing.F) { fuzz(f, ccitt.Runs) }

// fuzz decodes anything: whatever comes back must be a picture of the size the
// report says, with damage inside it.
func fuzz(f *testing.F, e ccitt.Encoding) {
	page := crop(letters()[0], 210, 40)
	small := ccitt.NewBitmap(20, 5)
	small.Pix[4] = 0x3c
	for _, b := range []ccitt.Bitmap{page, small} {
		for _, lsb := range []bool{false, true} {
			data := ccitt.Encode(b, ccitt.Params{Encoding: e, LSBFirst: lsb})
			f.Add(data, uint16(b.Width), uint16(b.Height), lsb, false)
			f.Add(data, uint16(b.Width), uint16(0), lsb, true)
			for seed := range uint64(4) {
				f.Add(class{e, int(seed)}.hit(append(data, 0, 0, 0, 0), seed), uint16(b.Width), uint16(b.Height), lsb, false)
			}
		}
	}
	var d ccitt.Decoder
	var out ccitt.Bitmap
	f.Fuzz(func(t *testing.T, data []byte, columns, rows uint16, lsb, aligned bool) {
		const limit = 1 << 20
		p := ccitt.Params{Encoding: e, Columns: int(columns), Rows: int(rows), LSBFirst: lsb, ByteAligned: aligned, MaxPixels: limit}
		r, err := d.Decode(&out, data, p)
		if err != nil {
			return
		}
		if out.Width != p.Columns || out.Height < p.Rows || out.Height*out.Width > max(limit, out.Width) || len(out.Pix) != out.Stride*out.Height {
			t.Fatalf("%+v gave %d x %d, %d bytes", p, out.Width, out.Height, len(out.Pix))
		}
		for i, g := range r.Damaged {
			if g.From < 0 || g.From >= g.To || g.To > out.Height || i > 0 && g.From <= r.Damaged[i-1].To {
				t.Fatalf("damage %v in %d rows", r.Damaged, out.Height)
			}
		}
		// The picture has nothing beyond its width and survives being stored.
		again, back, err := ccitt.Decode(ccitt.Encode(out, p), ccitt.Params{Encoding: e, Columns: p.Columns, Rows: out.Height, LSBFirst: lsb, ByteAligned: aligned})
		if out.Height > 0 && (err != nil || string(again.Pix) != string(out.Pix) || len(back.Damaged) > 0) {
			t.Fatalf("stored again: %+v %v", back, err)
		}
	})
}
