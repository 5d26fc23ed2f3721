package raster

import "image"

const (
	// solid is the share of a row or column that must be dark for it to be the
	// edge of a scan: nothing can be written in what is left.
	solid = 0.998
	// maxEdge bounds what may be taken away on each side, as a share of it.
	maxEdge = 0.15
)

// content is the sketch without the black edges that scanners and fax machines
// leave around a sheet. Only rows and columns that are dark from end to end go,
// so that nothing written is ever lost; a page that is dark altogether stays.
func (s *sketch) content() image.Rectangle {
	g, r := s.gray, s.gray.Rect
	across, down := int(maxEdge*float64(r.Dx())), int(maxEdge*float64(r.Dy()))
	for range 2 { // the second time without the corners
		for r.Min.Y < down && dark(g, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1)) {
			r.Min.Y++
		}
		for g.Rect.Max.Y-r.Max.Y < down && dark(g, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y)) {
			r.Max.Y--
		}
		for r.Min.X < across && dark(g, image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y)) {
			r.Min.X++
		}
		for g.Rect.Max.X-r.Max.X < across && dark(g, image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y)) {
			r.Max.X--
		}
	}
	if r.Min.Y == down || r.Min.X == across || g.Rect.Max.Y-r.Max.Y == down || g.Rect.Max.X-r.Max.X == across {
		return g.Rect // that is no edge
	}
	return r
}

// dark reports whether a part of a picture is solidly dark.
func dark(g *image.Gray, r image.Rectangle) bool {
	light, allowed := 0, int((1-solid)*float64(r.Dx()*r.Dy()))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range g.Pix[y*g.Stride+r.Min.X : y*g.Stride+r.Max.X] {
			if v >= darkBelow {
				light++
			}
		}
		if light > allowed {
			return false
		}
	}
	return !r.Empty()
}
