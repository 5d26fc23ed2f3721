package tiff

import (
	"errors"
	"image"
	"math"

	"dispositivo/verify/ccitt"
)

// bilevel decodes a page of one bit a pixel into packed rows, as stored.
func (d *decoder) bilevel(page *ccitt.Bitmap) error {
	if d.format.fax() && d.grid.across*d.grid.down == 1 {
		d.faxPage(page)
		return d.whole()
	}
	*page = ccitt.NewBitmap(d.grid.width, d.grid.height)
	d.blank(*page, 0, page.Height)
	for row := range d.grid.down {
		for col := range d.grid.across {
			d.bilevelBlock(*page, d.grid.area(col, row))
		}
	}
	return d.whole()
}

// blank makes rows white.
func (d *decoder) blank(page ccitt.Bitmap, from, to int) {
	white := byte(0)
	if d.format.photometric == blackIsZero {
		white = 0xff
	}
	rows := page.Pix[from*page.Stride : to*page.Stride]
	for i := range rows {
		rows[i] = white
	}
}

// bilevelBlock puts one block into its place.
func (d *decoder) bilevelBlock(page ccitt.Bitmap, a area) {
	if d.format.fax() {
		d.faxBlock(page, a)
		return
	}
	sources, err := d.sources(a)
	for y := range a.h {
		var row []byte
		if err == nil {
			row, err = sources[0].next()
		}
		if err != nil {
			d.lose(a.y+y, a.y+a.h, err)
			return
		}
		copyBits(page.Row(a.y+y), a.x, row, a.w)
		d.painted++
	}
}

// faxPage decodes a page that is a single stream. It is as high as the data
// make it if they hold more rows than declared.
func (d *decoder) faxPage(page *ccitt.Bitmap) {
	a := d.grid.area(0, 0)
	report, err := d.fax(page, a)
	if err != nil {
		d.lose(0, a.h, err)
		return
	}
	d.info.Height = page.Height
	for _, r := range d.faxDamage(report, page.Height, 0) {
		d.blank(*page, r.From, r.To)
	}
}

// faxBlock decodes a strip or tile of fax.
func (d *decoder) faxBlock(page ccitt.Bitmap, a area) {
	part := &d.part
	report, err := d.fax(part, a)
	if err != nil {
		d.lose(a.y, a.y+a.h, err)
		return
	}
	kept := a.h
	for _, r := range d.faxDamage(report, a.h, a.y) {
		kept = min(kept, r.From)
	}
	for y := range kept {
		copyBits(page.Row(a.y+y), a.x, part.Row(y), a.w)
	}
}

// fax decodes one stream.
func (d *decoder) fax(dst *ccitt.Bitmap, a area) (ccitt.Report, error) {
	data, err := d.take(a, 0)
	if err != nil {
		return ccitt.Report{}, err
	}
	const uncompressed = 2
	p := ccitt.Params{
		Columns: a.bw, Rows: a.bh, LSBFirst: d.format.lsbFirst,
		MaxPixels: int(min(d.file.limits.BilevelPixels, math.MaxInt32)),
	}
	options := uint16(tagT4Options)
	switch d.format.encoding {
	case "mh":
		p.Encoding = ccitt.ModifiedHuffman
	case "g3-1d":
		p.Encoding = ccitt.Group31D
	case "g3-2d":
		p.Encoding = ccitt.Group32D
	default:
		p.Encoding, options = ccitt.Group4, tagT6Options
	}
	p.Uncompressed = d.page.dir.value(options, 0, 0)&uncompressed != 0
	report, err := d.file.fax.Decode(dst, data, p)
	if err == nil && (report.Rows == 0 || dst.Height == 0) {
		err = errors.New("not a row of fax")
	}
	if err == nil && d.painted == 0 {
		d.info.Encoding = faxName(report.Encoding)
	}
	d.painted += report.Rows
	return report, err
}

// faxName names what was found. One-dimensional rows without end-of-line codes
// are Group 3 that a writer has cut.
func faxName(e ccitt.Encoding) string {
	if e == ccitt.Runs {
		e = ccitt.Group31D
	}
	return e.String()
}

// faxDamage takes over what a report says of a block of h rows whose first is
// row y of the page. It returns the rows of the block that never came and lie
// below the others; rows missing among them were filled and are doubted.
func (d *decoder) faxDamage(report ccitt.Report, h, y int) []Range {
	for _, r := range report.Damaged {
		if r.From < h {
			d.doubted = append(d.doubted, Range{From: y + r.From, To: y + min(r.To, h)})
		}
	}
	missing := h - report.Rows
	if missing <= 0 {
		return nil
	}
	d.missing += missing
	if report.DamagedRows() >= missing { // they are among the damaged
		return nil
	}
	d.lose(y+report.Rows, y+h, errors.New("rows are missing"))
	return []Range{{From: report.Rows, To: h}}
}

// copyBits copies the first n bits of src to bit x of dst.
func copyBits(dst []byte, x int, src []byte, n int) {
	if x%8 == 0 {
		dst = dst[x/8:]
		copy(dst[:n/8], src)
		if rest := n % 8; rest > 0 {
			mask := byte(0xff) << (8 - rest)
			dst[n/8] = src[n/8]&mask | dst[n/8]&^mask
		}
		return
	}
	for i := range n {
		bit := byte(0x80) >> ((x + i) % 8)
		if src[i/8]&(0x80>>(i%8)) != 0 {
			dst[(x+i)/8] |= bit
		} else {
			dst[(x+i)/8] &^= bit
		}
	}
}

// unpacked are the eight pixels of a byte, 0 for each bit that is 1.
var unpacked = func() (table [256][8]byte) {
	for b := range table {
		for i := range 8 {
			if b&(0x80>>i) == 0 {
				table[b][i] = 0xff
			}
		}
	}
	return table
}()

// expand makes grey of packed rows, of which 1 is black unless inverted.
func expand(b ccitt.Bitmap, inverted bool, maxPixels int) *image.Gray {
	factor := 1
	for maxPixels > 0 && (b.Width/factor)*(b.Height/factor) > maxPixels && min(b.Width, b.Height)/(factor+1) > 0 {
		factor++
	}
	flip := byte(0)
	if inverted {
		flip = 0xff
	}
	w, h := b.Width/factor, b.Height/factor
	dst := image.NewGray(image.Rect(0, 0, w, h))
	line := make([]byte, 8*b.Stride)
	sums := make([]int, w)
	for y := range h {
		out := dst.Pix[y*dst.Stride:][:w]
		if factor == 1 {
			unpackBits(out, b.Row(y), flip)
			continue
		}
		clear(sums)
		for dy := range factor {
			unpackBits(line, b.Row(y*factor+dy), flip)
			for x := range sums {
				for _, v := range line[x*factor:][:factor] {
					sums[x] += int(v)
				}
			}
		}
		for x, sum := range sums {
			out[x] = byte(sum / (factor * factor)) //nolint:gosec // an average of bytes
		}
	}
	return dst
}

// unpackBits fills dst, of which the row has as many bits or more.
func unpackBits(dst, row []byte, flip byte) {
	for i, b := range row[:len(dst)/8] {
		copy(dst[8*i:8*i+8], unpacked[b^flip][:])
	}
	if rest := len(dst) % 8; rest > 0 {
		copy(dst[len(dst)-rest:], unpacked[row[len(dst)/8]^flip][:])
	}
}
