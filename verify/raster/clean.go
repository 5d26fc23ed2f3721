package raster

import "image"

// Clean returns a copy of a picture of two colours without the specks that
// scanners and lines leave: a dark pixel with at most one dark neighbour of
// eight becomes white, a light one with at least seven dark ones black. Lines
// of one pixel and the bars of codes stay. It is meant for readers of codes and
// letters, not for eyes: a person judges what was sent. Pixels below 128 count
// as dark; the picture must not lie about its size.
func Clean(src *image.Gray) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	var counts [3][]byte // dark pixels among three neighbours of a row; rows y-1, y, y+1
	for i := range counts {
		counts[i] = make([]byte, w)
	}
	if h > 0 {
		countDark(src, 0, counts[1])
	}
	for y := range h {
		above, here, below := counts[y%3], counts[(y+1)%3], counts[(y+2)%3]
		if y+1 < h {
			countDark(src, y+1, below)
		} else {
			clear(below)
		}
		from, to := src.Pix[y*src.Stride:][:w], dst.Pix[y*dst.Stride:][:w]
		for x, v := range from {
			around := above[x] + here[x] + below[x] // with the pixel itself
			switch {
			case v < 128 && around <= 2:
				v = 0xff
			case v >= 128 && around >= 7:
				v = 0
			}
			to[x] = v
		}
	}
	return dst
}

// countDark counts for each pixel of a row how many of it and its neighbours
// beside it are dark.
func countDark(src *image.Gray, y int, counts []byte) {
	row := src.Pix[y*src.Stride:][:len(counts)]
	is := func(x int) byte { return 1 - row[x]>>7 }
	for x := range counts {
		n := is(x)
		if x > 0 {
			n += is(x - 1)
		}
		if x+1 < len(row) {
			n += is(x + 1)
		}
		counts[x] = n
	}
}
