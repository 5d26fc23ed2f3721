package symbol

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"
)

// Region is a part of a page in fractions of its width and height, 0 to 1 from
// the upper left corner.
type Region struct{ X0, Y0, X1, Y1 float64 }

// Options says what to look for on a page, and for how long.
type Options struct {
	// Kinds to read, DefaultKinds when nil.
	Kinds []Kind
	// Regions are where a known form prints its codes, without quiet zones. They
	// are tried first, with room for skew and shift, upright, upside down, and
	// lying on the side when the page does.
	Regions []Region
	// Stop ends the search at once when it likes a symbol. When nil, the search
	// ends after the first pass that finds anything.
	Stop func(Symbol) bool
	// MaxPasses bounds the passes, all when 0; QuickPasses costs no more than
	// ZBar on the whole page once.
	MaxPasses int
	// Budget bounds the time; it is looked at between scans. None when 0. With
	// a budget the result depends on the machine, without it never.
	Budget time.Duration
}

// Stats says what a search took.
type Stats struct {
	Passes int   // begun
	Scans  int   // pictures handed to the engine
	Pixels int64 // in them
	// Pass names the pass that found the last new symbol.
	Pass string
	// OutOfTime says that Budget ended the search.
	OutOfTime bool
	// Failures counts scans that the engine did not survive.
	Failures int
}

// Reader finds symbols on pages that were scanned and faxed. It may be used by
// several goroutines.
type Reader struct{ engine *Engine }

// NewReader returns a Reader that uses e, which stays its caller's to close.
func NewReader(e *Engine) *Reader { return &Reader{engine: e} }

// Find looks for symbols on a page of square pixels, in passes from cheap to
// thorough (passes.go has them). Points are in pixels of page. Symbols
// come in the order in which they were found, each text of a kind once. Errors:
// ErrSize; ErrEngine when the engine failed and nothing was found; the
// context's. What was found until then is returned with any error.
func (r *Reader) Find(ctx context.Context, page *image.Gray, opts Options) ([]Symbol, Stats, error) {
	if err := checkSize(page); err != nil {
		return nil, Stats{}, err
	}
	inner := ctx
	if opts.Budget > 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, opts.Budget)
		defer cancel()
	}
	s := &search{engine: r.engine, page: atOrigin(page), offset: page.Rect.Min, opts: opts}
	err := s.run(inner)
	if s.instance != nil {
		err = errors.Join(err, s.instance.Close(ctx))
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case inner.Err() != nil:
		s.stats.OutOfTime, err = true, nil
	}
	if err == nil && len(s.found) == 0 && s.stats.Failures > 0 {
		err = fmt.Errorf("%w: %d of %d times", ErrEngine, s.stats.Failures, s.stats.Scans)
	}
	return s.found, s.stats, err
}

// atOrigin shares the pixels of img in a picture that begins at 0,0.
func atOrigin(img *image.Gray) *image.Gray {
	return &image.Gray{
		Pix: img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y):], Stride: img.Stride,
		Rect: image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()),
	}
}

// search is one Find.
type search struct {
	engine   *Engine
	instance *instance
	page     *image.Gray // at 0,0
	offset   image.Point // of the page as it was given
	opts     Options
	found    []Symbol
	stats    Stats
	pass     string
	liked    bool // Stop likes a symbol
}

func (s *search) run(ctx context.Context) error {
	for i, p := range passes() {
		if s.opts.MaxPasses > 0 && i >= s.opts.MaxPasses {
			return nil
		}
		s.stats.Passes++
		s.pass = p.name
		if err := p.run(s, ctx); err != nil {
			return err
		}
		if s.liked || s.opts.Stop == nil && len(s.found) > 0 {
			return nil
		}
	}
	return nil
}

// view is a picture made of a part of the page. back maps its points to the
// page.
type view struct {
	img  *image.Gray
	back func(image.Point) image.Point
}

// scan reads a view, unless the search is over. A failure of the engine costs
// this scan only: the next gets a fresh instance.
func (s *search) scan(ctx context.Context, v view, density int) error {
	if s.liked || v.img.Rect.Empty() || checkSize(v.img) != nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	found, err := s.tryScan(ctx, v.img, density)
	s.stats.Scans++
	s.stats.Pixels += int64(v.img.Rect.Dx()) * int64(v.img.Rect.Dy())
	if errors.Is(err, ErrEngine) {
		s.stats.Failures++
		broken := s.instance
		s.instance = nil
		if broken != nil {
			return broken.Close(ctx)
		}
		return nil
	}
	for _, symbol := range found {
		s.take(symbol, v.back)
	}
	return err
}

func (s *search) tryScan(ctx context.Context, img *image.Gray, density int) ([]Symbol, error) {
	if s.instance == nil {
		in, err := s.engine.start(ctx, ScanOptions{Kinds: s.opts.Kinds})
		if err != nil {
			return nil, err
		}
		s.instance = in
	}
	if err := s.instance.density(ctx, density); err != nil {
		return nil, err
	}
	return s.instance.scan(ctx, img)
}

// take keeps a symbol that is new.
func (s *search) take(found Symbol, back func(image.Point) image.Point) {
	if contains(s.found, found) {
		return
	}
	for i, p := range found.Points {
		found.Points[i] = back(p).Add(s.offset)
	}
	found.Rect = enclosing(found.Points)
	s.found = append(s.found, found)
	s.stats.Pass = s.pass
	if s.opts.Stop != nil && !s.liked {
		s.liked = s.opts.Stop(found)
	}
}

// wantsBars tells whether any code of bars is looked for.
func (s *search) wantsBars() bool {
	kinds := s.opts.Kinds
	if kinds == nil {
		kinds = DefaultKinds()
	}
	return slices.ContainsFunc(kinds, func(k Kind) bool { return k != QR })
}
