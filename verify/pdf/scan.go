package pdf

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/tetratelabs/wazero/api"
)

// Kinds of page objects, by PDFium's numbers.
const (
	kindText  = 1
	kindImage = 3
	kindForm  = 5
)

// maxScanObjects bounds the search for the picture of a scanned page.
const maxScanObjects = 2000

// Scan describes the one picture that fills a scanned page.
type Scan struct {
	// Width and Height are the picture's own pixels.
	Width, Height int
	// DPIX and DPIY are its own resolution as placed on the page. Rendering at
	// the larger of the two keeps every dot that was scanned.
	DPIX, DPIY float64
}

// DPI is the resolution at which to render the page so that no dot is lost.
func (s Scan) DPI() float64 { return max(s.DPIX, s.DPIY) }

// PageScan tells whether page n (1-based) is a scan: one picture over at least
// nine tenths of the page, with nothing but text (as a text recogniser leaves
// it) beside it. ok is false for every other page.
func (d *Document) PageScan(ctx context.Context, n int) (scan Scan, ok bool, err error) {
	wPt, hPt, err := d.PageSize(ctx, n)
	if err != nil {
		return Scan{}, false, err
	}
	picture, parent, err := d.onlyPicture(ctx)
	if err != nil || picture == 0 {
		return Scan{}, false, err
	}
	outer := picture
	if parent != 0 {
		outer = parent
	}
	covers, err := d.covers(ctx, outer, wPt*hPt)
	if err != nil || !covers {
		return Scan{}, false, err
	}
	return d.measure(ctx, picture, parent)
}

// onlyPicture finds the single image of the open page, which may be wrapped in
// one form object; parent is that wrapper or 0. Any other drawing: none.
func (d *Document) onlyPicture(ctx context.Context) (picture, parent uint64, err error) {
	objects, kinds, err := d.objects(ctx, "FPDFPage_CountObjects", "FPDFPage_GetObject", d.page)
	if err != nil {
		return 0, 0, err
	}
	at := onlyDrawing(kinds)
	if at < 0 {
		return 0, 0, nil
	}
	if kinds[at] == kindImage {
		return objects[at], 0, nil
	}
	parent = objects[at]
	objects, kinds, err = d.objects(ctx, "FPDFFormObj_CountObjects", "FPDFFormObj_GetObject", parent)
	if err != nil {
		return 0, 0, err
	}
	if at = onlyDrawing(kinds); at < 0 || kinds[at] != kindImage {
		return 0, 0, nil
	}
	return objects[at], parent, nil
}

// onlyDrawing is the index of the one image or form among texts, or -1.
func onlyDrawing(kinds []uint64) int {
	found := -1
	for i, kind := range kinds {
		switch {
		case kind == kindText:
		case (kind == kindImage || kind == kindForm) && found < 0:
			found = i
		default:
			return -1
		}
	}
	return found
}

func (d *Document) objects(ctx context.Context, count, get string, of uint64) (objects, kinds []uint64, err error) {
	found, err := d.call(ctx, count, of)
	if err != nil {
		return nil, nil, err
	}
	n := int(api.DecodeI32(found))
	if n > maxScanObjects {
		return nil, nil, nil
	}
	for i := range max(n, 0) {
		object, err := d.call(ctx, get, of, uint64(i))
		if err != nil {
			return nil, nil, err
		}
		kind, err := d.call(ctx, "FPDFPageObj_GetType", object)
		if err != nil {
			return nil, nil, err
		}
		objects, kinds = append(objects, object), append(kinds, kind)
	}
	return objects, kinds, nil
}

// covers tells whether object fills nine tenths of a page of area square points.
func (d *Document) covers(ctx context.Context, object uint64, area float64) (bool, error) {
	const share = 0.9
	box, err := d.floats(ctx, "FPDFPageObj_GetBounds", object, 4)
	if err != nil || box == nil {
		return false, err
	}
	return math.Abs(box[2]-box[0])*math.Abs(box[3]-box[1]) >= share*area, nil
}

// measure reads the picture's own size and, from its matrix and its parent's,
// how large it is on the page.
func (d *Document) measure(ctx context.Context, picture, parent uint64) (Scan, bool, error) {
	px, err := d.words(ctx, "FPDFImageObj_GetImagePixelSize", picture, 2)
	if err != nil || px == nil || px[0] == 0 || px[1] == 0 {
		return Scan{}, false, err
	}
	wPt, hPt, err := d.extent(ctx, picture)
	if err != nil || wPt == 0 || hPt == 0 {
		return Scan{}, false, err
	}
	if parent != 0 {
		w, h, err := d.extent(ctx, parent)
		if err != nil || w == 0 || h == 0 {
			return Scan{}, false, err
		}
		wPt, hPt = wPt*w, hPt*h
	}
	return Scan{
		Width: int(px[0]), Height: int(px[1]),
		DPIX: float64(px[0]) * pointsPerInch / wPt,
		DPIY: float64(px[1]) * pointsPerInch / hPt,
	}, true, nil
}

// extent is how long the unit vectors of object's space are outside of it.
func (d *Document) extent(ctx context.Context, object uint64) (w, h float64, err error) {
	at, err := d.alloc(ctx, 24)
	if err != nil {
		return 0, 0, err
	}
	ok, err := d.call(ctx, "FPDFPageObj_GetMatrix", object, at)
	if err != nil || ok == 0 {
		return 0, 0, err
	}
	raw, err := d.view(at, 24)
	if err != nil {
		return 0, 0, err
	}
	m := decodeFloats(raw)
	return math.Hypot(m[0], m[1]), math.Hypot(m[2], m[3]), d.free(ctx, at)
}

// words calls a function that answers through n pointers to 32-bit words. It
// returns nil when the function says no.
func (d *Document) words(ctx context.Context, name string, object uint64, n int) ([]uint32, error) {
	at, err := d.alloc(ctx, 4*n)
	if err != nil {
		return nil, err
	}
	args := []uint64{object}
	for i := range n {
		args = append(args, at+uint64(4*i))
	}
	ok, err := d.call(ctx, name, args...)
	if err != nil || ok == 0 {
		return nil, err
	}
	raw, err := d.view(at, 4*n)
	if err != nil {
		return nil, err
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	return out, d.free(ctx, at)
}

func (d *Document) floats(ctx context.Context, name string, object uint64, n int) ([]float64, error) {
	raw, err := d.words(ctx, name, object, n)
	if err != nil || raw == nil {
		return nil, err
	}
	out := make([]float64, n)
	for i, bits := range raw {
		out[i] = float64(math.Float32frombits(bits))
	}
	return out, nil
}

func decodeFloats(raw []byte) []float64 {
	out := make([]float64, len(raw)/4)
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return out
}
