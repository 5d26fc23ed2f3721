package paper

import (
	"fmt"

	"github.com/boombuler/barcode/qr"
)

// drawQR draws text as a QR code with error correction Q that fills the box,
// and returns the side of a module in millimetres. The quiet zone is the
// caller's: four modules left empty around the box.
func (c *canvas) drawQR(b Box, text string) (module float64, err error) {
	code, err := qr.Encode(text, qr.Q, qr.AlphaNumeric)
	if err != nil {
		return 0, fmt.Errorf("encode QR code: %w", err)
	}
	n := code.Bounds().Dx()
	module = b.W / float64(n)
	// Neighbours overlap a little, or viewers show white seams between them.
	const overlap = 0.02
	c.pdf.SetFillColor(0, 0, 0)
	for y := range n {
		for x := 0; x < n; {
			run := 0
			for x+run < n && isDark(code.At(x+run, y)) {
				run++
			}
			if run > 0 {
				c.pdf.Rect(b.X+float64(x)*module, b.Y+float64(y)*module,
					float64(run)*module+overlap, module+overlap, "F")
			}
			x += run + 1
		}
	}
	return module, nil
}
