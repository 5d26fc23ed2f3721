package mrz

import "image"

// Thresholding looks at a window of 2*around+1 pixels: two characters of a
// level.
const around = 13

// contrast is by how much, of 255, ink is darker than its surroundings at least.
const contrast = 14

// inkOf returns a map of the pixels that are darker than their surroundings by
// a margin that grows with the local contrast.
func inkOf(src *image.Gray) []bool {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	ink := make([]bool, w*h)
	columns := make([]uint32, w) // sums over the rows of the window
	add := func(y int, sign uint32) {
		row := src.Pix[y*src.Stride : y*src.Stride+w]
		for x, v := range row {
			columns[x] += sign * uint32(v)
		}
	}
	for y := range min(around, h) {
		add(y, 1)
	}
	for y := range h {
		if y+around < h {
			add(y+around, 1)
		}
		if y > around {
			add(y-around-1, ^uint32(0))
		}
		rows := min(y+around, h-1) - max(y-around, 0) + 1
		row := src.Pix[y*src.Stride : y*src.Stride+w]
		from, to := inked(row)
		inkRow(ink[y*w:(y+1)*w], row, columns, rows, from, to)
	}
	return ink
}

// inkRow thresholds one row by the mean of the window around each pixel. Outside
// of from and to it is white, which is never ink.
func inkRow(ink []bool, row []uint8, columns []uint32, rows, from, to int) {
	w := len(ink)
	sum := uint32(0)
	for x := max(from-around, 0); x < min(from+around, w) && from < to; x++ {
		sum += columns[x]
	}
	for x := from; x < to; x++ {
		if x+around < w {
			sum += columns[x+around]
		}
		left := max(x-around, 0)
		if row[x] < white-contrast { // else nothing is so much lighter
			mean := int(sum / uint32(rows*(min(x+around, w-1)-left+1)))
			ink[x] = int(row[x])+max(contrast, mean/9) < mean
		}
		if x >= around {
			sum -= columns[left]
		}
	}
}
