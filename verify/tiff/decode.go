package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"dispositivo/dossier"
	"dispositivo/verify/ccitt"
)

// Error is why a page cannot be shown. Its finding blocks, as PageInfo.Problem
// does.
type Error struct{ Finding dossier.Finding }

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("tiff: page %d: %s", e.Finding.Page, e.Finding.Detail)
}

// Decode returns the pixels of page n (1-based), as stored: not turned, not
// stretched. The image begins at the origin and is an opaque *image.Gray or
// *image.NRGBA. A bilevel page of more than maxPixels pixels is reduced by a
// whole number on both sides; 0 means never.
//
// Rows that are lost are white. The info is that of Pages with Encoding, Height,
// Rows and Damaged as they were found. If no row can be read, or a colour is not
// in the palette, the error is an *Error: file.truncated where data are missing,
// else file.unreadable.
func (f *File) Decode(n, maxPixels int) (img image.Image, info PageInfo, err error) {
	info, err = f.decode(n, func(d *decoder) (err error) {
		if !d.info.Bilevel {
			img, err = d.colour()
			return err
		}
		var rows ccitt.Bitmap
		if err = d.bilevel(&rows); err == nil {
			img = expand(rows, d.format.photometric == blackIsZero, maxPixels)
		}
		return err
	})
	if err != nil {
		return nil, info, err
	}
	return img, info, nil
}

// Rows decodes page n, which must be bilevel, into packed rows as they are
// stored, whose Pix is used again if it is large enough. Bits that are 1 are ink
// unless the page says that black is zero (PhotometricInterpretation 1). Info and
// errors are those of Decode; the error is ErrNotBilevel for other pages.
func (f *File) Rows(dst *ccitt.Bitmap, n int) (PageInfo, error) {
	return f.decode(n, func(d *decoder) error {
		if !d.info.Bilevel {
			return ErrNotBilevel
		}
		return d.bilevel(dst)
	})
}

// ErrNotBilevel is of pages that have more than one bit a pixel.
var ErrNotBilevel = errors.New("tiff: more than one bit a pixel")

// decode runs a way of decoding a page.
func (f *File) decode(n int, how func(*decoder) error) (info PageInfo, err error) {
	if n < 1 || n > len(f.pages) {
		return PageInfo{}, fmt.Errorf("tiff: no page %d of %d", n, len(f.pages))
	}
	p := &f.pages[n-1]
	if p.info.Problem != nil {
		return p.info, &Error{Finding: *p.info.Problem}
	}
	d := &decoder{file: f, page: p, format: p.format, grid: p.grid, info: p.info, budget: 8*len(f.data) + 1<<20}
	defer func() {
		if r := recover(); r != nil { // foreign code on foreign bytes
			info, err = p.info, d.failure(errors.New("the decoder panicked"))
		}
	}()
	switch err := how(d); {
	case errors.Is(err, ErrNotBilevel):
		return p.info, err
	case err != nil:
		return p.info, d.failure(err)
	}
	d.report()
	return d.info, nil
}

// decoder decodes one page.
type decoder struct {
	file   *File
	page   *page
	format format
	grid   grid
	info   PageInfo
	// budget is how many bytes of fax and JPEG may still be decoded: more than
	// the file has only if strips overlap, which is a way to cost time.
	budget  int
	painted int     // rows of blocks that came out
	lost    []Range // rows that did not
	doubted []Range // rows not vouched for
	missing int     // rows of fax that did not come, be they lost or filled
	first   error   // why the first of them was lost
	buffers [maxSamples][]byte
	samples []byte       // of one row of a block, interleaved
	part    ccitt.Bitmap // a block of fax
}

// lose notes that rows from to to-1 of the page are white, at least in part.
func (d *decoder) lose(from, to int, why error) {
	d.lost = append(d.lost, Range{From: from, To: to})
	if d.first == nil {
		d.first = why
	}
}

// take returns the data of a block to be decoded as a whole.
func (d *decoder) take(a area, plane int) ([]byte, error) {
	data := d.grid.bytes(a, plane)
	if len(data) == 0 {
		return nil, errData
	}
	if d.budget -= len(data); d.budget < 0 {
		return nil, errors.New("strips overlap")
	}
	return data, nil
}

// report completes the info.
func (d *decoder) report() {
	d.lost = union(d.lost)
	d.info.Rows = d.info.Height - max(count(d.lost), d.missing)
	d.info.Damaged = condense(union(append(d.doubted, d.lost...)))
}

// whole makes an error of a page of which nothing came out.
func (d *decoder) whole() error {
	switch {
	case d.painted > 0:
		return nil
	case d.first == nil:
		return errData
	}
	return d.first
}

// failure puts into a finding why a page cannot be shown.
func (d *decoder) failure(err error) error {
	code := dossier.FileUnreadable
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errData) {
		code = dossier.FileTruncated
	}
	return &Error{Finding: block(code, d.info.N, err.Error())}
}

// sources returns where the rows of a block come from: one for each plane.
func (d *decoder) sources(a area) ([]rowSource, error) {
	sources := make([]rowSource, d.format.planes)
	for plane := range sources {
		var err error
		if d.format.encoding == "jpeg" {
			sources[plane], err = d.jpegSource(a, plane)
		} else {
			sources[plane], err = d.byteSource(a, plane)
		}
		if err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// byteSource reads what is stored as bytes.
func (d *decoder) byteSource(a area, plane int) (rowSource, error) {
	form := &d.format
	r, err := form.decompress(d.grid.bytes(a, plane))
	if err != nil {
		return nil, err
	}
	if form.yuv != nil && form.yuv.subsampled() {
		return newSharedRows(r, form.yuv, a.bw), nil
	}
	step := form.samples / form.planes
	size := (a.bw*step*form.bits + 7) / 8
	if cap(d.buffers[plane]) < size {
		d.buffers[plane] = make([]byte, size)
	}
	rows := &byteRows{r: r, row: d.buffers[plane][:size]}
	switch {
	case form.predictor && form.bits == 8:
		rows.undo = func(row []byte) { undo8(row, step) }
	case form.predictor:
		rows.undo = func(row []byte) { undo16(row, step, d.file.shape.order) }
	}
	return rows, nil
}

// undo8 adds up differences between pixels of step samples of 8 bits.
func undo8(row []byte, step int) {
	for i := step; i < len(row); i++ {
		row[i] += row[i-step]
	}
}

// undo16 does so for 16 bits.
func undo16(row []byte, step int, order binary.ByteOrder) {
	for i := 2 * step; i+1 < len(row); i += 2 {
		order.PutUint16(row[i:], order.Uint16(row[i:])+order.Uint16(row[i-2*step:]))
	}
}

// jpegSource decodes a strip or tile of JPEG.
func (d *decoder) jpegSource(a area, plane int) (rowSource, error) {
	data, err := d.take(a, plane)
	if err != nil {
		return nil, err
	}
	stream, head, err := joinJPEG(d.page.dir.bytes(tagJPEGTables), data, d.format.jpegYCbCr)
	if err != nil {
		return nil, err
	}
	if want := d.format.samples / d.format.planes; head.components != want {
		return nil, fmt.Errorf("JPEG of %d components instead of %d", head.components, want)
	}
	img, rows, err := decodeJPEG(stream, head, a)
	if err != nil {
		return nil, err
	}
	return newJPEGRows(img, rows)
}
