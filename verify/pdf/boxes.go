package pdf

import (
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// pageInfo reads size and rotation of a page, inherited from its parents where
// it names none (ISO 32000-1, 7.7.3.4).
func (g *graph) pageInfo(page types.Dict) PageInfo {
	info := PageInfo{Rotate: g.rotation(g.inherited(page, "Rotate"))}
	info.Media, _ = g.box(g.inherited(page, "MediaBox"))
	crop, ok := g.box(g.inherited(page, "CropBox"))
	if !ok {
		crop = info.Media
	}
	info.Crop = crop
	return info
}

func (g *graph) inherited(page types.Dict, key string) types.Object {
	for range maxNesting {
		if v := g.resolve(page[key]); v != nil {
			return v
		}
		parent, ok := g.dict(page["Parent"])
		if !ok {
			return nil
		}
		page = parent
	}
	return nil
}

func (g *graph) rotation(obj types.Object) int {
	turn, _ := obj.(types.Integer)
	return (int(turn)%360 + 360) % 360 / 90 * 90
}

func (g *graph) box(obj types.Object) (Box, bool) {
	a, ok := obj.(types.Array)
	if !ok || len(a) != 4 {
		return Box{}, false
	}
	var v [4]float64
	for i, item := range a {
		switch n := g.resolve(item).(type) {
		case types.Integer:
			v[i] = float64(n)
		case types.Float:
			v[i] = float64(n)
		default:
			return Box{}, false
		}
	}
	return Box{
		X0: math.Min(v[0], v[2]), Y0: math.Min(v[1], v[3]),
		X1: math.Max(v[0], v[2]), Y1: math.Max(v[1], v[3]),
	}, true
}
