package tiff

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dispositivo/dossier"
	"dispositivo/verify/ccitt"
)

// open decodes page 1 of data.
func open(t *testing.T, data []byte, maxPixels int) (image.Image, PageInfo, error) {
	t.Helper()
	f, findings, err := Open(data, limits)
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	return f.Decode(1, maxPixels)
}

// page1 is a file of one page whose strips are given.
func page1(tags []tag, strips ...[]byte) []byte {
	b := newBuilder(false)
	var offsets, counts []uint32
	for _, s := range strips {
		offsets, counts = append(offsets, b.put(s)), append(counts, uint32(len(s)))
	}
	tags = append(tags, long(tagStripOffsets, offsets...), long(tagStripByteCounts, counts...))
	slices.SortFunc(tags, func(a, b tag) int { return int(a.id) - int(b.id) })
	b.page(tags...)
	return b.data
}

// stripes is a bilevel page on which every row differs from the next.
func stripes(w, h int) ccitt.Bitmap {
	b := ccitt.NewBitmap(w, h)
	for y := range h {
		for x := 3 * (y % 7); x < w; x += 11 + y%3 {
			b.Row(y)[x/8] |= 0x80 >> (x % 8)
		}
	}
	return b
}

func faxTags(w, h, compression uint32, more ...tag) []tag {
	return append([]tag{
		short(tagWidth, w), short(tagLength, h), short(tagCompression, compression),
	}, more...)
}

// TestFax proves that a fax is read although its tags are wrong: options,
// encoding, bit order, height, strip height, no photometric sense.
func TestFax(t *testing.T) {
	const w, h = 200, 60
	page := stripes(w, h)
	g31d := ccitt.Encode(page, ccitt.Params{Encoding: ccitt.Group31D})
	g32d := ccitt.Encode(page, ccitt.Params{Encoding: ccitt.Group32D})
	g4 := ccitt.Encode(page, ccitt.Params{Encoding: ccitt.Group4})
	mh := ccitt.Encode(page, ccitt.Params{Encoding: ccitt.ModifiedHuffman})
	lsb := ccitt.Encode(page, ccitt.Params{Encoding: ccitt.Group4, LSBFirst: true})
	tests := []struct {
		name, encoding string
		tags           []tag
		data           []byte
	}{
		{"no options", "g3-2d", faxTags(w, h, 3), g32d},
		{"options of 2-D", "g3-1d", faxTags(w, h, 3, long(tagT4Options, 1)), g31d},
		{"MH called Group 3", "mh", faxTags(w, h, 3), mh},
		{"MH", "mh", faxTags(w, h, 2), mh},
		{"bit order", "g4", faxTags(w, h, 4), lsb},
		{"no height", "g4", faxTags(w, 0, 4), g4},
		{"too low", "g4", faxTags(w, h-20, 4), g4},
		{"eight bits", "g4", faxTags(w, h, 4, short(tagBitsPerSample, 8)), g4},
		{"strips of no height", "g4", faxTags(w, h, 4, long(tagRowsPerStrip, 0)), g4},
		{"strip too low", "g4", faxTags(w, h, 4, long(tagRowsPerStrip, 8)), g4},
	}
	for _, tc := range tests {
		img, info, err := open(t, page1(tc.tags, tc.data), 0)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if info.Encoding != tc.encoding || info.Height != h || info.Rows != h || len(info.Damaged) > 0 {
			t.Errorf("%s: %+v", tc.name, info)
		}
		if !bytes.Equal(img.(*image.Gray).Pix, expand(page, false, 0).Pix) { //nolint:errcheck // a fax is grey
			t.Errorf("%s: another picture", tc.name)
		}
	}
}

// TestShort proves that what is missing of a page is white and said, and that a
// page of which nothing is there is not shown.
func TestShort(t *testing.T) {
	fax := ccitt.Encode(stripes(64, 6), ccitt.Params{Encoding: ccitt.Group4})
	gray := func(rows int) []byte { return make([]byte, 8*rows) }
	grayTags := func(more ...tag) []tag {
		return append([]tag{short(tagWidth, 8), short(tagLength, 8), short(tagBitsPerSample, 8), short(tagPhotometric, 1)}, more...)
	}
	tests := []struct {
		name    string
		data    []byte
		damaged []Range
		code    dossier.FindingCode
	}{
		{"fax", page1(faxTags(64, 10, 4), fax), []Range{{6, 10}}, ""},
		{"inverted fax", page1(faxTags(64, 10, 4, short(tagPhotometric, 1)), fax), []Range{{6, 10}}, ""},
		{"fax strips", page1(faxTags(64, 24, 4, short(tagRowsPerStrip, 8)), fax, nil, fax), []Range{{6, 16}, {22, 24}}, ""},
		{"grey", page1(grayTags(), gray(5)), []Range{{5, 8}}, ""},
		{"grey strips", page1(grayTags(short(tagRowsPerStrip, 2)), gray(2), gray(1), nil, gray(2)), []Range{{3, 6}}, ""},
		{"fewer strips", page1(grayTags(short(tagRowsPerStrip, 2)), gray(2), gray(2)), []Range{{4, 8}}, ""},
		{"no row", page1(grayTags(), make([]byte, 7)), nil, dossier.FileTruncated},
		{"not zlib", page1(grayTags(short(tagCompression, 8)), []byte("not zlib")), nil, dossier.FileUnreadable},
		{"not JPEG", page1(grayTags(short(tagCompression, 7)), []byte("not JPEG")), nil, dossier.FileUnreadable},
		{"not JPEG either", page1(grayTags(short(tagCompression, 6)), []byte("not JPEG")), nil, dossier.FileUnreadable},
	}
	for _, tc := range tests {
		img, info, err := open(t, tc.data, 0)
		if tc.code != "" {
			var known *Error
			if !errors.As(err, &known) || known.Finding.Code != tc.code || known.Finding.Severity != dossier.SeverityBlock {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if diff := cmp.Diff(tc.damaged, info.Damaged); diff != "" || info.Rows != info.Height-count(tc.damaged) {
			t.Errorf("%s: %d rows, %s", tc.name, info.Rows, diff)
		}
		for _, r := range info.Damaged {
			for y := r.From; y < r.To; y++ {
				if got := img.At(1, y); got != (color.Gray{Y: 255}) {
					t.Errorf("%s: row %d is %v", tc.name, y, got)
				}
			}
		}
	}
}

// TestReduced proves that a large bilevel page is averaged down while it is
// expanded.
func TestReduced(t *testing.T) {
	page := ccitt.NewBitmap(40, 30)
	for y := range 30 {
		page.Row(y)[0] = 0xe0 // three pixels
	}
	img, info, err := open(t, page1(faxTags(40, 30, 1, short(tagPhotometric, 0)), page.Pix), 400)
	if err != nil || info.Width != 40 || img.Bounds() != image.Rect(0, 0, 20, 15) {
		t.Fatal(img.Bounds(), info.Width, err)
	}
	for x, want := range []byte{0, 127, 255} {
		if got := img.At(x, 3); got != (color.Gray{Y: want}) {
			t.Errorf("%d: %v", x, got)
		}
	}
}

// TestNoCounts proves that strips are found where the file does not say how
// long they are.
func TestNoCounts(t *testing.T) {
	b := newBuilder(true)
	first, second := b.put(packBytes(bytes.Repeat([]byte{10}, 32))), b.put(packBytes(bytes.Repeat([]byte{20}, 32)))
	b.page(short(tagWidth, 8), short(tagLength, 8), short(tagBitsPerSample, 8), short(tagCompression, 32773),
		short(tagPhotometric, 1), long(tagStripOffsets, first, second))
	img, info, err := open(t, b.data, 0)
	if err != nil || info.Rows != 8 || img.At(0, 3) != (color.Gray{Y: 10}) || img.At(7, 7) != (color.Gray{Y: 20}) {
		t.Error(info, err)
	}
}

// TestPalette proves that short palettes and those of bytes are read, and that
// an index without a colour is refused: each viewer would show something else.
func TestPalette(t *testing.T) {
	tags := func(colours ...uint32) []tag {
		return []tag{
			short(tagWidth, 3), short(tagLength, 1), short(tagBitsPerSample, 8), short(tagPhotometric, 3),
			short(tagColorMap, colours...),
		}
	}
	img, _, err := open(t, page1(tags(1, 2, 3, 10, 20, 30, 100, 200, 250), []byte{2, 1, 0}), 0)
	if err != nil || img.At(0, 0) != (color.NRGBA{3, 30, 250, 255}) || img.At(2, 0) != (color.NRGBA{1, 10, 100, 255}) {
		t.Error(img, err)
	}
	if _, _, err = open(t, page1(tags(1, 2, 3, 10, 20, 30, 100, 200, 250), []byte{2, 1, 3}), 0); err == nil {
		t.Error("colour 3 of 3 was shown")
	}
}

// TestSharedColour proves that uncompressed YCbCr is read whose colours are
// shared by 2 × 2 pixels, on a page of odd size.
func TestSharedColour(t *testing.T) {
	const luma, cb, cr = 120, 90, 200
	unit := []byte{luma, luma, luma, luma, cb, cr}
	data := page1([]tag{
		short(tagWidth, 5), short(tagLength, 3), short(tagBitsPerSample, 8, 8, 8), short(tagPhotometric, ycbcr),
		short(tagSamplesPerPixel, 3), short(tagYCbCrSubsampling, 2, 2),
	}, bytes.Repeat(unit, 6))
	img, info, err := open(t, data, 0)
	if err != nil || info.Rows != 3 {
		t.Fatal(info, err)
	}
	r, g, b := color.YCbCrToRGB(luma, cb, cr)
	for _, p := range []image.Point{{0, 0}, {4, 2}} {
		if got := img.At(p.X, p.Y); got != (color.NRGBA{r, g, b, 255}) {
			t.Errorf("%v: %v", p, got)
		}
	}
}

// gradient is a picture that JPEG keeps well.
func gradient(w, h int, gray bool) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{byte(2 * x), byte(2 * y), byte(255 - x - y), 255})
		}
	}
	if !gray {
		return img
	}
	flat := image.NewGray(img.Rect)
	for y := range h {
		for x := range w {
			flat.Set(x, y, img.At(x, y))
		}
	}
	return flat
}

// encodeJPEG returns a whole stream, and the same cut into tables and the rest.
func encodeJPEG(t *testing.T, img image.Image) (whole, tables, rest []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	whole = b.Bytes()
	tables, rest = []byte{0xff, markSOI}, []byte{0xff, markSOI}
	scan, err := segments(whole, func(marker byte, segment []byte, _ int) error {
		if marker == markDHT || marker == markDQT {
			tables = append(tables, segment...)
		} else {
			rest = append(rest, segment...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return whole, append(tables, 0xff, markEOI), append(rest, whole[scan:]...)
}

// TestJPEG proves that both styles of JPEG are read, tables joined, and that a
// page whose data are cut or spoilt is shown as far as they go.
func TestJPEG(t *testing.T) {
	const w, h = 100, 96
	for _, gray := range []bool{false, true} {
		img := gradient(w, h, gray)
		whole, tables, rest := encodeJPEG(t, img)
		samples, photometric := uint32(3), uint32(ycbcr)
		if gray {
			samples, photometric = 1, 1
		}
		tags := func(compression uint32, more ...tag) []tag {
			return append([]tag{
				short(tagWidth, w), short(tagLength, h), short(tagCompression, compression),
				short(tagPhotometric, photometric), short(tagSamplesPerPixel, samples),
			}, more...)
		}
		spoilt := bytes.Clone(whole)
		copy(spoilt[len(spoilt)*3/4:], bytes.Repeat([]byte{0xff, 0xd0}, 20))
		old := page1(tags(6), whole)
		tests := []struct {
			name string
			data []byte
			rows int
		}{
			{"tables apart", page1(tags(7, raw(tagJPEGTables, tables)), rest), h},
			{"whole", page1(tags(7), whole), h},
			{"two strips", page1(tags(7, short(tagRowsPerStrip, h/2)), half(t, img, 0), half(t, img, h/2)), h},
			{"cut", page1(tags(7), whole[:len(whole)*3/4]), h / 2},
			{"spoilt", page1(tags(7), spoilt), h / 2},
			{"old", old, h},
			{"old, by its own tags", page1(tags(6, long(tagJPEGInterchange, 8), long(tagJPEGLength, uint32(len(whole)))), whole), h},
			{"old, in halves", page1(tags(6, long(tagJPEGInterchange, 8), long(tagJPEGLength, 600)), whole[:600], whole[600:]), h},
		}
		for _, tc := range tests {
			got, info, err := open(t, tc.data, 0)
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
				continue
			}
			if info.Rows < tc.rows || (info.Rows == h) != (tc.rows == h) || info.Rows+count(info.Damaged) != h {
				t.Errorf("%s: %d rows, damaged %v", tc.name, info.Rows, info.Damaged)
			}
			for y := range info.Rows {
				near(t, tc.name, got.At(w/3, y), img.At(w/3, y))
			}
		}
	}
}

// half is the stream of half a picture from row y on.
func half(t *testing.T, img image.Image, y int) []byte {
	t.Helper()
	b := img.Bounds()
	b.Min.Y, b.Max.Y = y, y+b.Dy()/2
	whole, _, _ := encodeJPEG(t, img.(interface { //nolint:errcheck // every picture of image has it
		SubImage(image.Rectangle) image.Image
	}).SubImage(b))
	return whole
}

func near(t *testing.T, name string, got, want color.Color) {
	t.Helper()
	a, b := color.NRGBAModel.Convert(got).(color.NRGBA), color.NRGBAModel.Convert(want).(color.NRGBA) //nolint:errcheck // the model makes them
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d < -12 || d > 12 {
			t.Errorf("%s: %v instead of %v", name, a, b)
			return
		}
	}
}

// TestHostileJPEG proves that a JPEG is not decoded that is larger than its page
// or would cost more than one.
func TestHostileJPEG(t *testing.T) {
	large, _, _ := encodeJPEG(t, gradient(2000, 300, true))
	many, _, _ := encodeJPEG(t, gradient(16, 16, true))
	scan, err := segments(many, func(byte, []byte, int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	head := many[scan : scan+2+8]
	many = append(many[:scan:scan], append(bytes.Repeat(head, 200), many[scan:]...)...)
	for _, data := range [][]byte{large, many} {
		file := page1([]tag{
			short(tagWidth, 16), short(tagLength, 16), short(tagBitsPerSample, 8), short(tagCompression, 7), short(tagPhotometric, 1),
		}, data)
		if _, _, err := open(t, file, 0); err == nil {
			t.Error("decoded")
		}
	}
}

// TestOverlap proves that strips which all name the same data do not cost more
// than a few times the file.
func TestOverlap(t *testing.T) {
	const strips = 2000
	b := newBuilder(false)
	fax := ccitt.Encode(stripes(1000, 400), ccitt.Params{Encoding: ccitt.Group4})
	at := b.put(fax)
	var offsets, counts []uint32
	for range strips {
		offsets, counts = append(offsets, at), append(counts, uint32(len(fax)))
	}
	b.page(short(tagWidth, 1000), short(tagLength, strips), short(tagCompression, 4), short(tagRowsPerStrip, 1),
		long(tagStripOffsets, offsets...), long(tagStripByteCounts, counts...))
	_, info, err := open(t, b.data, 0)
	if err != nil || info.Rows == 0 || info.Rows == strips {
		t.Error(info.Rows, err)
	}
}

func TestCondense(t *testing.T) {
	var ranges []Range
	for y := 0; y < 3000; y += 3 {
		ranges = append(ranges, Range{y, y + 1})
	}
	ranges = condense(union(append(ranges, Range{5000, 5001}, Range{4990, 5000})))
	if last := ranges[len(ranges)-1]; len(ranges) > maxRanges || last != (Range{4990, 5001}) {
		t.Error(len(ranges), last)
	}
}
