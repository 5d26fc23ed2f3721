package symbol

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// patch is a part of the page that looks like a code of cells: ink and paper in
// equal shares, close together both ways. Writing has less ink, and headings are
// not as high.
type patch struct {
	rect image.Rectangle // in pixels of the page, with room around
	// degrees by which the edges lean against the page, from -45 to 45.
	degrees float64
	blocks  int
}

const (
	// leastInk and mostInk bound the share of ink in a block of a code of cells,
	// between the page's paper and its blackest. Writing has up to 0.35.
	leastInk, mostInk = 0.36, 0.9
	// smallPage is what is searched as one patch, in pixels: a picture of a code
	// and of little else.
	smallPage = 400_000
	// maxPatches bounds the patches of a page, maxPatch the blocks of one: 10,000
	// mm² of A4, more than any document's code and less than a halftone page.
	maxPatches, maxPatch = 6, 2500
)

// patches finds what looks like codes of cells, largest first.
func (o *overview) patches() []patch {
	if o.page.Dx()*o.page.Dy() <= smallPage {
		return []patch{{rect: o.page}}
	}
	field := o.field
	field.markCells(o.img)
	var found []patch
	for at := range field.marked {
		if !field.marked[at] {
			continue
		}
		if members := field.flood(at); len(members) <= maxPatch {
			found = append(found, field.patch(members, o.factor, o.page))
		}
	}
	slices.SortStableFunc(found, func(a, b patch) int { return cmp.Compare(b.blocks, a.blocks) })
	return found[:min(len(found), maxPatches)]
}

// markCells marks the blocks that are busy and half ink, where two by two of
// them lie together.
func (f *field) markCells(img *image.Gray) {
	paper, ink := levels(img)
	clear(f.marked)
	alone := make([]bool, len(f.marked))
	for by := range f.h {
		for bx := range f.w {
			t := f.tensors[by*f.w+bx]
			share := float64(paper-blockMean(img, bx*block, by*block)) / float64(max(1, paper-ink))
			alone[by*f.w+bx] = t.xx+t.yy > 5*block*block*busy && share >= leastInk && share <= mostInk
		}
	}
	for by := range f.h - 1 {
		for bx := range f.w - 1 {
			at := by*f.w + bx
			four := [4]int{at, at + 1, at + f.w, at + f.w + 1}
			if alone[four[0]] && alone[four[1]] && alone[four[2]] && alone[four[3]] {
				for _, i := range four {
					f.marked[i] = true
				}
			}
		}
	}
}

// flood takes the marked blocks around at, across gaps of one block, and unmarks
// them.
func (f *field) flood(at int) []int {
	const reach = 2
	members := []int{at}
	f.marked[at] = false
	for i := 0; i < len(members); i++ {
		x, y := members[i]%f.w, members[i]/f.w
		for ny := max(y-reach, 0); ny <= min(y+reach, f.h-1); ny++ {
			for nx := max(x-reach, 0); nx <= min(x+reach, f.w-1); nx++ {
				if next := ny*f.w + nx; f.marked[next] {
					f.marked[next] = false
					members = append(members, next)
				}
			}
		}
	}
	return members
}

// patch encloses blocks: the bars where a PDF417 begins and ends are missed easily.
func (f *field) patch(members []int, scale int, page image.Rectangle) patch {
	var sum tensor
	var across, down span
	for _, at := range members {
		// Twice the angle makes the edges of cells, which run both ways, add up.
		t := f.tensors[at]
		x, y := t.xx-t.yy, 2*t.xy
		sum = sum.add(tensor{xx: x*x - y*y, xy: 2 * x * y})
		across.include(float64(at % f.w))
		down.include(float64(at / f.w))
	}
	return patch{
		rect:    enclosed(across, down, scale).Intersect(page),
		degrees: math.Atan2(sum.xy, sum.xx) / 4 * 180 / math.Pi,
		blocks:  len(members),
	}
}

// straightened finds by how much a patch leans, better than its blocks tell: to
// where the columns of a PDF417 stand out most, which may run along or across.
func (p patch) straightened(page *image.Gray) patch {
	w, h := float64(p.rect.Dx()), float64(p.rect.Dy())
	base := strip{
		x: float64(p.rect.Min.X) + w/2, y: float64(p.rect.Min.Y) + h/2, ux: 1,
		length: max(w, h), height: min(w, h) / 2,
	}
	best := -1.0
	for _, quarter := range [2]float64{0, 90} {
		s := base.turned(p.degrees + quarter).straightened(page)
		if sharp := s.sharpness(page); sharp > best {
			best = sharp
			p.degrees = math.Atan2(s.uy, s.ux) * 180 / math.Pi
		}
	}
	return p
}

func blockMean(img *image.Gray, x0, y0 int) int {
	sum := 0
	for y := y0; y < y0+block; y++ {
		for _, v := range img.Pix[y*img.Stride+x0:][:block] {
			sum += int(v)
		}
	}
	return sum / (block * block)
}

// levels are the grey of a page's paper and of its ink: a tenth of the pixels is
// lighter, a hundredth darker.
func levels(img *image.Gray) (paper, ink int) {
	var counts [256]int
	for _, v := range img.Pix {
		counts[v]++
	}
	at := func(share float64) int {
		left := int(share * float64(len(img.Pix)))
		for v, n := range counts {
			if left -= n; left < 0 {
				return v
			}
		}
		return white
	}
	return at(0.9), at(0.01)
}
