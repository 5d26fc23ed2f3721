package compose

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
)

// rung is one step of the ladder from the best to the floor.
type rung struct{ side, quality int }

// ladder holds the steps, best first. Quality goes before size, and both go
// together towards the end: at the floor letters lose their edges, not their
// shapes.
var ladder = []rung{
	{Side, 90},
	{Side, 82},
	{Side, 75},
	{2480, 75},
	{2480, 68},
	{2200, 68},
	{2200, 60},
	{2000, 60},
	{2000, 52},
	{1800, 52},
	{FloorSide, 52},
	{FloorSide, FloorQuality},
}

// Result is a composed document.
type Result struct {
	PDF   []byte
	Pages []Coded
}

// Options bound a composition.
type Options struct {
	// Limit is the most bytes that the PDF may have.
	Limit int
	// Lossless keeps bilevel pages as they are, whatever their size: then a
	// document that does not fit is a *HeavyError at once.
	Lossless bool
}

// Maker collects sheets one by one, so that only one is in memory at its full
// size, and makes the document.
type Maker struct {
	pages []*page
	limit int
	exact bool
}

// NewMaker returns a Maker without pages.
func NewMaker(o Options) *Maker { return &Maker{limit: o.Limit, exact: o.Lossless} }

// Add puts a sheet behind the others. The error is ErrSheet.
func (m *Maker) Add(s Sheet) error {
	p, err := ready(s)
	if err != nil {
		return err
	}
	m.pages = append(m.pages, p)
	return nil
}

// Len is the number of sheets so far.
func (m *Maker) Len() int { return len(m.pages) }

// Arrange keeps the sheets of these numbers, from 0, in their order, each once,
// and returns the numbers that there were.
func (m *Maker) Arrange(order []int) []int {
	var pages []*page
	var kept []int
	for _, i := range order {
		if i < 0 || i >= len(m.pages) || slices.Contains(kept, i) {
			continue
		}
		pages, kept = append(pages, m.pages[i]), append(kept, i)
	}
	m.pages = pages
	return kept
}

// Make makes the document: all pages at the best common step that fits, then
// each in turn a step better while there is room. The error is a *HeavyError,
// ErrSheet when there are no pages, or the context's.
func (m *Maker) Make(ctx context.Context) (Result, error) {
	if len(m.pages) == 0 {
		return Result{}, ErrSheet
	}
	steps, err := m.common(ctx)
	if err != nil {
		return Result{}, err
	}
	if steps == nil {
		return m.squeezed(ctx)
	}
	if err := m.better(ctx, steps); err != nil {
		return Result{}, err
	}
	coded := make([]Coded, len(m.pages))
	for i, p := range m.pages {
		if coded[i], err = p.at(steps[i]); err != nil {
			return Result{}, err
		}
	}
	return Result{PDF: write(coded), Pages: coded}, nil
}

// Floor codes all pages at the floor, for a look at pages that are kept in
// another way. The error is that of an encoder.
func (m *Maker) Floor() ([]Coded, error) {
	coded := make([]Coded, len(m.pages))
	for i, p := range m.pages {
		var err error
		if coded[i], err = p.at(len(ladder) - 1); err != nil {
			return nil, err
		}
	}
	return coded, nil
}

// common finds the best step at which all pages fit; nil when there is none.
func (m *Maker) common(ctx context.Context) ([]int, error) {
	lo, hi := 0, len(ladder) // the answer is in [lo, hi]
	for lo < hi {
		mid := (lo + hi) / 2
		steps := slices.Repeat([]int{mid}, len(m.pages))
		total, err := m.total(ctx, steps)
		if err != nil {
			return nil, err
		}
		if total <= m.limit {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == len(ladder) {
		return nil, nil
	}
	return slices.Repeat([]int{lo}, len(m.pages)), nil
}

// better improves pages in turn.
func (m *Maker) better(ctx context.Context, steps []int) error {
	for i := range steps {
		if steps[i] == 0 || m.pages[i].bits != nil {
			continue
		}
		steps[i]--
		total, err := m.total(ctx, steps)
		if err != nil {
			return err
		}
		if total > m.limit {
			steps[i]++
		}
	}
	return nil
}

func (m *Maker) total(ctx context.Context, steps []int) (int, error) {
	total := overhead(len(steps))
	for i, p := range m.pages {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("compose: %w", err)
		}
		c, err := p.at(steps[i])
		if err != nil {
			return 0, err
		}
		total += len(c.Data)
	}
	return total, nil
}

// squeezed tries what is left when the floor is not enough: writing becomes
// bilevel, a bilevel page full of dots a picture, the heaviest first.
func (m *Maker) squeezed(ctx context.Context) (Result, error) {
	coded, err := m.Floor()
	if err != nil {
		return Result{}, err
	}
	total := overhead(len(coded))
	for _, c := range coded {
		total += len(c.Data)
	}
	order := heaviest(coded)
	for _, i := range order {
		if total <= m.limit || m.exact {
			break
		}
		if err := ctx.Err(); err != nil {
			return Result{}, fmt.Errorf("compose: %w", err)
		}
		other, ok, err := m.pages[i].otherwise()
		if err != nil {
			return Result{}, err
		}
		if ok && len(other.Data) < len(coded[i].Data) {
			total += len(other.Data) - len(coded[i].Data)
			coded[i] = other
		}
	}
	if total > m.limit {
		return Result{}, tooHeavy(coded, total, m.limit)
	}
	return Result{PDF: write(coded), Pages: coded}, nil
}

func heaviest(coded []Coded) []int {
	order := make([]int, len(coded))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(coded[b].Data) - len(coded[a].Data) })
	return order
}

// tooHeavy names the pages that need more than their share.
func tooHeavy(coded []Coded, total, limit int) error {
	e := &HeavyError{Bytes: total, Limit: limit}
	share := (limit - overhead(len(coded))) / len(coded)
	for _, i := range heaviest(coded) {
		if len(coded[i].Data) > share {
			e.Pages = append(e.Pages, i)
		}
	}
	return e
}

// at codes the page at a step of the ladder. A bilevel page is the same on all.
func (p *page) at(step int) (Coded, error) {
	r := ladder[step]
	if p.bits != nil {
		return Coded{Data: p.bits, Coding: "g4", Width: p.bw, Height: p.bh, Gray: true, WidthPt: p.wPt, HeightPt: p.hPt}, nil
	}
	r.side = min(r.side, max(p.y.w, p.y.h)) // larger ones are all the same
	if c, ok := p.made[r]; ok {
		return c, nil
	}
	c, err := p.jpeg(r)
	if err == nil {
		p.made[r] = c
	}
	return c, err
}

func (p *page) jpeg(r rung) (Coded, error) {
	y := p.y.within(r.side)
	var img image.Image = &image.Gray{Pix: y.pix, Stride: y.w, Rect: image.Rect(0, 0, y.w, y.h)}
	if !p.cb.empty() {
		cw, ch := (y.w+1)/2, (y.h+1)/2
		cb, cr := p.cb.shrunk(min(cw, p.cb.w), min(ch, p.cb.h)), p.cr.shrunk(min(cw, p.cr.w), min(ch, p.cr.h))
		cb, cr = cb.padded(cw, ch), cr.padded(cw, ch)
		img = &image.YCbCr{
			Y: y.pix, Cb: cb.pix, Cr: cr.pix, YStride: y.w, CStride: cw,
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
	if p.bits != nil {
		least, err := p.jpeg(rung{FloorSide, FloorQuality})
		if g4 := p.twoColours(faxSide); err == nil && len(g4.Data) < len(least.Data) {
			least = g4
		}
		return least, true, err
	}
	if !p.writing || !p.y.twoTone() {
		return Coded{}, false, nil
	}
	return p.twoColours(faxSide), true, nil
}

// twoColours makes ink of whatever is darker than paper; ink of any colour
// becomes black, as on a fax.
func (p *page) twoColours(side int) Coded {
	y := p.y.within(side)
	return Coded{Data: y.group4(160), Coding: "g4", Width: y.w, Height: y.h, Gray: true, WidthPt: p.wPt, HeightPt: p.hPt}
}
