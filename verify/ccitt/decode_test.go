package ccitt_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"dispositivo/verify/ccitt"
)

// shortLetter is the top of a page, 600 rows with text.
func shortLetter() ccitt.Bitmap { return crop(letters()[0], 200, 600) }

func crop(b ccitt.Bitmap, from, rows int) ccitt.Bitmap {
	b.Pix, b.Height = b.Pix[from*b.Stride:(from+rows)*b.Stride], rows
	return b
}

func decode(t *testing.T, data []byte, p ccitt.Params) (ccitt.Bitmap, ccitt.Report) {
	t.Helper()
	b, r, err := ccitt.Decode(data, p)
	if err != nil {
		t.Fatal(err)
	}
	return b, r
}

func TestWrongClaimsAreSeenThrough(t *testing.T) {
	page := shortLetter()
	for _, is := range encodings {
		for _, lsb := range []bool{false, true} {
			data := ccitt.Encode(page, ccitt.Params{Encoding: is, LSBFirst: lsb})
			for _, claimed := range encodings {
				p := ccitt.Params{Encoding: claimed, Columns: page.Width, Rows: page.Height}
				b, r := decode(t, data, p)
				if !bytes.Equal(b.Pix, page.Pix) || len(r.Damaged) > 0 {
					t.Errorf("%s lsb=%t claimed to be %s: %d rows damaged", is, lsb, claimed, r.DamagedRows())
				}
				if is == ccitt.Group31D && claimed == ccitt.Runs {
					continue // Runs may have end-of-line codes
				}
				if r.Encoding != is || r.LSBFirst != lsb {
					t.Errorf("%s lsb=%t claimed to be %s: taken for %s lsb=%t", is, lsb, claimed, r.Encoding, r.LSBFirst)
				}
			}
		}
	}
}

func TestShortPage(t *testing.T) {
	page := shortLetter()
	for _, e := range encodings {
		p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height + 50}
		b, r := decode(t, ccitt.Encode(page, p), p)
		if b.Height != p.Rows || !bytes.Equal(b.Pix[:len(page.Pix)], page.Pix) || slices.Max(b.Pix[len(page.Pix):]) != 0 {
			t.Errorf("%s: the rows that came are not followed by white", e)
		}
		if !r.Short || r.Long || r.Rows != page.Height || !r.Ended || len(r.Damaged) > 0 {
			t.Errorf("%s: %+v", e, r)
		}
	}
}

func TestLongPage(t *testing.T) {
	page := shortLetter()
	for _, e := range encodings {
		p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height - 250}
		b, r := decode(t, ccitt.Encode(page, p), p)
		if b.Height != page.Height || !bytes.Equal(b.Pix, page.Pix) || !r.Long || r.Short || len(r.Damaged) > 0 {
			t.Errorf("%s: height %d, %+v", e, b.Height, r)
		}
	}
}

func TestCutPage(t *testing.T) {
	page := shortLetter()
	for _, e := range encodings {
		p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height}
		data := ccitt.Encode(page, p)
		b, r := decode(t, data[:len(data)/2], p)
		if b.Height != page.Height || r.Rows < page.Height/5 || !r.Short {
			t.Fatalf("%s: height %d, %+v", e, b.Height, r)
		}
		// All but the last rows, which the cut may have spoilt, are right, and
		// what is missing is reported.
		sure := (r.Rows - 3) * page.Stride
		if !bytes.Equal(b.Pix[:sure], page.Pix[:sure]) {
			t.Errorf("%s: rows before the cut are wrong", e)
		}
		if last := r.Damaged; len(last) == 0 || last[len(last)-1].To != page.Height {
			t.Errorf("%s: %+v", e, r)
		}
	}
}

func TestPaddingIsNoPicture(t *testing.T) {
	page := shortLetter()
	for _, e := range encodings {
		for _, pad := range []byte{0x00, 0xff, 0x55} {
			p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height, NoEnd: true}
			data := append(ccitt.Encode(page, p), bytes.Repeat([]byte{pad}, 3)...)
			if b, _ := decode(t, data, p); !bytes.Equal(b.Pix[:len(page.Pix)], page.Pix) {
				t.Errorf("%s padded with %02x: another picture", e, pad)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	one := []byte{0xff}
	for _, p := range []ccitt.Params{
		{Columns: 0},
		{Columns: 65_536},
		{Columns: 10, Rows: -1},
		{Columns: 20_000, Rows: 20_000},
		{Columns: 10, Encoding: 9},
		{Columns: 100, Rows: 11, MaxPixels: 1000},
	} {
		if _, _, err := ccitt.Decode(one, p); !errors.Is(err, ccitt.ErrParams) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, _, err := ccitt.Decode(nil, ccitt.Params{Columns: 8}); !errors.Is(err, ccitt.ErrEmpty) {
		t.Error(err)
	}
	// Every bit of this is a white row.
	b, r, err := ccitt.Decode(bytes.Repeat(one, 1<<20), ccitt.Params{Encoding: ccitt.Group4, Columns: 1728})
	if err != nil || !r.Truncated || b.Height*b.Width > ccitt.DefaultMaxPixels {
		t.Errorf("%d rows, %+v, %v", b.Height, r, err)
	}
}

func TestUncompressedModeIsRefused(t *testing.T) {
	data := []byte{0b0000_0011, 0b1101_0101, 0x55, 0x55, 0x55}
	p := ccitt.Params{Encoding: ccitt.Group4, Columns: 1728, Rows: 10, Uncompressed: true}
	if _, _, err := ccitt.Decode(data, p); !errors.Is(err, ccitt.ErrUncompressed) {
		t.Error(err)
	}
	p.Uncompressed = false
	if b, r := decode(t, data, p); b.Height != 10 || r.DamagedRows() == 0 {
		t.Errorf("without the option it is damage: %+v", r)
	}
}

// A noisy line: the page comes, in bounded time, with the damage named.
func TestManyErrors(t *testing.T) {
	page := letters()[1]
	for _, e := range encodings {
		for _, errs := range []int{10, 100, 1000} {
			rng := rand.New(rand.NewPCG(1, uint64(errs)))
			p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height}
			data := ccitt.Encode(page, p)
			for range errs {
				data[rng.IntN(len(data))] ^= 1 << rng.IntN(8)
			}
			b, r := decode(t, data, p)
			var s score
			s.add(page, b, r)
			t.Logf("%s, %d bits flipped: %.1f %% of rows equal, %.2f %% wrong and not reported", e, errs, s.share(s.equal), s.share(s.unmarked))
			if b.Height < page.Height {
				t.Errorf("%s: height %d", e, b.Height)
			}
		}
	}
}
