package mrz

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"
	"time"
)

// MaxPixels is the largest page that Read looks at.
const MaxPixels = 16 << 20

// minSide is the shortest side, in pixels, of a picture with a legible zone.
const minSide = 40

// Options of Read.
type Options struct {
	// On is the day by which centuries are chosen: the day of receipt.
	On time.Time
	// Upright says that lines run across the page, perhaps upside down, so that
	// quarter turns need not be tried: that halves the time.
	Upright bool
}

// Read looks for a machine readable zone in the pixels of a page, upright or
// turned by any quarter, slanted by up to some ten degrees, of any size that is
// legible. It returns the first valid one; else the likeliest that is not valid,
// for a person to look at; false if there is none, the page has more than
// MaxPixels, or ctx ended before one was found.
func Read(ctx context.Context, page *image.Gray, o Options) (Result, bool) {
	if page == nil || page.Rect.Dx()*page.Rect.Dy() > MaxPixels || min(page.Rect.Dx(), page.Rect.Dy()) < minSide ||
		max(page.Rect.Dx(), page.Rect.Dy()) > MaxPixels/minSide || !whole(page) {
		return Result{}, false
	}
	r := reader{ctx: ctx, on: o.On}
	if !r.page(page) && !o.Upright {
		r.page(turned(page))
	}
	return r.best, r.found
}

// whole reports whether the picture has the bytes that its size promises.
func whole(g *image.Gray) bool {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	return w > 0 && h > 0 && g.Stride >= w && len(g.Pix) >= (h-1)*g.Stride+w
}

// mostZones is how many zones of a page are read to the end. A page with a zone
// shows it at two or three levels; one of figures in columns shows many.
const mostZones = 8

// reader keeps the best zone found so far.
type reader struct {
	ctx   context.Context
	on    time.Time
	best  Result
	score float64
	found bool
	read  int // zones
}

// page reads a page that is upright or upside down, level by level; true when
// there is nothing left to look for.
func (r *reader) page(page *image.Gray) bool {
	var img *image.Gray
	for _, scale := range scales(page.Rect.Dx(), page.Rect.Dy()) {
		if r.ctx.Err() != nil {
			return true
		}
		img = level(page, img, scale)
		w, h := img.Rect.Dx(), img.Rect.Dy()
		ink := inkOf(img)
		clean(ink, w, h)
		var all []line
		for _, s := range strips(ink, w, h) {
			all = append(all, s.straighten(ink, w, h).lines(ink, w, h)...)
		}
		for _, z := range zones(all) {
			if r.ctx.Err() != nil || r.zone(page, z, scale) {
				return true
			}
		}
	}
	return false
}

// zone reads one zone both ways up; true when there is nothing left to look for.
func (r *reader) zone(page *image.Gray, z zone, scale float64) bool {
	upright := z.sheet(page, scale)
	down := upright.changed(func(f frame) frame { return f.reversed(upright.columns) })
	for i, j := 0, len(down.frames)-1; i < j; i, j = i+1, j-1 {
		down.frames[i], down.frames[j] = down.frames[j], down.frames[i]
	}
	starts := append(upright.started(), down.started()...)
	slices.SortFunc(starts, func(a, b sheet) int { return cmp.Compare(b.score, a.score) })
	if starts[0].score < worthFitting {
		return false
	}
	var s sheet
	for _, t := range starts {
		if t.score > starts[0].score-closeStart {
			s = better(s, t.fitted())
		}
	}
	if s.score < worthReading {
		return false
	}
	r.read++
	s = s.settled()
	like := s.read()
	got := like.choose(len(z), s.columns, r.on)
	if score := like.mean(got); got.Valid || score > r.score && !r.best.Valid {
		r.best, r.score, r.found = got, score, true
	}
	return got.Valid || r.read == mostZones
}

// finer is how much larger than at its level a zone is read.
const finer = 1.5

// sheet cuts the zone out of the page, at the size in which it is read.
func (z zone) sheet(page *image.Gray, scale float64) sheet {
	box := z.box(scale).Add(page.Rect.Min).Intersect(page.Rect)
	img := resample(page, box, scale*finer)
	fx := float64(img.Rect.Dx()) / float64(box.Dx())
	s := sheet{img: img, columns: z[0].columns}
	for _, l := range z {
		onPage := func(v float64) float64 { return (v+0.5)/scale - 0.5 }
		f := frame{dx: l.pitch / scale * fx, dy: l.pitch * l.b / scale * fx, tall: 1}
		f.x = (onPage(l.first)+float64(page.Rect.Min.X-box.Min.X)+0.5)*fx - 0.5
		f.y = (onPage(l.y(l.first))+float64(page.Rect.Min.Y-box.Min.Y)+0.5)*fx - 0.5
		s.frames = append(s.frames, f)
	}
	return s
}

// box is the part of the page, in its pixels from its corner, that the zone
// and some white around it take.
func (z zone) box(scale float64) image.Rectangle {
	var all image.Rectangle
	for _, l := range z {
		m := 2 * l.pitch
		x1 := l.first + float64(l.columns)*l.pitch
		low, high := min(l.y(l.first), l.y(x1)), max(l.y(l.first), l.y(x1))
		all = all.Union(image.Rect(
			int((l.first-m)/scale), int((low-m)/scale),
			int(math.Ceil((x1+m)/scale)), int(math.Ceil((high+m)/scale)),
		))
	}
	return all
}
