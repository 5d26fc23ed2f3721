package symbol

import (
	"encoding/binary"
	"image"
	"math"
)

// white is paper.
const white = 0xFF

// framed returns the part r of img, which must hold r, in a picture of its own
// that begins at 0,0, with a margin of white around it: codes need a quiet zone.
func framed(img *image.Gray, r image.Rectangle, margin int) *image.Gray {
	dst := blank(r.Dx()+2*margin, r.Dy()+2*margin)
	for y := range r.Dy() {
		copy(dst.Pix[(y+margin)*dst.Stride+margin:], img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):][:r.Dx()])
	}
	return dst
}

// blank returns a white picture.
func blank(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = white
	}
	return img
}

// reduced averages squares of n by n pixels of the part r of img, which must
// hold r, into one each. What is left over at the right and the bottom is cut.
func reduced(img *image.Gray, r image.Rectangle, n int) *image.Gray {
	w, h := r.Dx()/n, r.Dy()/n
	dst := image.NewGray(image.Rect(0, 0, w, h))
	sums := make([]uint32, w)
	scale := reciprocal(n * n)
	for y := range h {
		clear(sums)
		for i := range n {
			addGroups(sums, img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y*n+i):][:w*n], n)
		}
		row := dst.Pix[y*dst.Stride:][:w]
		for x, sum := range sums {
			row[x] = byte(sum * scale >> 16) //nolint:gosec // a mean of bytes
		}
	}
	return dst
}

// addGroups adds each n neighbours of row to one sum.
func addGroups(sums []uint32, row []byte, n int) {
	if n == 2 { // pages of 200 dpi, the most common
		addPairs(sums, row)
		return
	}
	for x := range sums {
		for _, v := range row[x*n:][:n] {
			sums[x] += uint32(v)
		}
	}
}

// addPairs is addGroups of two, four at once in 16 bits each.
func addPairs(sums []uint32, row []byte) {
	const even = 0x00FF_00FF_00FF_00FF
	for len(sums) >= 4 {
		v := binary.LittleEndian.Uint64(row)
		pairs := v&even + v>>8&even
		sums[0] += uint32(pairs & 0xFFFF)
		sums[1] += uint32(pairs >> 16 & 0xFFFF)
		sums[2] += uint32(pairs >> 32 & 0xFFFF)
		sums[3] += uint32(pairs >> 48)
		sums, row = sums[4:], row[8:]
	}
	for x := range sums {
		sums[x] += uint32(row[2*x]) + uint32(row[2*x+1])
	}
}

// isPaper reports whether a part of img, eight pixels wide at least, is white.
func isPaper(img *image.Gray, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := img.Pix[y*img.Stride:][r.Min.X:r.Max.X]
		if binary.LittleEndian.Uint64(row[len(row)-8:]) != math.MaxUint64 {
			return false
		}
		for ; len(row) > 8; row = row[8:] {
			if binary.LittleEndian.Uint64(row) != math.MaxUint64 {
				return false
			}
		}
	}
	return true
}

// doubled is twice as large, the new pixels lying on straight lines between the
// old ones.
func doubled(img *image.Gray) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	rows := [2][]uint16{make([]uint16, 2*w), make([]uint16, 2*w)}
	widen := func(to []uint16, y int) {
		from := img.Pix[min(max(y, 0), h-1)*img.Stride:][:w]
		for x, v := range from {
			to[2*x] = 3*uint16(v) + uint16(from[max(x-1, 0)])
			to[2*x+1] = 3*uint16(v) + uint16(from[min(x+1, w-1)])
		}
	}
	// Row 2y+1 and row 2y+2 both lie between the rows y and y+1.
	widen(rows[0], -1)
	for y := -1; y < h; y++ {
		near, far := rows[(y+1)%2], rows[y&1]
		widen(far, y+1)
		for i, weights := range [2][2]uint16{{3, 1}, {1, 3}} {
			if at := 2*y + 1 + i; at >= 0 && at < 2*h {
				row := dst.Pix[at*dst.Stride:][:2*w]
				for x := range row {
					row[x] = byte((weights[0]*near[x] + weights[1]*far[x] + 8) / 16) //nolint:gosec // weights add up to 16
				}
			}
		}
	}
	return dst
}

// twoFold is the enlargement with light blur that helps ZBar alone most.
func twoFold(img *image.Gray) *image.Gray { return blurred(doubled(img), 1, 1) }

// blurred averages each pixel with its neighbours: boxes of 2rx+1 by 2ry+1
// pixels. Two of them in a row come close to a Gaussian.
func blurred(img *image.Gray, rx, ry int) *image.Gray {
	if img.Rect.Empty() {
		return img
	}
	if rx > 0 {
		img = blurredRows(img, rx)
	}
	if ry > 0 {
		img = blurredColumns(img, ry)
	}
	return img
}

func blurredRows(img *image.Gray, r int) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	scale := reciprocal(2*r + 1)
	line := make([]byte, w+2*r+1)
	for y := range h {
		row := img.Pix[y*img.Stride:][:w]
		for i := range r {
			line[i], line[w+r+i] = row[0], row[w-1]
		}
		copy(line[r:], row)
		var sum uint32
		for _, v := range line[:2*r+1] {
			sum += uint32(v)
		}
		out := dst.Pix[y*dst.Stride:][:w]
		leaving, entering := line[:w], line[2*r+1:][:w]
		for x := range out {
			out[x] = byte(sum * scale >> 16) //nolint:gosec // a mean of bytes
			sum += uint32(entering[x]) - uint32(leaving[x])
		}
	}
	return dst
}

func blurredColumns(img *image.Gray, r int) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	scale := reciprocal(2*r + 1)
	row := func(y int) []byte { return img.Pix[min(max(y, 0), h-1)*img.Stride:][:w] }
	sums := make([]uint32, w)
	for y := -r; y <= r; y++ {
		for x, v := range row(y) {
			sums[x] += uint32(v)
		}
	}
	for y := range h {
		out := dst.Pix[y*dst.Stride:][:w]
		leaving, entering := row(y-r), row(y+r+1)
		for x := range out {
			out[x] = byte(sums[x] * scale >> 16) //nolint:gosec // a mean of bytes
			sums[x] += uint32(entering[x]) - uint32(leaving[x])
		}
	}
	return dst
}

// reciprocal returns the factor that divides by n after a shift of 16 bits,
// rounded so that a sum of n times 255 stays 255.
func reciprocal(n int) uint32 { return uint32((1<<16 + n - 1) / n) } //nolint:gosec // at most 1<<16

// otsu finds the threshold that parts dark from light with the least variance
// in each (N. Otsu, 1979).
func otsu(img *image.Gray) byte {
	var counts [256]int
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		for _, v := range img.Pix[y*img.Stride:][:w] {
			counts[v]++
		}
	}
	var total, weight float64
	for v, n := range counts {
		total += float64(n)
		weight += float64(v) * float64(n)
	}
	best, bestAt := -1.0, 127
	var below, belowWeight float64
	for v, n := range counts[:255] {
		below += float64(n)
		belowWeight += float64(v) * float64(n)
		if below == 0 || below == total {
			continue
		}
		d := belowWeight/below - (weight-belowWeight)/(total-below)
		if between := below * (total - below) * d * d; between > best {
			best, bestAt = between, v
		}
	}
	return byte(bestAt)
}

// thresholded makes what is at most t black and the rest white, in place.
func thresholded(img *image.Gray, t byte) *image.Gray {
	for i, v := range img.Pix {
		img.Pix[i] = white
		if v <= t {
			img.Pix[i] = 0
		}
	}
	return img
}

// negated turns black into white and back, in place.
func negated(img *image.Gray) *image.Gray {
	for i := range img.Pix {
		img.Pix[i] ^= white
	}
	return img
}

// mostlyDark tells whether more than half of the pixels are darker than grey.
func mostlyDark(img *image.Gray) bool {
	dark := 0
	for _, v := range img.Pix {
		if v <= white/2 {
			dark++
		}
	}
	return dark > len(img.Pix)/2
}

// rotated turns img clockwise about its middle into a picture large enough to
// hold all of it, white around. back maps a point of it to one of img.
func rotated(img *image.Gray, degrees float64) (turned *image.Gray, back func(image.Point) image.Point) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	dw := int(math.Ceil(math.Abs(w*cos) + math.Abs(h*sin)))
	dh := int(math.Ceil(math.Abs(w*sin) + math.Abs(h*cos)))
	dst := blank(dw, dh)
	from := func(x, y float64) (sx, sy float64) {
		dx, dy := x-float64(dw-1)/2, y-float64(dh-1)/2
		return dx*cos + dy*sin + (w-1)/2, dy*cos - dx*sin + (h-1)/2
	}
	const one = 1 << 16
	stepX, stepY := int(math.Round(cos*one)), int(math.Round(-sin*one))
	for y := range dh {
		fx, fy := from(0, float64(y))
		sx, sy := int(fx*one), int(fy*one)
		row := dst.Pix[y*dst.Stride:][:dw]
		for x := range row {
			row[x] = sample(img, sx, sy)
			sx, sy = sx+stepX, sy+stepY
		}
	}
	return dst, func(p image.Point) image.Point {
		x, y := from(float64(p.X), float64(p.Y))
		return image.Pt(int(math.Round(x)), int(math.Round(y)))
	}
}

// sample reads between pixels; sx and sy have 16 bits of fraction. Outside is
// white.
func sample(img *image.Gray, sx, sy int) byte {
	if !within(img, sx, sy) {
		return white
	}
	return sampleWithin(img, sx, sy)
}

// within reports whether a point has four pixels around it.
func within(img *image.Gray, sx, sy int) bool {
	x, y := sx>>16, sy>>16
	return x >= 0 && y >= 0 && x+1 < img.Rect.Dx() && y+1 < img.Rect.Dy()
}

// sampleWithin is sample for such a point.
func sampleWithin(img *image.Gray, sx, sy int) byte {
	fx, fy := sx&0xFFFF>>8, sy&0xFFFF>>8
	at := sy>>16*img.Stride + sx>>16
	top, low := img.Pix[at:at+2:at+2], img.Pix[at+img.Stride:at+img.Stride+2:at+img.Stride+2]
	up := int(top[0])*(256-fx) + int(top[1])*fx
	down := int(low[0])*(256-fx) + int(low[1])*fx
	return byte((up*(256-fy) + down*fy) >> 16) //nolint:gosec // weights add up to 1<<16
}
