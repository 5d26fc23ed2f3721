package tiff

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dispositivo/dossier"
)

var limits = Limits{Pages: 20, BilevelPixels: 40_000_000, Pixels: 16_000_000}

// TestPages proves that every page of the chain is found and decoded as itself,
// in both byte orders.
func TestPages(t *testing.T) {
	for _, big := range []bool{false, true} {
		b := newBuilder(big)
		for n := range uint32(3) {
			b.gray(4+n, 5, byte(50*n), ratio(tagXResolution, 204, 1), ratio(tagYResolution, 98, 1))
		}
		f, findings, err := Open(b.data, limits)
		if err != nil || len(findings) > 0 {
			t.Fatalf("%v, %v", findings, err)
		}
		for i, p := range f.Pages() {
			want := PageInfo{
				N: i + 1, Width: 4 + i, Height: 5, DPIX: 204, DPIY: 98, Aspect: 204.0 / 98,
				Encoding: "none", Orientation: 1,
			}
			if diff := cmp.Diff(want, p, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Error(diff)
			}
			img, info, err := f.Decode(p.N, 0)
			if err != nil || info.Rows != 5 {
				t.Fatalf("%d rows, %v", info.Rows, err)
			}
			if got := img.At(1, 1); got != (color.Gray{Y: byte(50 * i)}) {
				t.Errorf("page %d is %v", p.N, got)
			}
		}
		if _, _, err := f.Decode(4, 0); err == nil {
			t.Error("page 4 decoded")
		}
	}
}

// TestRefusals proves that hostile files end with the right finding and before
// memory is taken for them.
func TestRefusals(t *testing.T) {
	loop := newBuilder(false)
	at := loop.gray(4, 4, 0)
	loop.order.PutUint32(loop.data[loop.link:], at)
	tests := []struct {
		name string
		data []byte
		code dossier.FindingCode
	}{
		{"empty header", []byte("II*\x00"), dossier.FileTruncated},
		{"other type", []byte("%PDF-1.7"), dossier.FileType},
		{"BigTIFF cut", []byte("II+\x00\x08\x00\x00\x00"), dossier.FileTruncated},
		{"BigTIFF of 4 bytes", append([]byte("II+\x00\x04\x00\x00\x00"), make([]byte, 8)...), dossier.FileUnreadable},
		{"BigTIFF far beyond the end", append([]byte("MM\x00+\x00\x08\x00\x00"), bytes.Repeat([]byte{0xff}, 16)...), dossier.FileTruncated},
		{"BigTIFF with 2⁶⁴-1 tags", append([]byte("MM\x00+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"), bytes.Repeat([]byte{0xff}, 16)...), dossier.FileUnreadable},
		{"no page", []byte("II*\x00\x00\x00\x00\x00"), dossier.PagesNone},
		{"beyond the end", []byte("MM\x00*\x00\x00\x00\xff"), dossier.FileTruncated},
		{"inside the header", []byte("MM\x00*\x00\x00\x00\x02"), dossier.FileTruncated},
		{"empty directory", append([]byte("II*\x00\x08\x00\x00\x00"), 0, 0, 0, 0, 0, 0), dossier.FileUnreadable},
		{"4000000000 pixels wide", build(long(tagWidth, 4e9), long(tagLength, 4e9)), dossier.PagesTooLarge},
		{"20000x20000", build(short(tagWidth, 20000), short(tagLength, 20000), short(tagBitsPerSample, 1)), dossier.PagesTooLarge},
		{"17 million colours", build(short(tagWidth, 17000), short(tagLength, 1000), short(tagBitsPerSample, 8, 8, 8)), dossier.PagesTooLarge},
		{"a long thin page", build(long(tagWidth, 1), long(tagLength, 100_000)), dossier.PagesTooLarge},
		{"21 pages", manyPages(21), dossier.PagesTooMany},
		{"value beyond the end", beyond(), dossier.FileTruncated},
	}
	for _, tc := range tests {
		_, findings, _ := Open(tc.data, limits)
		if verdict, code := dossier.Judge(findings); verdict != dossier.Rejected || code != tc.code {
			t.Errorf("%s: %v", tc.name, findings)
		}
	}
	f, findings, err := Open(loop.data, limits)
	if err != nil || len(f.Pages()) != 1 || len(findings) != 1 || findings[0].Code != dossier.PageDamaged {
		t.Errorf("loop: %v, %v", findings, err)
	}
}

// beyond is a file whose strip offsets lie behind its end.
func beyond() []byte {
	data := build(long(tagStripOffsets, 1, 2, 3, 4))
	const firstEntry = 8 + 16 + 2
	binary.LittleEndian.PutUint32(data[firstEntry+8:], 1<<20)
	return data
}

func manyPages(n int) []byte {
	b := newBuilder(false)
	for range n {
		b.gray(2, 2, 0)
	}
	return b.data
}

// problemCase is a first page, its encoding, and what is wrong with it if anything.
type problemCase struct {
	tags     []tag
	encoding string
	code     dossier.FindingCode
}

func problemCases() []problemCase {
	base := func(compression uint32, more ...tag) []tag {
		return append([]tag{
			short(tagWidth, 8), short(tagLength, 8), short(tagBitsPerSample, 1), short(tagCompression, compression),
			short(tagPhotometric, 0), long(tagStripOffsets, 8), long(tagStripByteCounts, 4),
		}, more...)
	}
	kind := func(compression, depth uint32, more ...tag) []tag {
		tags := base(compression, more...)
		tags[2] = short(tagBitsPerSample, depth)
		return tags
	}
	paint := func(photometric uint32, depths ...uint32) []tag {
		tags := base(1)
		tags[2], tags[4] = short(tagBitsPerSample, depths...), short(tagPhotometric, photometric)
		return tags
	}
	return []problemCase{
		{base(2), "mh", ""},
		{base(3, long(tagT4Options, 1)), "g3-2d", ""},
		{base(3, long(tagT4Options, 4)), "g3-1d", ""},
		{base(4), "g4", ""},
		{base(7), "jpeg", ""},
		{base(50001), "webp", dossier.FileUnreadable},
		{base(12345), "compression-12345", dossier.FileUnreadable},
		{base(1, short(tagSampleFormat, 3)), "none", dossier.FileUnreadable},
		{base(1, short(tagTileWidth, 4), short(tagTileLength, 4), long(tagTileOffsets, 8)), "none", dossier.FileUnreadable},
		{base(1, short(tagTileWidth, 60000), short(tagTileLength, 60000), long(tagTileOffsets, 8)), "none", dossier.FileUnreadable},
		{kind(5, 8, short(tagPredictor, 3)), "lzw", dossier.FileUnreadable},
		{kind(5, 4, short(tagPredictor, 2)), "lzw", dossier.FileUnreadable},
		{kind(1, 32), "none", dossier.FileUnreadable},
		{kind(7, 12), "jpeg", dossier.FileUnreadable},
		{paint(3, 8), "none", dossier.FileUnreadable},
		{paint(5, 8, 8, 8), "none", dossier.FileUnreadable},
		{paint(8, 8, 8, 8), "none", dossier.FileUnreadable},
		{paint(2, 8, 8, 4), "none", dossier.FileUnreadable},
		{[]tag{short(tagWidth, 0), short(tagLength, 8)}, "none", dossier.FileUnreadable},
		{[]tag{short(tagWidth, 8), short(tagLength, 8)}, "none", dossier.FileUnreadable},
		{[]tag{
			short(tagWidth, 8), short(tagLength, 8), long(tagStripOffsets, 1e9), long(tagStripByteCounts, 4),
		}, "none", dossier.FileTruncated},
		{[]tag{
			short(tagWidth, 8), short(tagLength, 8), long(tagStripOffsets, 8), short(tagSamplesPerPixel, 3),
			long(tagStripByteCounts, 4), short(tagPlanar, 2), short(tagPhotometric, 9),
		}, "none", dossier.FileUnreadable},
	}
}

// TestProblems proves that a page which cannot be decoded says why, and does
// not hide the next.
func TestProblems(t *testing.T) {
	for _, tc := range problemCases() {
		b := newBuilder(false)
		b.page(tc.tags...)
		b.gray(2, 2, 7)
		f, findings, err := Open(b.data, limits)
		if err != nil || len(findings) > 0 || len(f.Pages()) != 2 {
			t.Fatalf("%s: %v, %v", tc.encoding, findings, err)
		}
		p := f.Pages()[0]
		if p.Encoding != tc.encoding || (p.Problem == nil) != (tc.code == "") || p.Problem != nil && p.Problem.Code != tc.code {
			t.Errorf("%s, %s: got %s, %v", tc.encoding, tc.code, p.Encoding, p.Problem)
		}
		if _, _, err := f.Decode(1, 0); p.Problem != nil && err == nil {
			t.Errorf("%s: decoded in spite of %v", tc.encoding, p.Problem)
		}
		if _, _, err := f.Decode(2, 0); err != nil {
			t.Errorf("%s: page 2: %v", tc.encoding, err)
		}
	}
}

func TestResolution(t *testing.T) {
	tests := []struct {
		name      string
		tags      []tag
		x, y, rel float64
	}{
		{"none", nil, 0, 0, 1},
		{"inch by default", []tag{ratio(tagXResolution, 204, 1), ratio(tagYResolution, 196, 1)}, 204, 196, 204.0 / 196},
		{"centimetres", []tag{
			ratio(tagXResolution, 80, 1), ratio(tagYResolution, 77, 2), short(tagResolutionUnit, 3),
		}, 203.2, 97.79, 80 / 38.5},
		{"no unit", []tag{
			ratio(tagXResolution, 2, 1), ratio(tagYResolution, 1, 1), short(tagResolutionUnit, 1),
		}, 0, 0, 2},
		{"division by zero", []tag{ratio(tagXResolution, 204, 0), ratio(tagYResolution, 98, 1)}, 0, 0, 1},
		{"absurd", []tag{ratio(tagXResolution, math.MaxUint32, 1), ratio(tagYResolution, math.MaxUint32, 1)}, 0, 0, 1},
		{"absurd shape", []tag{ratio(tagXResolution, 1000, 1), ratio(tagYResolution, 100, 1)}, 0, 0, 1},
	}
	for _, tc := range tests {
		b := newBuilder(true)
		b.gray(2, 2, 0, tc.tags...)
		f, _, err := Open(b.data, limits)
		if err != nil {
			t.Fatal(err)
		}
		p := f.Pages()[0]
		if math.Abs(p.DPIX-tc.x) > .01 || math.Abs(p.DPIY-tc.y) > .01 || math.Abs(p.Aspect-tc.rel) > .01 {
			t.Errorf("%s: %v, %v, aspect %v", tc.name, p.DPIX, p.DPIY, p.Aspect)
		}
	}
}
