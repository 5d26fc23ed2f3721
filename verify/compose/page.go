package compose

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
)

// loose is how many pages keep their pixels: few enough for a child's memory, and
// as many as most documents have, which are then coded at no step in vain.
const loose = 8

// settle codes the oldest page that has pixels at every step that it may still be
// wanted at, once there are too many of them.
func (m *Maker) settle(ctx context.Context) error {
	i := len(m.pages) - 1 - loose
	if i < 0 {
		return nil
	}
	var err error
	if m.least, err = m.common(ctx); err != nil {
		return err
	}
	for _, p := range m.pages {
		p.shrunk = shrunkPage{}
	}
	best := max(m.least-1, 0) // Make improves some pages by one step
	if err := m.pages[i].code(best, m.exact); err != nil {
		return err
	}
	for _, p := range m.pages {
		p.forget(best)
	}
	return nil
}

// code makes all that the page may become, from a step down to the floor and
// beyond, and drops its pixels.
func (p *page) code(best int, exact bool) error {
	for step := best; step < len(ladder); step++ {
		if _, err := p.at(step); err != nil {
			return err
		}
	}
	if !exact {
		if _, _, err := p.otherwise(); err != nil {
			return err
		}
	}
	p.y, p.cb, p.cr, p.shrunk = plane{}, plane{}, plane{}, shrunkPage{}
	return nil
}

// forget drops what the page was at steps better than best.
func (p *page) forget(best int) {
	least := p.rung(best)
	maps.DeleteFunc(p.made, func(r rung, _ Coded) bool { return r.side > least.side || r.quality > least.quality })
}

// rung is a step of the ladder for this page: sides larger than its own are all
// the same.
func (p *page) rung(step int) rung {
	r := ladder[step]
	r.side = min(r.side, p.side)
	return r
}

// at codes the page at a step of the ladder. A bilevel page is the same on all.
func (p *page) at(step int) (Coded, error) {
	if p.bits != nil {
		return Coded{Data: p.bits, Coding: "g4", Width: p.bw, Height: p.bh, Gray: true, WidthPt: p.wPt, HeightPt: p.hPt}, nil
	}
	r := p.rung(step)
	if c, ok := p.made[r]; ok {
		return c, nil
	}
	c, err := p.jpeg(r)
	if err == nil {
		p.made[r] = c
	}
	return c, err
}

// jpeg codes the page as a JPEG in grey or colour.
func (p *page) jpeg(r rung) (Coded, error) {
	y, cb, cr := p.within(r.side)
	var img image.Image = &image.Gray{Pix: y.pix, Stride: y.w, Rect: image.Rect(0, 0, y.w, y.h)}
	if !cb.empty() {
		img = &image.YCbCr{
			Y: y.pix, Cb: cb.pix, Cr: cr.pix, YStride: y.w, CStride: cb.w,
			SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, y.w, y.h),
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: r.quality}); err != nil {
		return Coded{}, fmt.Errorf("compose: %w", err)
	}
	return Coded{
		Data: b.Bytes(), Coding: "jpeg", Width: y.w, Height: y.h, Gray: p.cb.empty(), Quality: r.quality,
		WidthPt: p.wPt, HeightPt: p.hPt,
	}, nil
}

// within shrinks the planes to a long side of at most side. Steps that follow each
// other often have the same, so the last one is kept.
func (p *page) within(side int) (y, cb, cr plane) {
	if p.shrunk.side != side {
		y = p.y.within(side)
		if !p.cb.empty() {
			cw, ch := (y.w+1)/2, (y.h+1)/2
			cb, cr = p.cb.shrunk(min(cw, p.cb.w), min(ch, p.cb.h)), p.cr.shrunk(min(cw, p.cr.w), min(ch, p.cr.h))
			cb, cr = cb.padded(cw, ch), cr.padded(cw, ch)
		}
		p.shrunk = shrunkPage{side, y, cb, cr}
	}
	return p.shrunk.y, p.shrunk.cb, p.shrunk.cr
}

// padded repeats the last column and row where halving rounded down.
func (p plane) padded(w, h int) plane {
	if p.w == w && p.h == h {
		return p
	}
	dst := plane{w, h, make([]byte, w*h)}
	for y := range h {
		for x := range w {
			dst.pix[y*w+x] = p.pix[min(y, p.h-1)*p.w+min(x, p.w-1)]
		}
	}
	return dst
}

// faxSide is what a page of two colours has at least: 200 dots per inch on A4,
// a fine fax.
const faxSide = 2339

// otherwise codes the page in the smallest other way; false when there is none.
func (p *page) otherwise() (Coded, bool, error) {
	if p.other == nil {
		c, err := p.smallest()
		if err != nil {
			return Coded{}, false, err
		}
		p.other = &c
	}
	return *p.other, len(p.other.Data) > 0, nil
}

// smallest is without data where there is no other way.
func (p *page) smallest() (Coded, error) {
	if p.bits != nil {
		least, err := p.jpeg(rung{FloorSide, FloorQuality})
		if g4 := p.twoColours(faxSide); err == nil && len(g4.Data) < len(least.Data) {
			least = g4
		}
		return least, err
	}
	if !p.writing || !p.y.twoTone() {
		return Coded{}, nil
	}
	return p.twoColours(faxSide), nil
}

// twoColours makes ink of whatever is darker than paper; ink of any colour
// becomes black, as on a fax.
func (p *page) twoColours(side int) Coded {
	y := p.y.within(side)
	return Coded{Data: y.group4(160), Coding: "g4", Width: y.w, Height: y.h, Gray: true, WidthPt: p.wPt, HeightPt: p.hPt}
}
