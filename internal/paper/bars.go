package paper

import (
	"errors"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/code128"
)

// dot is what a printer of 600 dots an inch prints, in millimetres: modules are
// whole dots wide, or the bars come out uneven.
const dot = 25.4 / 600

const (
	fewestDots = 5  // 0.21 mm, which every hand scanner reads
	mostDots   = 9  // 0.38 mm; wider is no better
	quietBars  = 10 // modules left white on either side (ISO/IEC 15417)
	longestID  = 26 // of internal/ident; longer ones do not fit into the window
)

// checkID refuses ids that are not plain, or too long for the bar code.
func checkID(id string) error {
	plain := func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	if id == "" || len(id) > longestID || strings.IndexFunc(id, func(r rune) bool { return !plain(r) }) >= 0 {
		return errors.New("id is not of 1 to 26 letters and digits")
	}
	return nil
}

// drawBars draws text as a Code 128 in the middle of the box, quiet zones
// inside, as wide as fits.
func (c *canvas) drawBars(b Box, text string) error {
	code, err := code128.Encode(text)
	if err != nil {
		return errors.New("encode bar code") // the cause would quote the text
	}
	n := code.Bounds().Dx()
	dots := min(mostDots, int(b.W/dot/float64(n+2*quietBars)))
	if dots < fewestDots {
		return errors.New("bar code too long for its place")
	}
	module := float64(dots) * dot
	left := b.X + (b.W-float64(n)*module)/2
	c.pdf.SetFillColor(0, 0, 0)
	for x := 0; x < n; x++ {
		run := 0
		for x+run < n && isDark(code.At(x+run, 0)) {
			run++
		}
		if run > 0 {
			c.pdf.Rect(left+float64(x)*module, b.Y, float64(run)*module, b.H, "F")
			x += run
		}
	}
	return nil
}

func isDark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r == 0
}
