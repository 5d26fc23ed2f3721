package mrz

import (
	"cmp"
	"encoding/binary"
	"image"
	"math"
	"slices"
)

// A level is the page at a size where the characters of a zone would stand 12 to
// 17 pixels apart. Reading works level by level because nobody knows how large
// the zone is.

// Pitch, the distance from character to character, that a level is good for.
const (
	pitchMin = 11.5
	pitchMax = 17.5
	ratio    = math.Sqrt2 // from level to level
)

// scales returns the scales of the levels in the order in which they are read. A
// line of 30 characters at least fills the long side; at most 115 cells cross the
// short one, a little more than on a reduced copy on A4. Less than five pixels a
// character is not legible.
//
// On a sheet the finest level comes first: there stands the zone of a document
// that was copied at its own size, as nearly all are. A picture that would have
// to be enlarged for it is no sheet but a document alone, whose zone is large:
// there the coarse levels come first, which are also the cheap ones.
func scales(w, h int) []float64 {
	largest := float64(max(w, h)) / 31
	smallest := max(float64(min(w, h))/115, 4.8)
	all := []float64{pitchMin / smallest}
	for last := all[0]; pitchMax/last < largest; {
		last /= ratio
		all = append(all, last)
	}
	if all[0] > 1 {
		slices.Reverse(all)
	}
	return all
}

// level returns the page at a scale. Where the level before it was finer it is
// made of that one, which has fewer pixels than the page.
func level(page, before *image.Gray, scale float64) *image.Gray {
	w, h := levelSize(page.Rect, scale)
	if before != nil && w <= before.Rect.Dx() && h <= before.Rect.Dy() {
		return shrink(before, before.Rect, w, h)
	}
	return resample(page, page.Rect, scale)
}

// resample returns the part r of a picture at another scale.
func resample(src *image.Gray, r image.Rectangle, scale float64) *image.Gray {
	w, h := levelSize(r, scale)
	if scale < 1 {
		return shrink(src, r, w, h)
	}
	return enlarge(src, r, w, h)
}

// levelSize is the size of r at another scale.
func levelSize(r image.Rectangle, scale float64) (w, h int) {
	return max(int(float64(r.Dx())*scale), 1), max(int(float64(r.Dy())*scale), 1)
}

// enlarge interpolates with the cubic of Catmull and Rom, which keeps edges. Paper stays
// as white as it was, without being looked at twice: most of a page is that.
func enlarge(src *image.Gray, r image.Rectangle, w, h int) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, w, h))
	wide, extents := widened(src, r, taps(r.Dx(), w))
	for y, t := range taps(r.Dy(), h) {
		out := dst.Pix[y*dst.Stride:][:w]
		e := extents[t.at[0]].union(extents[t.at[1]]).union(extents[t.at[2]]).union(extents[t.at[3]])
		whiten(out[:e.from])
		whiten(out[e.to:])
		out = out[e.from:e.to]
		var lines [4][]float32
		for j, at := range t.at {
			lines[j] = wide[at*w:][e.from:e.to]
		}
		mix(out, lines, t.k)
	}
	return dst
}

// widened interpolates the rows of r across, and returns of each where it is not white.
func widened(src *image.Gray, r image.Rectangle, columns []tap) ([]float32, []extent) {
	w := len(columns)
	wide, extents := make([]float32, w*r.Dy()), make([]extent, r.Dy())
	paper := make([]float32, w) // a white row; the weights of a tap do not add up to quite 1
	for x, t := range columns {
		paper[x] = t.k[0]*white + t.k[1]*white + t.k[2]*white + t.k[3]*white
	}
	for y := range r.Dy() {
		line := src.Pix[src.PixOffset(r.Min.X, r.Min.Y+y):][:r.Dx()]
		e := widenedExtent(columns, line)
		out := wide[y*w:][:w]
		copy(out[:e.from], paper)
		copy(out[e.to:], paper[e.to:])
		for x := e.from; x < e.to; x++ {
			t := &columns[x]
			out[x] = t.k[0]*float32(line[t.at[0]]) + t.k[1]*float32(line[t.at[1]]) +
				t.k[2]*float32(line[t.at[2]]) + t.k[3]*float32(line[t.at[3]])
		}
		extents[y] = e
	}
	return wide, extents
}

// widenedExtent is where the taps of a row meet something that is not white.
func widenedExtent(columns []tap, line []uint8) extent {
	from, to := inked(line)
	if from == to {
		return extent{}
	}
	at := func(limit, nth int) int {
		n, _ := slices.BinarySearchFunc(columns, limit, func(t tap, limit int) int { return cmp.Compare(t.at[nth], limit) })
		return n
	}
	return extent{from: at(from, 3), to: at(to, 0)}
}

// mix adds up four rows by their weights.
func mix(out []uint8, lines [4][]float32, k [4]float32) {
	n := len(out)
	l0, l1, l2, l3 := lines[0][:n], lines[1][:n], lines[2][:n], lines[3][:n]
	for x := range out {
		v := k[0]*l0[x] + k[1]*l1[x] + k[2]*l2[x] + k[3]*l3[x]
		out[x] = uint8(min(max(v+0.5, 0), 255))
	}
}

func whiten(line []uint8) {
	for i := range line {
		line[i] = white
	}
}

// extent is a part of a row; one of no length is nowhere.
type extent struct{ from, to int }

func (e extent) union(other extent) extent {
	switch {
	case e.from == e.to:
		return other
	case other.from == other.to:
		return e
	}
	return extent{from: min(e.from, other.from), to: max(e.to, other.to)}
}

// tap is four source pixels and what each counts.
type tap struct {
	at [4]int
	k  [4]float32
}

// taps lays m pixels over n.
func taps(n, m int) []tap {
	all := make([]tap, m)
	for i := range all {
		x := (float64(i)+0.5)*float64(n)/float64(m) - 0.5
		base := math.Floor(x)
		f := x - base
		for j := range 4 {
			all[i].at[j] = min(max(int(base)+j-1, 0), n-1)
		}
		all[i].k = [4]float32{
			float32(f * (-0.5 + f*(1-0.5*f))), float32(1 + f*f*(-2.5+1.5*f)),
			float32(f * (0.5 + f*(2-1.5*f))), float32(f * f * (-0.5 + 0.5*f)),
		}
	}
	return all
}

// white is paper.
const white = 0xff

// shrink averages: each pixel of the result is the mean of the area it covers.
// Eight are looked after at once: most of a page is paper, and stays as white as
// it was.
func shrink(src *image.Gray, r image.Rectangle, w, h int) *image.Gray {
	const group = 8
	dst := image.NewGray(image.Rect(0, 0, w, h))
	columns := parts(r.Dx(), w)
	for y, row := range parts(r.Dy(), h) {
		out := dst.Pix[y*dst.Stride:][:w]
		for x := 0; x < w; x += group {
			end := min(x+group, w)
			area := image.Rect(columns[x].from, row.from, columns[end-1].to+1, row.to+1).Add(r.Min)
			if isPaper(src, area) {
				whiten(out[x:end])
				continue
			}
			for i := x; i < end; i++ {
				out[i] = mean(src, r.Min, columns[i], row)
			}
		}
	}
	return dst
}

// isPaper reports whether a part of a picture is white.
func isPaper(src *image.Gray, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := src.PixOffset(r.Min.X, y)
		if !allWhite(src.Pix[at : at+r.Dx()]) {
			return false
		}
	}
	return true
}

// allWhite looks at eight pixels at once, the last eight perhaps twice.
func allWhite(line []uint8) bool {
	const words = 8
	if len(line) < words {
		for _, v := range line {
			if v != white {
				return false
			}
		}
		return true
	}
	all := binary.LittleEndian.Uint64(line[len(line)-words:])
	for ; len(line) > words; line = line[words:] {
		all &= binary.LittleEndian.Uint64(line)
	}
	return all == math.MaxUint64
}

// mean is that of a part of a picture, counted from a corner of it.
func mean(src *image.Gray, corner image.Point, column, row part) uint8 {
	sum := uint64(0)
	for y := row.from; y <= row.to; y++ {
		sum += uint64(column.sum(src.Pix[src.PixOffset(corner.X, corner.Y+y):])) * uint64(row.weight(y))
	}
	// Whole numbers this small divide as exactly as floats, and much faster.
	return uint8(float64(sum) / (float64(column.total) * float64(row.total)))
}

// inked returns from where to where a row is not white; the same twice when it
// is white altogether.
func inked(line []uint8) (from, to int) {
	const words = 8
	for to = len(line); to >= words && binary.LittleEndian.Uint64(line[to-words:]) == math.MaxUint64; {
		to -= words
	}
	for to > 0 && line[to-1] == white {
		to--
	}
	for from+words <= to && binary.LittleEndian.Uint64(line[from:]) == math.MaxUint64 {
		from += words
	}
	for from < to && line[from] == white {
		from++
	}
	return from, to
}

// part is a range of source pixels, the first and last of them in part only.
// Weights are in 256ths.
type part struct {
	from, to    int
	first, last uint32
	total       uint32
}

// parts cuts n source pixels into m parts.
func parts(n, m int) []part {
	all := make([]part, m)
	step := float64(n) / float64(m)
	for i := range all {
		a, b := float64(i)*step, float64(i+1)*step
		p := part{from: int(a), to: min(int(b), n-1)}
		p.first = uint32(256 * (1 - (a - math.Floor(a))))
		p.last = uint32(256 * (b - float64(p.to)))
		if p.from == p.to {
			p.first, p.last = uint32(256*step), 0
		}
		p.total = p.first + p.last
		if p.to > p.from {
			p.total += 256 * uint32(p.to-p.from-1) //nolint:gosec // to is beyond from
		}
		all[i] = p
	}
	return all
}

func (p part) weight(i int) uint32 {
	switch i {
	case p.from:
		return p.first
	case p.to:
		return p.last
	default:
		return 256
	}
}

// sum adds the pixels of a line by their weights.
func (p part) sum(line []uint8) uint32 {
	s := p.first * uint32(line[p.from])
	for i := p.from + 1; i < p.to; i++ {
		s += 256 * uint32(line[i])
	}
	if p.to > p.from {
		s += p.last * uint32(line[p.to])
	}
	return s
}

// turned returns the picture turned by 90 degrees clockwise.
func turned(src *image.Gray) *image.Gray {
	b := src.Rect
	dst := image.NewGray(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		row := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := range b.Dx() {
			dst.Pix[x*dst.Stride+b.Dy()-1-y] = row[x]
		}
	}
	return dst
}
