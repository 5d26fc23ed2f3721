package mrz

import (
	"encoding/binary"
	"image"
	"math"
)

// Thresholding looks at a window of 2*around+1 pixels: two characters of a
// level.
const around = 13

// contrast is by how much, of 255, ink is darker than its surroundings at least.
const contrast = 14

// inkOf returns a map, 1 for ink, of the pixels that are darker than their
// surroundings by a margin that grows with the local contrast.
func inkOf(src *image.Gray) []uint8 {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	ink := make([]uint8, w*h)
	columns := make([]uint32, w) // sums of darkness over the rows of the window
	spans := make([][2]int, h)
	add := func(y int, sign uint32) {
		from, to := spans[y][0], spans[y][1]
		row := src.Pix[y*src.Stride : y*src.Stride+w][:to]
		for x := from; x < to; {
			end := min(x+8, to)
			if end-x == 8 && binary.LittleEndian.Uint64(row[x:]) == math.MaxUint64 {
				x = end // paper
				continue
			}
			for ; x < end; x++ {
				columns[x] += sign * uint32(white-row[x])
			}
		}
	}
	for y := range h + around {
		if y < h {
			spans[y][0], spans[y][1] = inked(src.Pix[y*src.Stride : y*src.Stride+w])
			add(y, 1)
		}
		at := y - around
		if at < 0 {
			continue
		}
		if at > around {
			add(at-around-1, ^uint32(0))
		}
		rows := min(y, h-1) - max(at-around, 0) + 1
		inkRow(ink[at*w:(at+1)*w], src.Pix[at*src.Stride:], columns, rows, spans[at])
	}
	return ink
}

// inkRow thresholds one row by the mean of the window around each pixel. Outside
// of its span it is white, which is never ink.
func inkRow(ink, row []uint8, columns []uint32, rows int, span [2]int) {
	w, from, to := len(ink), span[0], span[1]
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
			n := uint32(rows * (min(x+around, w-1) - left + 1)) //nolint:gosec // pixels around one
			mean := int((n*white - sum) / n)
			if int(row[x])+max(contrast, mean/9) < mean {
				ink[x] = 1
			}
		}
		if x >= around {
			sum -= columns[left]
		}
	}
}
