package symbol

import (
	"image"
	"slices"

	"github.com/tetratelabs/wazero/api"
)

// Where ZBar keeps what, in bytes from the start of its structures (32 bit;
// zbar/symbol.h, and the classes TypePointer and following of the glue).
const (
	setHead       = 8
	symNumber     = 0
	symTextLength = 16
	symText       = 20
	symPointCount = 28
	symPoints     = 32
	symNext       = 44
	symQuality    = 60
	pointSize     = 8
)

// symbols walks the list that begins in set. Whatever the engine's memory
// holds, the walk ends and reads nothing outside it.
func (in *instance) symbols(set uint32, origin image.Point) []Symbol {
	if set == 0 {
		return nil
	}
	var found []Symbol
	at := in.Word(set + setHead)
	for range maxSymbols {
		if at == 0 {
			break
		}
		if s, ok := in.symbol(at, origin); ok && !contains(found, s) {
			found = append(found, s)
		}
		at = in.Word(at + symNext)
	}
	return found
}

func (in *instance) symbol(at uint32, origin image.Point) (Symbol, bool) {
	kind, ok := kindOf(in.Word(at + symNumber))
	if !ok {
		return Symbol{}, false
	}
	text, err := in.View(uint64(in.Word(at+symText)), int(min(in.Word(at+symTextLength), maxText)))
	s := Symbol{Kind: kind, Text: string(text), Quality: int(api.DecodeI32(uint64(in.Word(at + symQuality))))}
	if rules := symbologies[kind]; err != nil || len(text) < max(rules.shortest, 1) || s.Quality < rules.quality {
		return Symbol{}, false
	}
	points := in.Word(at + symPoints)
	for i := range min(in.Word(at+symPointCount), maxPoints) {
		s.Points = append(s.Points, image.Pt(
			int(int32(in.Word(points+i*pointSize))), int(int32(in.Word(points+i*pointSize+4)))).Add(origin)) //nolint:gosec // the engine counts with a sign
	}
	s.Rect = enclosing(s.Points)
	return s, true
}

func kindOf(number uint32) (Kind, bool) {
	for kind, s := range symbologies {
		if s.number == uint64(number) {
			return kind, true
		}
	}
	return "", false
}

func contains(list []Symbol, s Symbol) bool {
	return slices.ContainsFunc(list, func(o Symbol) bool { return o.Kind == s.Kind && o.Text == s.Text })
}

func enclosing(points []image.Point) image.Rectangle {
	if len(points) == 0 {
		return image.Rectangle{}
	}
	r := image.Rectangle{Min: points[0], Max: points[0].Add(image.Pt(1, 1))}
	for _, p := range points[1:] {
		r.Min.X, r.Min.Y = min(r.Min.X, p.X), min(r.Min.Y, p.Y)
		r.Max.X, r.Max.Y = max(r.Max.X, p.X+1), max(r.Max.Y, p.Y+1)
	}
	return r
}
