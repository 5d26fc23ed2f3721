package symbol

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
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
	// Over is asked between scans and ends the search when it says so: time is its
	// caller's to measure. With it the result depends on the machine, without it
	// never.
	Over func() bool
}

// Stats says what a search took.
type Stats struct {
	Passes int   // begun
	Scans  int   // pictures handed to the engine
	Pixels int64 // in them
	// Pass names the pass that found the last new symbol.
	Pass string
	// OutOfTime says that Over ended the search.
	OutOfTime bool
	// Failures counts scans that the engine did not survive.
	Failures int
}

// Reader finds symbols on pages that were scanned and faxed. It may be used by
// several goroutines.
type Reader struct {
	engine *Engine
	matrix MatrixSource
}

// MatrixSource hands out the second engine, always the same one. It is asked for
// it when a page needs it, because few do and loading it takes a tenth of a second.
type MatrixSource func(context.Context) (*MatrixEngine, error)

// NewReader returns a Reader that uses e, and the engine of m where e finds
// nothing; without m no Data Matrix and no PDF417 is read. Both engines stay
// their caller's to close.
func NewReader(e *Engine, m MatrixSource) *Reader { return &Reader{engine: e, matrix: m} }

// Find looks for symbols on a page of square pixels, at most MaxPage of them, in
// passes from cheap to thorough (passes.go has them). Points are in pixels of page. Symbols
// come in the order in which they were found, each text of a kind once. Errors:
// ErrSize; ErrEngine when the engine failed and nothing was found; the
// context's and those of MatrixSource. What was found until then is returned with any error.
func (r *Reader) Find(ctx context.Context, page *image.Gray, opts Options) ([]Symbol, Stats, error) {
	if err := checkSize(page, MaxPage); err != nil {
		return nil, Stats{}, err
	}
	s := newSearch(r, page, opts)
	err := errors.Join(s.run(ctx), s.close(ctx))
	if ctx.Err() != nil {
		err = ctx.Err()
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
	matrix   MatrixSource
	instance *instance
	page     *image.Gray // at 0,0
	seen     *overview   // of page; nil until it is first needed
	shrunk   int         // pixels of the page as it was given in one of page
	offset   image.Point // of the page as it was given
	opts     Options
	found    []Symbol
	stats    Stats
	pass     string
	liked    bool // Stop likes a symbol
}

// newSearch begins with a page of at most MaxPixels.
func newSearch(r *Reader, page *image.Gray, opts Options) *search {
	s := &search{engine: r.engine, matrix: r.matrix, page: atOrigin(page), shrunk: 1, offset: page.Rect.Min, opts: opts}
	w, h := page.Rect.Dx(), page.Rect.Dy()
	for w*h > MaxPixels*s.shrunk*s.shrunk {
		s.shrunk++
	}
	if s.shrunk > 1 {
		s.page = reduced(s.page, s.page.Rect, s.shrunk)
	}
	return s
}

func (s *search) close(ctx context.Context) error {
	if s.instance == nil {
		return nil
	}
	return s.instance.Close(ctx)
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
		if s.over() || s.opts.Stop == nil && len(s.found) > 0 {
			return nil
		}
	}
	return nil
}

// over tells whether the search has its answer or no more time.
func (s *search) over() bool {
	if !s.liked && !s.stats.OutOfTime && s.opts.Over != nil {
		s.stats.OutOfTime = s.opts.Over()
	}
	return s.liked || s.stats.OutOfTime
}

// view is a picture made of a part of the page. back maps its points to the
// page.
type view struct {
	img  *image.Gray
	back func(image.Point) image.Point
}

// everyLine is the density of a search: no row or column is left out.
const everyLine = 1

// scan reads a view, unless the search is over. A failure of the engine costs
// this scan only: the next gets a fresh instance.
func (s *search) scan(ctx context.Context, v view) error {
	if s.over() || v.img.Rect.Empty() || checkSize(v.img, MaxPixels) != nil {
		return nil //nolint:nilerr // a view too large is passed over
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	found, err := s.tryScan(ctx, v.img)
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

func (s *search) tryScan(ctx context.Context, img *image.Gray) ([]Symbol, error) {
	if s.instance == nil {
		in, err := s.engine.start(ctx, ScanOptions{Kinds: s.opts.Kinds})
		if err != nil {
			return nil, err
		}
		s.instance = in
	}
	if err := s.instance.density(ctx, everyLine); err != nil {
		return nil, err
	}
	return s.instance.scan(ctx, img)
}

// scanMatrix reads a view with the other engine, in an instance of its own: there
// are few such views, and none may hurt another.
func (s *search) scanMatrix(ctx context.Context, v view) error {
	if s.over() || v.img.Rect.Empty() || checkSize(v.img, MaxPixels) != nil {
		return nil //nolint:nilerr // a view too large is passed over
	}
	engine, err := s.matrix(ctx)
	if err != nil {
		return fmt.Errorf("open the second engine: %w", err)
	}
	found, err := engine.Scan(ctx, v.img)
	s.stats.Scans++
	s.stats.Pixels += int64(v.img.Rect.Dx()) * int64(v.img.Rect.Dy())
	if errors.Is(err, ErrEngine) {
		s.stats.Failures++
		return nil
	}
	for _, symbol := range found {
		if wanted := func(k Kind) bool { return k == symbol.Kind }; s.wants(wanted) {
			s.take(symbol, v.back)
		}
	}
	return err
}

// take keeps a symbol that is new.
func (s *search) take(found Symbol, back func(image.Point) image.Point) {
	if contains(s.found, found) {
		return
	}
	for i, p := range found.Points {
		found.Points[i] = back(p).Mul(s.shrunk).Add(s.offset)
	}
	found.Rect = enclosing(found.Points)
	s.found = append(s.found, found)
	s.stats.Pass = s.pass
	if s.opts.Stop != nil && !s.liked {
		s.liked = s.opts.Stop(found)
	}
}

// wants tells whether any kind is looked for that is like that.
func (s *search) wants(like func(Kind) bool) bool {
	kinds := s.opts.Kinds
	if kinds == nil {
		kinds = DefaultKinds()
	}
	return slices.ContainsFunc(kinds, like)
}

// wantsBars tells whether any code of bars is looked for.
func (s *search) wantsBars() bool {
	return s.wants(func(k Kind) bool { return k != QR && !k.ofCells() })
}
