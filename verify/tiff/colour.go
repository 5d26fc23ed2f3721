package tiff

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
)

// canvas is the picture of a page, white at first.
type canvas struct {
	gray  *image.Gray
	color *image.NRGBA
}

func newCanvas(w, h int, gray bool) canvas {
	c := canvas{}
	var pix []byte
	if gray {
		c.gray = image.NewGray(image.Rect(0, 0, w, h))
		pix = c.gray.Pix
	} else {
		c.color = image.NewNRGBA(image.Rect(0, 0, w, h))
		pix = c.color.Pix
	}
	for i := range pix {
		pix[i] = 0xff
	}
	return c
}

func (c canvas) image() image.Image {
	if c.gray != nil {
		return c.gray
	}
	return c.color
}

// row returns the pixels of a row from x on, one or four bytes each.
func (c canvas) row(x, y int) []byte {
	if c.gray != nil {
		return c.gray.Pix[c.gray.PixOffset(x, y):]
	}
	return c.color.Pix[c.color.PixOffset(x, y):]
}

// colour decodes a page of grey or colour.
func (d *decoder) colour() (image.Image, error) {
	var old rowSource
	if d.format.encoding == "jpeg-old" {
		var err error
		if old, err = d.oldSource(); err != nil {
			return nil, err
		}
	}
	c := newCanvas(d.grid.width, d.grid.height, d.format.gray())
	d.samples = make([]byte, min(d.grid.bw, d.grid.width)*d.format.samples)
	for row := range d.grid.down {
		for col := range d.grid.across {
			a := d.grid.area(col, row)
			sources, err := []rowSource{old}, error(nil)
			if old == nil {
				sources, err = d.sources(a)
			}
			if err != nil {
				d.lose(a.y, a.y+a.h, err)
				continue
			}
			if err := d.paint(c, a, sources); err != nil {
				return nil, err
			}
		}
	}
	return c.image(), d.whole()
}

// oldSource decodes a page of old-style JPEG as one block, of the colours that
// the stream says it has. The stream with the most rows is taken.
func (d *decoder) oldSource() (rowSource, error) {
	g := &d.grid
	g.tiled, g.bw, g.bh, g.across, g.down = false, g.width, g.height, 1, 1
	problem := errData
	var best *jpegRows
	for _, stream := range d.page.oldJPEG() {
		rows, err := oldRows(bytes.Clone(stream), g.area(0, 0))
		if err != nil {
			problem = fmt.Errorf("encoding jpeg-old: %w", err)
			continue
		}
		if best == nil || rows.rows > best.rows {
			best = rows
		}
		if best.rows >= g.height {
			break
		}
	}
	if best == nil {
		return nil, problem
	}
	d.format = format{encoding: "jpeg-old", bits: 8, samples: best.samples, planes: 1, photometric: rgb}
	if best.samples == 1 {
		d.format.photometric = blackIsZero
	}
	return best, nil
}

// oldRows decodes a whole stream of grey or colour.
func oldRows(stream []byte, a area) (*jpegRows, error) {
	head, err := headOf(stream)
	if err != nil {
		return nil, err
	}
	img, n, err := decodeJPEG(stream, head, a)
	if err != nil {
		return nil, err
	}
	rows, err := newJPEGRows(img, n)
	if err == nil && rows.samples > 3 {
		err = errJPEG
	}
	return rows, err
}

// paint puts a block into its place. Rows that do not come stay white; the
// error is of a page that must not be shown.
func (d *decoder) paint(c canvas, a area, sources []rowSource) error {
	form := &d.format
	step, n := 1, a.w*form.samples
	if form.planes > 1 {
		step, n = form.planes, a.w
	}
	for y := range a.h {
		for plane, source := range sources {
			row, err := source.next()
			if err != nil {
				d.lose(a.y+y, a.y+a.h, err)
				return nil
			}
			form.unpack(d.samples[plane:], step, row, n, d.file.shape.order == binary.BigEndian)
		}
		if err := form.convert(c.row(a.x, a.y+y), d.samples, a.w, c.gray != nil); err != nil {
			return err
		}
		d.painted++
	}
	return nil
}
