package compose

import (
	"context"
	"fmt"
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

// Maker collects sheets one by one and makes the document. Only one sheet is in
// memory at its full size, and only the last few have pixels: the others are kept
// as what they may become.
type Maker struct {
	pages []*page
	limit int
	exact bool
	// least is the best step at which the pages so far fit together: those that
	// follow make it no better.
	least int
}

// NewMaker returns a Maker without pages.
func NewMaker(o Options) *Maker { return &Maker{limit: o.Limit, exact: o.Lossless} }

// Add puts a sheet behind the others. The error is ErrSheet, that of an encoder or
// the context's.
func (m *Maker) Add(ctx context.Context, s Sheet) error {
	p, err := ready(s)
	if err != nil {
		return err
	}
	m.pages = append(m.pages, p)
	return m.settle(ctx)
}

// Len is the number of sheets so far.
func (m *Maker) Len() int { return len(m.pages) }

// Arrange puts the sheets of these numbers, from 0, into their order, each once,
// and returns the numbers that there were. The others are left out, but had their
// share of the room: who knows that they are not wanted does not add them.
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
	step, err := m.common(ctx)
	if err != nil {
		return Result{}, err
	}
	if step == len(ladder) {
		return m.squeezed(ctx)
	}
	steps := slices.Repeat([]int{step}, len(m.pages))
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

// common finds the best step at which all pages fit; the length of the ladder when
// there is none.
func (m *Maker) common(ctx context.Context) (int, error) {
	lo, hi := m.least, len(ladder) // the answer is in [lo, hi]
	for lo < hi {
		mid := (lo + hi) / 2
		total, err := m.total(ctx, slices.Repeat([]int{mid}, len(m.pages)))
		if err != nil {
			return 0, err
		}
		if total <= m.limit {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo, nil
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
