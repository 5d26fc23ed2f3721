package raster

import (
	"encoding/binary"
	"image"
	"math"
)

// warp is a way from the pixels of one picture to those of another: a point u, v
// of the new one, measured from its upper left corner, lies at
// (xu·u + xv·v + x, yu·u + yv·v + y) of the old one. w and h are the new size.
type warp struct {
	xu, xv, x float64
	yu, yv, y float64
	w, h      int
}

// toSize begins a warp: the picture at another size.
func toSize(w, h, newW, newH int) warp {
	return warp{xu: float64(w) / float64(newW), yv: float64(h) / float64(newH), w: newW, h: newH}
}

// then puts another step behind: of the picture so far, one of w × h pixels.
func (m warp) then(n warp) warp {
	return warp{
		xu: m.xu*n.xu + m.xv*n.yu, xv: m.xu*n.xv + m.xv*n.yv, x: m.xu*n.x + m.xv*n.y + m.x,
		yu: m.yu*n.xu + m.yv*n.yu, yv: m.yu*n.xv + m.yv*n.yv, y: m.yu*n.x + m.yv*n.y + m.y,
		w: n.w, h: n.h,
	}
}

// oriented turns the picture as an orientation of TIFF 6.0 (page 36) says.
func (m warp) oriented(orientation int) warp {
	w, h := float64(m.w), float64(m.h)
	switch orientation {
	case 2:
		return m.then(warp{xu: -1, x: w, yv: 1, w: m.w, h: m.h})
	case 3:
		return m.then(warp{xu: -1, x: w, yv: -1, y: h, w: m.w, h: m.h})
	case 4:
		return m.then(warp{xu: 1, yv: -1, y: h, w: m.w, h: m.h})
	case 5:
		return m.then(warp{xv: 1, yu: 1, w: m.h, h: m.w})
	case 6:
		return m.then(warp{xv: 1, yu: -1, y: h, w: m.h, h: m.w})
	case 7:
		return m.then(warp{xv: -1, x: w, yu: -1, y: h, w: m.h, h: m.w})
	case 8:
		return m.then(warp{xv: -1, x: w, yu: 1, w: m.h, h: m.w})
	}
	return m
}

// quarters turns it by 0, 90, 180 or 270 degrees clockwise.
func (m warp) quarters(degrees int) warp {
	return m.oriented(map[int]int{90: 6, 180: 3, 270: 8}[degrees])
}

// cropped keeps a part.
func (m warp) cropped(r image.Rectangle) warp {
	return m.then(warp{xu: 1, x: float64(r.Min.X), yv: 1, y: float64(r.Min.Y), w: r.Dx(), h: r.Dy()})
}

// level turns it counter-clockwise by a small angle in degrees about its middle,
// and makes it larger, so that no corner is lost, but no side longer than most.
func (m warp) level(degrees float64, most int) warp {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w, h := float64(m.w), float64(m.h)
	n := warp{xu: cos, xv: -sin, yu: sin, yv: cos}
	n.w = min(most, max(1, int(math.Ceil(w*math.Abs(cos)+h*math.Abs(sin)-0.1))))
	n.h = min(most, max(1, int(math.Ceil(w*math.Abs(sin)+h*math.Abs(cos)-0.1))))
	cx, cy := float64(n.w)/2, float64(n.h)/2
	n.x, n.y = w/2-(cx*n.xu+cy*n.xv), h/2-(cx*n.yu+cy*n.yv)
	return m.then(n)
}

// still reports whether every pixel stays what and where it is.
func (m warp) still() bool { return m == warp{xu: 1, yv: 1, w: m.w, h: m.h} }

// The warp of pixels is done in numbers with so many bits of fraction.
const fraction = 16

// gray draws the new picture. What lies outside of the old one is white.
func (m warp) gray(src *image.Gray) *image.Gray {
	if m.still() && m.w == src.Rect.Dx() && m.h == src.Rect.Dy() {
		return src
	}
	dst := image.NewGray(image.Rect(0, 0, m.w, m.h))
	fixed := func(v float64) int { return int(math.Round(v * (1 << fraction))) }
	stepX, stepY := fixed(m.xu), fixed(m.yu)
	ink := inkedRows(src)
	for v := range m.h {
		// The middle of a pixel is half a pixel from its corner.
		x := fixed(m.xu/2 + m.xv*(float64(v)+0.5) + m.x - 0.5)
		y := fixed(m.yu/2 + m.yv*(float64(v)+0.5) + m.y - 0.5)
		row := dst.Pix[v*dst.Stride:][:m.w]
		from, to := inner(x, stepX, src.Rect.Dx(), m.w)
		top, bottom := inner(y, stepY, src.Rect.Dy(), m.w)
		from, to = max(from, top), min(to, bottom)
		if from >= to {
			from, to = m.w, m.w
		}
		rim(row[:from], src, x, y, stepX, stepY)
		a, b := ink.between(x, y, stepX, stepY, from, to)
		whiten(row[from:a])
		inside(row[a:b], src, x+a*stepX, y+a*stepY, stepX, stepY)
		whiten(row[b:to])
		rim(row[to:], src, x+to*stepX, y+to*stepY, stepX, stepY)
	}
	return dst
}

// inkedSpans are from where to where each row of a picture is not white.
type inkedSpans [][2]int

func inkedRows(src *image.Gray) inkedSpans {
	spans := make(inkedSpans, src.Rect.Dy())
	for y := range spans {
		spans[y][0], spans[y][1] = inked(src.Pix[y*src.Stride:][:src.Rect.Dx()])
	}
	return spans
}

// between returns the part of the steps from to to-1 outside of which a line
// through the picture meets nothing but paper.
func (spans inkedSpans) between(x, y, stepX, stepY, from, to int) (a, b int) {
	if from >= to || stepX <= 0 {
		return from, to
	}
	y0, y1 := (y+from*stepY)>>fraction, (y+(to-1)*stepY)>>fraction
	if y0 > y1 {
		y0, y1 = y1, y0
	}
	first, last := 1<<30, 0
	for _, s := range spans[max(y0, 0):min(y1+2, len(spans))] {
		first, last = min(first, s[0]), max(last, s[1])
	}
	if first >= last {
		return to, to
	}
	a = ((first-2)<<fraction-x)/stepX - 1
	b = ((last+1)<<fraction-x)/stepX + 2
	a = min(max(a, from), to)
	return a, max(min(b, to), a)
}

// inner returns the steps, of 0 to n-1, at which the coordinate has a pixel on
// both sides.
func inner(at, step, size, n int) (from, to int) {
	last := (size-1)<<fraction - 1 // the largest coordinate with a pixel behind it
	switch {
	case last < 0:
		return n, n
	case step == 0 && (at < 0 || at > last):
		return n, n
	case step == 0:
		return 0, n
	case step < 0: // from the other end
		first := at + (n-1)*step
		a, b := inner(first, -step, size, n)
		return n - b, n - a
	}
	from, to = 0, n
	if at < 0 {
		from = min(n, (-at+step-1)/step)
	}
	if at+(n-1)*step > last {
		to = max(0, (last-at)/step+1)
		if at > last {
			to = 0
		}
	}
	return from, to
}

// inside draws pixels that lie between four others. Most of a page is paper: of
// eight pixels in a row that is little slanted, four looks tell.
func inside(row []byte, src *image.Gray, x, y, stepX, stepY int) {
	const many = 8
	for len(row) >= many {
		if onPaper(src, x, y, x+(many-1)*stepX, y+(many-1)*stepY) {
			binary.LittleEndian.PutUint64(row, math.MaxUint64)
		} else {
			blend(row[:many], src, x, y, stepX, stepY)
		}
		row, x, y = row[many:], x+many*stepX, y+many*stepY
	}
	blend(row, src, x, y, stepX, stepY)
}

// onPaper reports that all pixels around the points from x, y to toX, toY are
// white. It looks at sixteen columns of two rows; where these are not enough it
// does not know.
func onPaper(src *image.Gray, x, y, toX, toY int) bool {
	const words, width = 8, 16
	left, right, row := x>>fraction, toX>>fraction+1, y>>fraction
	at := row*src.Stride + left
	if row != toY>>fraction || left > right || right >= left+width || at+src.Stride+width > len(src.Pix) {
		return false
	}
	up, down := src.Pix[at:][:width], src.Pix[at+src.Stride:][:width]
	return binary.LittleEndian.Uint64(up)&binary.LittleEndian.Uint64(up[words:])&
		binary.LittleEndian.Uint64(down)&binary.LittleEndian.Uint64(down[words:]) == math.MaxUint64
}

// blend draws pixels one by one.
func blend(row []byte, src *image.Gray, x, y, stepX, stepY int) {
	const blank = 0xffff
	for i := range row {
		at := (y>>fraction)*src.Stride + x>>fraction
		up, down := src.Pix[at:at+2:at+2], src.Pix[at+src.Stride:at+src.Stride+2:at+src.Stride+2]
		if binary.LittleEndian.Uint16(up)&binary.LittleEndian.Uint16(down) == blank {
			row[i] = 0xff // paper, most of the page
		} else {
			fx, fy := x>>(fraction-8)&0xff, y>>(fraction-8)&0xff
			a := int(up[0])<<8 + (int(up[1])-int(up[0]))*fx
			b := int(down[0])<<8 + (int(down[1])-int(down[0]))*fx
			row[i] = byte((a<<8 + (b-a)*fy + 1<<15) >> 16) //nolint:gosec // between four bytes
		}
		x, y = x+stepX, y+stepY
	}
}

// rim draws pixels at the edge: half a pixel beyond it is still that of the
// edge, what lies farther out is white.
func rim(row []byte, src *image.Gray, x, y, stepX, stepY int) {
	const half = 1 << (fraction - 1)
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for i := range row {
		row[i] = 0xff
		if x >= -half && y >= -half && x < w<<fraction-half && y < h<<fraction-half {
			x0, y0 := max(x, 0)>>fraction, max(y, 0)>>fraction
			x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
			fx, fy := max(x, 0)>>(fraction-8)&0xff, max(y, 0)>>(fraction-8)&0xff
			up, down := src.Pix[y0*src.Stride:], src.Pix[y1*src.Stride:]
			a := int(up[x0])<<8 + (int(up[x1])-int(up[x0]))*fx
			b := int(down[x0])<<8 + (int(down[x1])-int(down[x0]))*fx
			row[i] = byte((a<<8 + (b-a)*fy + 1<<15) >> 16) //nolint:gosec // between four bytes
		}
		x, y = x+stepX, y+stepY
	}
}
