package paper

import (
	"bytes"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// face is one of the four fonts of the page.
type face string

const (
	regular face = "regular"
	bold    face = "bold"
	italic  face = "italic"
	mono    face = "mono"
)

// mmPerPoint converts font sizes.
const mmPerPoint = 25.4 / 72

// leading is the distance of two lines as a multiple of the font size.
const leading = 1.18

// canvas draws text that never leaves its box.
type canvas struct {
	pdf   *fpdf.Fpdf
	glyph *sfnt.Font // tells which characters the fonts have
	buf   sfnt.Buffer
}

// newDocument starts a document without pages, whose bytes depend on nothing
// but what is drawn.
func newDocument(made time.Time, lang, title string) *canvas {
	if made.IsZero() {
		made = time.Unix(0, 0) // fpdf would take the time of day
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.SetProducer("dispositivo", true)
	pdf.SetTitle(title, true)
	pdf.SetLang("it-IT")
	if lang == "en" {
		pdf.SetLang("en")
	}
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	c := &canvas{pdf: pdf}
	c.loadFonts()
	return c
}

// bytes ends the document and returns it.
func (c *canvas) bytes() ([]byte, error) {
	var out bytes.Buffer
	if err := c.pdf.Output(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// loadFonts adds the Go fonts, which cover Latin, Greek and Cyrillic. Only the
// characters used end up in the PDF. Each page gets its own copy of the bytes:
// fpdf v0.12.0 writes into them while it cuts a font down (getMetrics).
func (c *canvas) loadFonts() {
	for name, ttf := range map[face][]byte{
		regular: goregular.TTF, bold: gobold.TTF, italic: goitalic.TTF, mono: gomonobold.TTF,
	} {
		c.pdf.AddUTF8FontFromBytes(string(name), "", bytes.Clone(ttf))
	}
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		c.pdf.SetError(err)
		return
	}
	c.glyph = font
}

// set chooses the font; size in points.
func (c *canvas) set(f face, size float64) { c.pdf.SetFont(string(f), "", size) }

// noBreak is the space at which no line is broken.
const noBreak = '\u00a0'

// unbroken keeps a text, such as a telephone number, on one line.
func unbroken(s string) string { return strings.ReplaceAll(s, " ", string(noBreak)) }

// printable composes the text and replaces what the fonts cannot show, so that
// a name in another script prints as question marks and not as nothing.
func (c *canvas) printable(s string) string {
	if c.glyph == nil {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == noBreak:
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return -1
		}
		if i, err := c.glyph.GlyphIndex(&c.buf, r); err != nil || i == 0 {
			return '?'
		}
		return r
	}, norm.NFC.String(s))
}

// text writes one line with its baseline at y.
func (c *canvas) text(x, y float64, f face, size float64, s string) {
	c.set(f, size)
	c.pdf.Text(x, y, c.printable(s))
}

// width measures a line in millimetres.
func (c *canvas) width(f face, size float64, s string) float64 {
	c.set(f, size)
	return c.pdf.GetStringWidth(s)
}

// wrap breaks text into lines no wider than w: between words where it can,
// inside a word that alone is too wide.
func (c *canvas) wrap(s string, w float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }) {
		joined := strings.TrimLeft(line+" "+word, " ")
		if c.pdf.GetStringWidth(joined) <= w {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for c.pdf.GetStringWidth(word) > w {
			head := c.head(word, w)
			lines = append(lines, head)
			word = word[len(head):]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// head returns the longest beginning of a word that fits, one character at least.
func (c *canvas) head(word string, w float64) string {
	end := 0
	for i, r := range word {
		if next := i + len(string(r)); end == 0 || c.pdf.GetStringWidth(word[:next]) <= w {
			end = next
			continue
		}
		break
	}
	return word[:end]
}

// fill writes text into a box from its top and returns the height used.
func (c *canvas) fill(b Box, f face, size float64, s string) float64 {
	lines, size := c.layout(b, f, size, c.printable(s))
	step := lineHeight(size)
	c.set(f, size)
	for i, line := range lines {
		c.pdf.Text(b.X, b.Y+step*float64(i)+size*mmPerPoint*0.95, line)
	}
	return step * float64(len(lines))
}

// layout breaks text into lines that fit into a box, as large as possible
// between size and half of it. What does not fit even then is cut with an
// ellipsis: that is beyond any name or address.
func (c *canvas) layout(b Box, f face, size float64, s string) ([]string, float64) {
	for smallest := size / 2; ; size -= 0.25 {
		c.set(f, size)
		lines := c.wrap(s, b.W)
		room := max(1, int(b.H/lineHeight(size)+0.05))
		if len(lines) <= room {
			return lines, size
		}
		if size-0.25 < smallest {
			lines = lines[:room]
			lines[room-1] = c.head(lines[room-1], b.W-c.pdf.GetStringWidth("…")) + "…"
			return lines, size
		}
	}
}

// lineHeight returns the distance of two lines, in millimetres.
func lineHeight(size float64) float64 { return size * mmPerPoint * leading }

// line draws a straight line of the given thickness.
func (c *canvas) line(x1, y1, x2, y2, thick float64) {
	c.pdf.SetLineWidth(thick)
	c.pdf.Line(x1, y1, x2, y2)
}

// frame draws a rectangle around a box, outside its edge.
func (c *canvas) frame(b Box, thick float64) {
	c.pdf.SetLineWidth(thick)
	o := b.Inset(-thick / 2)
	c.pdf.Rect(o.X, o.Y, o.W, o.H, "D")
}

// dots draws a dotted line to write on.
func (c *canvas) dots(x1, x2, y float64) {
	c.pdf.SetDashPattern([]float64{0.4, 0.9}, 0)
	c.line(x1, y, x2, y, 0.3)
	c.pdf.SetDashPattern(nil, 0)
}
