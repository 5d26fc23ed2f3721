package paper

import "strconv"

// smallest is the smallest size, in points, that letters are printed in.
const smallest = 5.5

// block writes lines one below the other, as large as the box allows.
func (c *canvas) block(b Box, f face, size float64, lines []string) {
	lines, size = c.broken(b, f, size, lines)
	c.set(f, size)
	for i, l := range lines {
		c.pdf.Text(b.X, b.Y+lineHeight(size)*float64(i)+size*mmPerPoint*0.95, l)
	}
}

// broken breaks lines that are too long and returns them with the largest size,
// up to the one given, at which all fit into the box. If they do not even at the
// smallest, each gets two lines at most, so that the last, of an address the
// state, is there whatever the others are.
func (c *canvas) broken(b Box, f face, size float64, lines []string) ([]string, float64) {
	for ; ; size -= 0.25 {
		c.set(f, size)
		var out []string
		for _, l := range lines {
			parts := c.wrap(c.printable(l), b.W)
			if size <= smallest && len(parts) > 2 {
				parts = []string{parts[0], c.head(parts[1], b.W-c.pdf.GetStringWidth("…")) + "…"}
			}
			out = append(out, parts...)
		}
		if size <= smallest || float64(len(out))*lineHeight(size) <= b.H {
			return out, size
		}
	}
}

// steps writes numbered sentences, all in the largest size, up to the one
// given, at which they fit into the box.
func (c *canvas) steps(b Box, size float64, items []string) {
	const gap = 1.0
	indent := size * 0.54 // mm: a digit and as much again
	for ; size > smallest; size -= 0.25 {
		c.set(regular, size)
		high := 0.0
		for _, s := range items {
			high += lineHeight(size)*float64(len(c.wrap(c.printable(s), b.W-indent))) + gap
		}
		if high-gap <= b.H {
			break
		}
	}
	y := b.Y
	for i, s := range items {
		c.text(b.X, y+size*mmPerPoint*0.95, bold, size, strconv.Itoa(i+1))
		y += c.fill(Box{b.X + indent, y, b.W - indent, b.Y + b.H - y}, regular, size, s) + gap
	}
}

// centred writes one line in the middle of a box, smaller if it is too wide.
func (c *canvas) centred(b Box, f face, size float64, s string) {
	size = c.fit(b.W, f, size, s)
	s = c.printable(s)
	c.text(b.X+(b.W-c.width(f, size, s))/2, b.Y+b.H*0.85, f, size, s)
}

// fit returns the largest size, at most the one given, at which s is no wider than w.
func (c *canvas) fit(w float64, f face, size float64, s string) float64 {
	if have := c.width(f, size, c.printable(s)); have > w {
		return size * w / have
	}
	return size
}

// foldMark draws the short line at the left edge where the sheet is folded.
func (c *canvas) foldMark(y float64) { c.line(4, y, 9, y, 0.25) }
