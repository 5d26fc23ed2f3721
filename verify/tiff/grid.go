package tiff

import (
	"math"
	"slices"
)

// minTile is the least side of a tile, in pixels. TIFF wants multiples of 16
// (TIFF 6.0, section 15); smaller ones are only good for costing time.
const minTile = 8

// grid is how a page is cut into blocks: strips or tiles. The blocks of one
// plane follow each other row by row, plane after plane.
type grid struct {
	data            []byte // the file
	dir             directory
	offsets, counts uint16 // the tags
	tiled           bool
	width, height   int // of the page
	bw, bh          int // of a block as stored; the last strip may be lower
	across, down    int // blocks of a plane
	// starts are the places where blocks begin, in order, when the file does not
	// say how long they are.
	starts []uint64
}

// area is a block's place on the page, cut off at the page's edges, and the
// size it has in the file.
type area struct {
	col, row   int // of the grid
	x, y, w, h int // on the page
	bw, bh     int // as stored
}

func readGrid(data []byte, d directory, w, h, planes int) grid {
	g := grid{
		data: data, dir: d, offsets: tagStripOffsets, counts: tagStripByteCounts,
		width: w, height: h, bw: w, bh: h, across: 1, down: 1,
	}
	if d.has(tagTileWidth) && d.has(tagTileOffsets) {
		g.tiled, g.offsets, g.counts = true, tagTileOffsets, tagTileByteCounts
		g.bw, g.bh = d.small(tagTileWidth, 0, 0), d.small(tagTileLength, 0, 0)
		g.across, g.down = ceil(w, max(g.bw, 1)), ceil(h, max(g.bh, 1))
	} else {
		g.bh = rowsPerStrip(d, h, planes)
		g.down = max(1, ceil(h, max(g.bh, 1)))
	}
	g.measure()
	return g
}

// rowsPerStrip is the tag's value, corrected where it contradicts the number of
// strips: fax servers in particular leave it out or keep that of another page.
func rowsPerStrip(d directory, h, planes int) int {
	strips := d.count(tagStripOffsets) / planes
	rows := min(d.value(tagRowsPerStrip, 0, math.MaxUint32), maxSide)
	switch {
	case strips <= 1:
		return h
	case rows == 0 || !d.has(tagRowsPerStrip):
		return ceil(h, strips)
	}
	return min(int(rows), h)
}

// measure prepares for a file that does not say how long its blocks are.
func (g *grid) measure() {
	for i := range g.dir.count(g.counts) {
		if g.dir.value(g.counts, i, 0) > 0 {
			return
		}
	}
	for i := range g.dir.count(g.offsets) {
		g.starts = append(g.starts, g.dir.value(g.offsets, i, 0))
	}
	slices.Sort(g.starts)
}

// anyInside reports whether any block begins inside the file; whether it also
// ends there is found out by decoding, because counts are often too large.
func (g *grid) anyInside() bool {
	for i := range g.dir.count(g.offsets) {
		if at := g.dir.value(g.offsets, i, 0); at > 0 && at < uint64(len(g.data)) {
			return true
		}
	}
	return false
}

// area returns where a block lies.
func (g *grid) area(col, row int) area {
	a := area{col: col, row: row, x: col * g.bw, y: row * g.bh, bw: g.bw, bh: g.bh}
	a.w, a.h = min(g.bw, g.width-a.x), min(g.bh, g.height-a.y)
	if !g.tiled {
		a.bh = a.h
	}
	return a
}

// bytes returns the data of a block, as much of them as is there; nil if none.
func (g *grid) bytes(a area, plane int) []byte {
	i := (plane*g.down+a.row)*g.across + a.col
	size := uint64(len(g.data))
	at := g.dir.value(g.offsets, i, 0)
	if at == 0 || at >= size {
		return nil
	}
	rest := size - at
	if g.starts == nil {
		return g.data[at : at+min(rest, g.dir.value(g.counts, i, 0))]
	}
	if next, _ := slices.BinarySearch(g.starts, at+1); next < len(g.starts) {
		rest = min(rest, g.starts[next]-at)
	}
	return g.data[at : at+rest]
}

// ceil is a/b rounded up; b must be positive.
func ceil(a, b int) int { return (a + b - 1) / b }
