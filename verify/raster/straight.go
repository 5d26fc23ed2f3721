package raster

import "image"

// Straight returns the page as it is to be put into another document: with
// square pixels, upright and level as far as its content tells, without the
// black edges of a scan, its long side at most side. It is an *image.Gray, or an
// *image.NRGBA where there is colour; the caller may change it.
func (p *Page) Straight(side int) image.Image {
	made := p.straight(side)
	if made.gray == p.src.gray && made.colour == p.src.colour {
		return made.clone().image()
	}
	return made.image()
}

// Stored returns the pixels of a page without colour as they are stored, turned
// by right angles alone, so that none is lost and none is made up; nil for a
// page in colour. turned says that they lie across: what was wide is high.
func (p *Page) Stored() (img *image.Gray, turned bool) {
	if p.src.gray == nil {
		return nil, false
	}
	w, h := p.src.size()
	extra, _ := p.stance().turn()
	m := toSize(w, h, w, h).oriented(p.geometry.Orientation).quarters(extra)
	turned = (p.geometry.Orientation >= 5) != (extra == 90 || extra == 270)
	return m.gray(p.src.gray), turned
}

// Writing reports whether there are lines of writing on the page: then its
// background is paper.
func (p *Page) Writing() bool {
	_, lines := p.Skew()
	return lines
}

func (p plain) clone() plain {
	if p.gray != nil {
		return plain{gray: &image.Gray{Pix: append([]byte(nil), p.gray.Pix...), Stride: p.gray.Stride, Rect: p.gray.Rect}}
	}
	return plain{colour: &image.NRGBA{Pix: append([]byte(nil), p.colour.Pix...), Stride: p.colour.Stride, Rect: p.colour.Rect}}
}

// Preview draws a page of two colours at the shape it has on paper, its long
// side at most side, as PNG of sixteen greys.
func Preview(img *image.Gray, wide, high float64, side int) (Picture, error) {
	page, err := New(img, Geometry{Bilevel: true}, maxAny)
	if err != nil {
		return Picture{}, err
	}
	scale := float64(min(side, max(img.Rect.Dx(), img.Rect.Dy()))) / max(wide, high)
	w, h := min(max(1, int(wide*scale)), img.Rect.Dx()), max(1, int(high*scale))
	return sixteen.encode(page.src.reduced(w, h))
}
