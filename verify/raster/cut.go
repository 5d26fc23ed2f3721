package raster

// side is an edge of a page.
type side int

const (
	top side = iota
	right
	bottom
	left
)

func (s side) String() string { return [...]string{"top", "right", "bottom", "left"}[s] }

// shown is where an edge of the sketch is after the page was turned upright.
func (p *Page) shown(s side) side {
	extra, _ := p.stance().turn()
	return (s + side(extra/90)) % 4
}

// touching counts the letters that reach the edge of the sheet on each side.
// Only a page of writing has letters, and only what is as large as most of them
// is one. What touches a black edge of the scan is part of that edge.
func (s *sketch) touching(lies stance) map[side]int {
	if !lies.sure() {
		return nil
	}
	usual := s.letterHeight(lies.sideways)
	counts := map[side]int{}
	w, h := int32(s.gray.Rect.Dx()), int32(s.gray.Rect.Dy()) //nolint:gosec // inside a sketch
	for _, p := range s.parts {
		size, thin := max(p.width(), p.height()), min(p.width(), p.height())
		if size < usual/2 || size > 3*usual || size > 5*thin || p.area < usual {
			continue
		}
		for at, touches := range [...]bool{p.y0 == 0, p.x1 == w, p.y1 == h, p.x0 == 0} {
			if touches {
				counts[side(at)]++
			}
		}
	}
	return counts
}

// letterHeight is the height that splits the ink of the writing in halves:
// specks are many, but have no weight.
func (s *sketch) letterHeight(sideways bool) int32 {
	var ink [maxLetter + 1]int32
	total := int32(0)
	for _, p := range s.parts {
		h := p.height()
		if sideways {
			h = p.width()
		}
		ink[h] += p.area
		total += p.area
	}
	sum := int32(0)
	for h, n := range ink {
		if sum += n; 2*sum >= total {
			return int32(h)
		}
	}
	return maxLetter
}
