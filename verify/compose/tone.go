package compose

import "image"

// What lies between ink and paper is grey. The soft edges of letters are, too,
// but they are thin: each has ink or paper beside it.
const (
	inkBelow   = 80
	paperAbove = 200
	// maxGrey is the share of pixels that may lie inside of something grey: a
	// face of passport size is twenty times as much.
	maxGrey = 0.001
)

// TwoTone reports whether a page has nothing but ink and paper, so that two
// colours say all that it says.
func TwoTone(img *image.Gray) bool { return planeOf(img).twoTone() }

func (p plane) twoTone() bool {
	grey := func(v byte) bool { return v >= inkBelow && v <= paperAbove }
	inside, allowed := 0, int(maxGrey*float64(p.w*p.h))
	for y := 2; y < p.h-2; y++ {
		row := p.pix[y*p.w:]
		for x := 2; x < p.w-2; x++ {
			if !grey(row[x]) {
				continue
			}
			at := y*p.w + x
			if grey(row[x-2]) && grey(row[x+2]) && grey(p.pix[at-2*p.w]) && grey(p.pix[at+2*p.w]) {
				inside++
			}
		}
		if inside > allowed {
			return false
		}
	}
	return true
}
