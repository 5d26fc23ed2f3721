package tiff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dispositivo/dossier"
)

var limits = Limits{Pages: 20, BilevelPixels: 40_000_000, Pixels: 16_000_000}

// tag is an entry of a directory under construction: short values only, or
// rational ones.
type tag struct {
	id, kind uint16
	values   []uint32
}

func short(id uint16, values ...uint32) tag { return tag{id, 3, values} }
func long(id uint16, values ...uint32) tag  { return tag{id, 4, values} }
func ratio(id uint16, over, under uint32) tag {
	return tag{id, 5, []uint32{over, under}}
}

// builder writes TIFF files in either byte order.
type builder struct {
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
	data []byte
	link int // where the offset of the next directory goes
}

func newBuilder(big bool) *builder {
	b := &builder{order: binary.LittleEndian, data: []byte("II*\x00\x00\x00\x00\x00"), link: 4}
	if big {
		b.order, b.data = binary.BigEndian, []byte("MM\x00*\x00\x00\x00\x00")
	}
	return b
}

// put appends data and returns where it lies.
func (b *builder) put(data []byte) uint32 {
	at := uint32(len(b.data))
	b.data = append(b.data, data...)
	return at
}

// page appends a directory; its tags must be in order.
func (b *builder) page(tags ...tag) uint32 {
	outside := map[int]uint32{}
	for i, t := range tags {
		values := b.values(t)
		if len(values) > 4 {
			outside[i] = b.put(values)
		}
	}
	at := uint32(len(b.data))
	b.order.PutUint32(b.data[b.link:], at)
	b.data = b.order.AppendUint16(b.data, uint16(len(tags)))
	for i, t := range tags {
		b.data = b.order.AppendUint16(b.data, t.id)
		b.data = b.order.AppendUint16(b.data, t.kind)
		n := uint32(len(t.values))
		if t.kind == 5 {
			n /= 2
		}
		b.data = b.order.AppendUint32(b.data, n)
		if offset, ok := outside[i]; ok {
			b.data = b.order.AppendUint32(b.data, offset)
			continue
		}
		b.data = append(b.data, append(b.values(t), 0, 0, 0, 0)[:4]...)
	}
	b.link = len(b.data)
	b.data = append(b.data, 0, 0, 0, 0)
	return at
}

func (b *builder) values(t tag) []byte {
	var out []byte
	for _, v := range t.values {
		if t.kind == 3 {
			out = b.order.AppendUint16(out, uint16(v))
			continue
		}
		out = b.order.AppendUint32(out, v)
	}
	return out
}

// gray is a page of 8-bit grey of the given shade, uncompressed.
func (b *builder) gray(w, h uint32, shade byte, more ...tag) uint32 {
	at := b.put(bytes.Repeat([]byte{shade}, int(w*h)))
	return b.page(append([]tag{
		short(tagWidth, w), short(tagLength, h), short(tagBitsPerSample, 8), short(tagCompression, 1),
		short(tagPhotometric, 1), long(tagStripOffsets, at), long(tagStripByteCounts, w*h),
	}, more...)...)
}

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
			img, err := f.Decode(p.N)
			if err != nil {
				t.Fatal(err)
			}
			if got := img.At(1, 1); got != (color.Gray{Y: byte(50 * i)}) {
				t.Errorf("page %d is %v", p.N, got)
			}
		}
		if _, err := f.Decode(4); err == nil {
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
		{"BigTIFF", []byte("II+\x00\x08\x00\x00\x00"), dossier.FileUnreadable},
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

func build(tags ...tag) []byte {
	b := newBuilder(false)
	b.page(tags...)
	return b.data
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

// TestProblems proves that a page which cannot be decoded says why, and does
// not hide the next.
func TestProblems(t *testing.T) {
	base := func(compression uint32, more ...tag) []tag {
		return append([]tag{
			short(tagWidth, 8), short(tagLength, 8), short(tagBitsPerSample, 1), short(tagCompression, compression),
			short(tagPhotometric, 0), long(tagStripOffsets, 8), long(tagStripByteCounts, 4),
		}, more...)
	}
	tests := []struct {
		tags     []tag
		encoding string
		code     dossier.FindingCode
	}{
		{base(2), "mh", dossier.FileUnreadable},
		{base(3, long(tagT4Options, 1)), "g3-2d", dossier.FileUnreadable},
		{base(3, long(tagT4Options, 4)), "g3-1d", ""},
		{base(4), "g4", ""},
		{base(7), "jpeg", dossier.FileUnreadable},
		{base(50001), "webp", dossier.FileUnreadable},
		{base(12345), "compression-12345", dossier.FileUnreadable},
		{base(1, short(tagSampleFormat, 3)), "none", dossier.FileUnreadable},
		{[]tag{short(tagWidth, 0), short(tagLength, 8)}, "none", dossier.FileUnreadable},
		{[]tag{short(tagWidth, 8), short(tagLength, 8)}, "none", dossier.FileUnreadable},
		{[]tag{
			short(tagWidth, 8), short(tagLength, 8), long(tagStripOffsets, 1e9), long(tagStripByteCounts, 4),
		}, "none", dossier.FileTruncated},
		{[]tag{
			short(tagWidth, 8), short(tagLength, 8), long(tagStripOffsets, 8), short(tagSamplesPerPixel, 3),
			long(tagStripByteCounts, 4), short(tagPlanar, 2),
		}, "none", dossier.FileUnreadable},
	}
	for _, tc := range tests {
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
		if _, err := f.Decode(1); p.Problem != nil && err == nil {
			t.Errorf("%s: decoded in spite of %v", tc.encoding, p.Problem)
		}
		if _, err := f.Decode(2); err != nil {
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

// corpora returns the TIFF files of ../shared/corpora.
func corpora(tb testing.TB) []string {
	tb.Helper()
	const dir = "../../../shared/corpora"
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		return nil
	}
	var files []string
	for _, pattern := range []string{"*/*.tif", "*/*.tiff", "*/*.TIF"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// TestSamePicture proves that files of one picture in several encodings, byte
// and bit orders decode to equal pixels.
func TestSamePicture(t *testing.T) {
	if corpora(t) == nil {
		t.Skip("the corpora are not here")
	}
	for _, group := range [][]string{
		{"libtiff.net/G31D.TIF", "libtiff.net/G31DS.TIF", "libtiff.net/G4S.TIF"},
		{"go-image/bw-gopher_ccittGroup3.tiff", "go-image/bw-gopher_ccittGroup4.tiff"},
	} {
		var first []byte
		for _, name := range group {
			data, err := os.ReadFile(filepath.Join("../../../shared/corpora", name))
			if err != nil {
				t.Fatal(err)
			}
			f, _, err := Open(data, limits)
			if err != nil {
				t.Fatal(err)
			}
			img, err := f.Decode(1)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			gray, ok := img.(*image.Gray)
			if !ok {
				t.Fatalf("%s: %T", name, img)
			}
			if first == nil {
				first = gray.Pix
			}
			if !bytes.Equal(first, gray.Pix) {
				t.Errorf("%s differs from %s", name, group[0])
			}
		}
	}
}

// FuzzOpen looks for panics, endless chains and pages beyond the limits.
func FuzzOpen(f *testing.F) {
	for _, name := range corpora(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 20_000 {
			f.Add(data)
		}
	}
	f.Add(manyPages(3))
	small := Limits{Pages: 5, BilevelPixels: 1 << 20, Pixels: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, findings, err := Open(data, small)
		if err != nil {
			if verdict, _ := dossier.Judge(findings); verdict != dossier.Rejected || !errors.Is(err, ErrNoFile) {
				t.Fatalf("%v without a reason: %v", err, findings)
			}
			return
		}
		if len(file.Pages()) > small.Pages {
			t.Fatalf("%d pages", len(file.Pages()))
		}
		for _, p := range file.Pages() {
			if int64(p.Width)*int64(p.Height) > small.BilevelPixels {
				t.Fatalf("page of %dx%d", p.Width, p.Height)
			}
			img, err := file.Decode(p.N)
			if err == nil && (img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height) {
				t.Fatalf("image of %v", img.Bounds())
			}
		}
	})
}
