package symbol

import (
	"context"
	"image"
	"math"
)

// pass is one way to prepare the page.
type pass struct {
	name string
	run  func(*search, context.Context) error
}

// QuickPasses are the first passes: the known places, the reduced page, strips
// that look like bars, patches that look like cells.
const QuickPasses = 4

// PlainPasses come before those that take noise for granted: enough for a page
// that a program drew and no machine scanned.
const PlainPasses = 7

// passes are all of them, in the order in which they are tried.
func passes() []pass {
	return []pass{
		{"places", (*search).places},
		{"reduced", (*search).reducedPage},
		{"bars", (*search).bars},
		{"cells", (*search).cells},
		{"places smoothed", (*search).placesSmoothed},
		{"as is", (*search).asIs},
		{"small", (*search).small},
		{"page smoothed", (*search).pageSmoothed},
		{"despeckled", (*search).despeckled},
		{"enlarged", (*search).enlarged},
		{"turned", (*search).turned},
		{"negative", (*search).negative},
	}
}

const (
	// workingWidth is the short side that a page is reduced to for the codes of
	// our own form: 4 pixels a millimetre, 5 a module of the QR code. Averaging
	// away the rest of the pixels is what removes the noise.
	workingWidth = 864
	// room is how far around its place a code is looked for, as a share of the
	// short side of the page: 18 mm, for a skew of three degrees and a shift of a
	// centimetre.
	room = 0.085
)

// factor is by how much the page is reduced.
func (s *search) factor() int {
	short := min(s.page.Rect.Dx(), s.page.Rect.Dy())
	return max(1, int(math.Round(float64(short)/workingWidth)))
}

// reduce averages squares of n pixels of a part of the page, then smooths.
func (s *search) reduce(r image.Rectangle, n, smooth int) view {
	return view{img: blurred(s.reducedTo(r, n), smooth, smooth), back: func(p image.Point) image.Point {
		return p.Mul(n).Add(image.Pt(n/2, n/2)).Add(r.Min)
	}}
}

// reducedTo takes the part out of the overview where that has its squares.
func (s *search) reducedTo(r image.Rectangle, n int) *image.Gray {
	if s.seen == nil || s.seen.factor != n || r.Min.X%n != 0 || r.Min.Y%n != 0 {
		return reduced(s.page, r, n)
	}
	at := r.Min.Div(n)
	return atOrigin(s.seen.img.SubImage(image.Rectangle{Min: at, Max: at.Add(r.Size().Div(n))}).(*image.Gray)) //nolint:errcheck // a part of grey is grey
}

// places looks where the form prints its codes.
func (s *search) places(ctx context.Context) error {
	for _, r := range areas(s.page.Rect, s.opts.Regions) {
		if err := s.scan(ctx, s.reduce(r, s.factor(), 1)); err != nil {
			return err
		}
	}
	return nil
}

// reducedPage does the same with all of the page that is not empty, for a form
// that was shrunk, enlarged or put somewhere. ZBar looks at paper as long as at
// print.
func (s *search) reducedPage(ctx context.Context) error {
	return s.scan(ctx, s.reduce(s.overview().printed(), s.factor(), 1))
}

func (s *search) overview() *overview {
	if s.seen == nil {
		s.seen = newOverview(s.page)
	}
	return s.seen
}

// bars reads what looks like a code of bars, straightened and flattened. The
// card may lie at any angle.
func (s *search) bars(ctx context.Context) error {
	if !s.wantsBars() {
		return nil
	}
	for _, strip := range s.overview().strips() {
		strip = strip.straightened(s.page)
		if err := s.bar(ctx, strip); err != nil {
			return err
		}
	}
	return nil
}

// bar reads one straight strip.
func (s *search) bar(ctx context.Context, strip strip) error {
	var lines layers
	for _, try := range flattenings {
		if lines.zoom != try.zoom {
			lines = strip.layered(s.page, try.zoom)
		}
		v := lines.flattened(try.share)
		v.img = blurred(v.img, try.smooth, 0)
		if err := s.scan(ctx, v); err != nil || s.over() {
			return err
		}
	}
	return nil
}

// flattenings are how strips are drawn: zoom as layered and share as flattened
// takes it, then a blur along the code; the same zoom side by side. Of 80 combinations tried on simulated faxes these
// read the most between them.
var flattenings = [...]struct {
	zoom, share float64
	smooth      int
}{{2, 0.6, 1}, {2, 0.4, 2}, {3, 0.6, 3}, {1, 0.4, 0}}

// cells reads what looks like a Data Matrix or PDF417, when nothing else was
// found: then it may be a document of another country.
func (s *search) cells(ctx context.Context) (err error) {
	if s.matrix == nil || len(s.found) > 0 || !s.wants(Kind.ofCells) {
		return nil
	}
	for _, p := range s.overview().patches() {
		if err := s.scanCells(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// scanCells reads a patch as it is and, when that leans, levelled: rxing finds
// PDF417 along rows alone.
func (s *search) scanCells(ctx context.Context, p patch) error {
	const level = 4 // degrees
	img := framed(s.page, p.rect, 0)
	shifted := func(q image.Point) image.Point { return q.Add(p.rect.Min) }
	known := len(s.found)
	if err := s.scanMatrix(ctx, view{img, shifted}); err != nil || len(s.found) > known || math.Abs(p.degrees) < level {
		return err
	}
	turned, back := rotated(img, -p.straightened(s.page).degrees)
	return s.scanMatrix(ctx, view{turned, func(q image.Point) image.Point { return shifted(back(q)) }})
}

// asIs is what ZBar alone does, on pages of 200 and 300 dpi; larger ones are
// halved and more, because it takes seconds for them and reads less.
func (s *search) asIs(ctx context.Context) error { return s.scan(ctx, s.plain()) }

// plainFactor is by how much large pages are reduced for what looks at all of
// them: at 400 dpi by 2.
func (s *search) plainFactor() int { return max(1, s.factor()/2) }

// plain is the page with at most 300 dots per inch of A4.
func (s *search) plain() view {
	if s.plainFactor() == 1 {
		return view{s.page, same}
	}
	return s.reduce(s.page.Rect, s.plainFactor(), 0)
}

// placesSmoothed takes the known places once more, in ways that suit noise in
// clumps, thin ink and broken modules.
func (s *search) placesSmoothed(ctx context.Context) error {
	n := s.factor()
	for _, r := range areas(s.page.Rect, s.opts.Regions) {
		for _, v := range [...]view{s.reduce(r, max(1, n-1), 2), s.reduce(r, n, 2), s.reduce(r, n+1, 1)} {
			if err := s.scan(ctx, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// pageSmoothed is the page with its noise averaged away.
func (s *search) pageSmoothed(ctx context.Context) error {
	v := s.plain()
	v.img = blurred(blurred(v.img, 1, 1), 1, 1)
	return s.scan(ctx, v)
}

// despeckled parts ink from paper and lets the neighbours of a pixel vote.
func (s *search) despeckled(ctx context.Context) error {
	v := s.plain()
	ink := thresholded(framed(v.img, v.img.Rect, 0), otsu(v.img))
	v.img = thresholded(blurred(ink, 1, 1), white/2)
	return s.scan(ctx, v)
}

// enlarged doubles the page with a light blur and a white margin, which lifts
// small codes and those that touch the edge. Large pages have no need of it.
func (s *search) enlarged(ctx context.Context) error {
	const margin = 16
	if (s.page.Rect.Dx()+2*margin)*(s.page.Rect.Dy()+2*margin) > MaxPixels/4 {
		return nil
	}
	img := twoFold(framed(s.page, s.page.Rect, margin))
	return s.scan(ctx, view{img, func(p image.Point) image.Point {
		return p.Div(2).Sub(image.Pt(margin, margin))
	}})
}

// small halves and quarters the page: large codes in photographs and scans of
// high resolution.
func (s *search) small(ctx context.Context) error {
	for _, n := range [2]int{2, 4} {
		if n == s.factor() || n == s.plainFactor() {
			continue
		}
		if err := s.scan(ctx, s.reduce(s.page.Rect, n, 0)); err != nil {
			return err
		}
	}
	return nil
}

// turned turns the page in steps, which codes of bars need in a photograph.
func (s *search) turned(ctx context.Context) error {
	if !s.wantsBars() {
		return nil
	}
	n := max(1, s.factor()/2)
	base := s.reduce(s.page.Rect, n, 0)
	for _, degrees := range [3]float64{45, 22, 67} {
		img, back := rotated(base.img, degrees)
		err := s.scan(ctx, view{img, func(p image.Point) image.Point { return base.back(back(p)) }})
		if err != nil {
			return err
		}
	}
	return nil
}

// negative turns black and white over on a page that is mostly black: its file
// says the wrong photometric sense, or a decoder got it wrong.
func (s *search) negative(ctx context.Context) error {
	v := s.reduce(s.page.Rect, s.factor(), 1)
	if !mostlyDark(v.img) {
		return nil
	}
	v.img = negated(v.img)
	if err := s.scan(ctx, v); err != nil {
		return err
	}
	v = s.plain()
	v.img = negated(framed(v.img, v.img.Rect, 0))
	return s.scan(ctx, v)
}

func same(p image.Point) image.Point { return p }

// areas are the parts of the page in which codes are expected: each region with
// room around, then where it is when the page lies upside down. A form whose
// regions mirror each other needs no second look.
func areas(page image.Rectangle, regions []Region) []image.Rectangle {
	var list []image.Rectangle
	for _, mirror := range [2]bool{false, true} {
		for _, r := range regions {
			if page.Dx() > page.Dy() { // lying on its side
				r = Region{r.Y0, 1 - r.X1, r.Y1, 1 - r.X0}
			}
			if mirror {
				r = Region{1 - r.X1, 1 - r.Y1, 1 - r.X0, 1 - r.Y0}
			}
			if a := area(page, r); !a.Empty() && !covered(a, list) {
				list = append(list, a)
			}
		}
	}
	return list
}

func area(page image.Rectangle, r Region) image.Rectangle {
	w, h := float64(page.Dx()), float64(page.Dy())
	extra := room * min(w, h)
	return image.Rect(int(r.X0*w-extra), int(r.Y0*h-extra), int(r.X1*w+extra), int(r.Y1*h+extra)).Intersect(page)
}

// covered tells whether nine tenths of a lie in one of list.
func covered(a image.Rectangle, list []image.Rectangle) bool {
	for _, b := range list {
		if in := a.Intersect(b); in.Dx()*in.Dy()*10 >= a.Dx()*a.Dy()*9 {
			return true
		}
	}
	return false
}
