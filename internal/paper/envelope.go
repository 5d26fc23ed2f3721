package paper

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Envelope is the sealed envelope of the office channel (A5): one A4 sheet,
// printed on one side, that is its own envelope. It is kept in memory alone and
// prints, in logs and errors, as its id.
//
// Three panels of 99 mm. The sheet is folded backwards at the first mark, so
// that the upper panel is outside, and forwards at the second, so that the
// lower panel covers the middle one, which has the PIN; the strips on three
// edges of the lower panel are glued, and the back of the upper panel. Where
// the PIN is, both panels that cover it are printed black. (A pattern of strokes
// is not enough: with the panels laid over each other in a simulation, the PIN
// could be read against the light.)
type Envelope struct {
	ID     string // opaque, up to 26 letters and digits, on the bar code
	Agency string
	Office string // that hands it over
	Holder string // name, printed outside
	PIN    string `json:"-"` // eight capital letters and digits
	Made   time.Time
	Portal string // address of the portal
	Phone  string // contact centre; may be empty
}

// Positions on the sheet.
const (
	foldBack    = 99.0  // first mark
	foldForward = 198.0 // second mark
	glue        = 8.0   // width of the strips, at the edges of the lower panel
	cut         = 10.5  // distance of the cutting line from the edges of the closed envelope
)

var (
	// pinBox is where the PIN is, on the middle panel.
	pinBox = Box{X: left + 2, Y: 165, W: width - 4, H: 25}
	// screens are black and lie over pinBox when the sheet is folded: mirrored at
	// the first fold, and at the second. They are larger by what a fold may be off.
	screens = [2]Box{mirrored(pinBox, foldBack).Inset(-3), mirrored(pinBox, foldForward).Inset(-3)}
)

// mirrored returns where a box comes to lie when the sheet is folded at y.
func mirrored(b Box, y float64) Box { return Box{b.X, 2*y - b.Y - b.H, b.W, b.H} }

// Render draws the envelope as a PDF of one A4 page, to be printed at its full
// size. lang, bytes and error as of Letter's.
func (e Envelope) Render(lang string) ([]byte, error) {
	if strings.TrimSpace(e.Holder) == "" {
		return nil, errors.New("render envelope: no holder")
	}
	if err := errors.Join(checkID(e.ID), checkCode(e.PIN)); err != nil {
		return nil, fmt.Errorf("render envelope: %w", err)
	}
	c := newDocument(e.Made, lang, "Busta riservata / Confidential envelope")
	c.pdf.AddPage()
	t := envelopeTextsFor(lang)
	if err := e.outside(c, t); err != nil {
		return nil, fmt.Errorf("render envelope: %w", err)
	}
	e.inside(c, t)
	e.cover(c)
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render envelope: %w", err)
	}
	return out, nil
}

// outside draws the upper panel: whose it is, and how it is opened. The agency
// stands in white below the screen's part that has to be black.
func (e Envelope) outside(c *canvas, t envelopeTexts) error {
	const x, w = left + 3, 92.0
	y := screens[0].Y + screens[0].H
	c.black(screens[0])
	c.black(Box{screens[0].X, y - 0.5, screens[0].W, 8})
	c.pdf.SetTextColor(255, 255, 255)
	c.fill(Box{x, y, width - 6, 6}, bold, 13, e.Agency)
	c.pdf.SetTextColor(0, 0, 0)
	y += 11
	c.fill(Box{x, y, w, 4.5}, regular, 10, t.handedOver(e))
	c.fill(Box{x, y + 7, w, 5}, regular, 11, t.onlyFor)
	c.fill(Box{x, y + 12, w, 17}, bold, 20, e.Holder)
	c.fill(Box{x, y + 30, w, 9}, regular, 10, t.toOpen)
	bars := Box{right - 82, y, 80, 14}
	if err := c.drawBars(bars, e.ID); err != nil {
		return err
	}
	c.centred(Box{bars.X, bars.Y + bars.H + 1, bars.W, 4}, regular, 8.5, e.ID)
	c.fill(Box{bars.X + 4, y + 30, bars.W - 4, 9}, bold, 10, t.intact)
	c.cutLines()
	return nil
}

// inside draws the middle panel, with the PIN, clear of the cutting line.
func (e Envelope) inside(c *canvas, t envelopeTexts) {
	y := foldBack + cut + 3
	c.text(left, y+6.5, bold, 19, t.title)
	c.steps(Box{left, y + 10, width, 32}, 12.5, t.advice(e))
	c.fill(Box{left, pinBox.Y - 7.5, width, 5}, italic, 10, t.summary)
	b := pinBox
	c.frame(b, 0.6)
	const gap = 8.0
	w := (b.W - gap - 4) / codeLength
	for i := range codeLength {
		x := b.X + 2 + w*float64(i)
		if i >= codeLength/2 {
			x += gap
		}
		char := e.PIN[i]
		c.centred(Box{x, b.Y + 1, w, 14}, mono, 42, string(char))
		c.centred(Box{x + 0.5, b.Y + 15.2, w - 1, 5}, regular, 11, word(char, t.english))
		c.centred(Box{x + 0.5, b.Y + 20, w - 1, 4}, italic, 8.5, word(char, !t.english))
	}
}

// cover draws the lower panel: the screen, and what the operator has to do.
func (e Envelope) cover(c *canvas) {
	c.black(screens[1])
	for _, y := range []float64{foldBack, foldForward} {
		c.foldMark(y)
		c.line(PageWidth-9, y, PageWidth-4, y, 0.25)
	}
	x, y := left+2, screens[1].Y+screens[1].H+4
	c.text(x, y+3.5, bold, 10.5, "Per chi prepara la busta / For the operator")
	c.steps(Box{x, y + 6, width - 4, 36}, 9.5, preparing)
	c.hatch(Box{0, foldForward + 4, glue, PageHeight - foldForward - 4})
	c.hatch(Box{PageWidth - glue, foldForward + 4, glue, PageHeight - foldForward - 4})
	c.hatch(Box{glue, PageHeight - glue, PageWidth - 2*glue, glue})
}

// cutLines draws where the closed envelope is cut open: on three sides.
func (c *canvas) cutLines() {
	c.pdf.SetDashPattern([]float64{2.5, 1.8}, 0)
	c.line(cut, 0, cut, foldBack-cut, 0.25)
	c.line(PageWidth-cut, 0, PageWidth-cut, foldBack-cut, 0.25)
	c.line(cut, foldBack-cut, PageWidth-cut, foldBack-cut, 0.25)
	c.pdf.SetDashPattern(nil, 0)
}

// hatch marks where glue goes.
func (c *canvas) hatch(b Box) {
	c.pdf.ClipRect(b.X, b.Y, b.W, b.H, false)
	for d := -b.H; d < b.W; d += 3 {
		c.line(b.X+d, b.Y+b.H, b.X+d+b.H, b.Y, 0.15)
	}
	c.pdf.ClipEnd()
}

// black prints a box solid.
func (c *canvas) black(b Box) {
	c.pdf.SetFillColor(0, 0, 0)
	c.pdf.Rect(b.X, b.Y, b.W, b.H, "F")
}
