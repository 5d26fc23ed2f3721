package paper

import (
	"errors"
	"fmt"
	"time"
)

// Letter carries one half of a PIN by post (A7, A9). It is kept in memory alone
// and prints, in logs and errors, as its id.
type Letter struct {
	ID     string // opaque, up to 26 letters and digits, on the bar code
	Agency string
	Return string // the agency's postal address in one line, for what comes back
	To     Postal
	Half   string `json:"-"` // eight capital letters and digits
	Part   int    // which half it is: 1 or 2
	Made   time.Time
	// Expires is the last day, in its own time zone, on which the first half is
	// good (A8).
	Expires time.Time
	Portal  string // address of the page where the PIN is activated
	Phone   string // contact centre; may be empty
}

// Render draws the letter as a PDF of one A4 page to be folded twice and put
// into a window envelope. It is in the language lang, Italian unless "en", with
// a summary in the other. The same letter gives the same bytes, and they hold
// the half in clear. The error says nothing of what is in the letter.
func (l Letter) Render(lang string) ([]byte, error) {
	c := newDocument(l.Made, lang, letterTitle)
	if err := l.draw(c, lang); err != nil {
		return nil, fmt.Errorf("render letter: %w", err)
	}
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render letter: %w", err)
	}
	return out, nil
}

// letterTitle is the title of the file: nothing about the person.
const letterTitle = "Lettera riservata / Confidential letter"

// check refuses a letter that could not arrive or would not be understood.
func (l Letter) check() error {
	switch {
	case l.Part != 1 && l.Part != 2:
		return errors.New("part is neither 1 nor 2")
	case l.Expires.IsZero():
		return errors.New("no expiry")
	}
	return errors.Join(checkID(l.ID), checkCode(l.Half), l.To.check())
}

// draw adds the letter's page.
func (l Letter) draw(c *canvas, lang string) error {
	if err := l.check(); err != nil {
		return err
	}
	t := letterTextsFor(lang)
	c.pdf.AddPage()
	c.foldMark(firstFold)
	c.foldMark(secondFold)
	if err := l.top(c, t); err != nil {
		return err
	}
	l.middle(c, t)
	l.bottom(c, t, letterTextsFor(otherLang(lang)))
	return nil
}

// top draws what is seen through the window, and the deadline beside it.
func (l Letter) top(c *canvas, t letterTexts) error {
	c.fill(Box{left, 14, width, 14}, bold, 15, l.Agency)
	if err := c.addressee(l.Return, l.To, l.ID); err != nil {
		return err
	}
	const x = 120.0
	b := Box{x, 55, right - x, 33}
	c.frame(b, 0.5)
	c.centred(Box{x, 60, b.W, 6}, regular, 13, t.useBy)
	c.centred(Box{x + 3, 68, b.W - 6, 8}, bold, 19, t.date(l.Expires))
	if !l.Made.IsZero() {
		c.centred(Box{x, 80, b.W, 5}, regular, 9.5, t.made+" "+t.date(l.Made))
	}
	return nil
}

// middle draws the half. It lies between the folds, covered on either side
// whichever way the sheet is folded.
func (l Letter) middle(c *canvas, t letterTexts) {
	c.text(left, 119, bold, 22, t.title[l.Part-1])
	c.fill(Box{left, 123, width, 12}, regular, 13, t.intro)
	b := halfBox
	c.frame(b, 0.8)
	c.spaced(Box{b.X, b.Y + 3, b.W / 2, 21}, 62, l.Half[:4])
	c.spaced(Box{b.X + b.W/2, b.Y + 3, b.W / 2, 21}, 62, l.Half[4:])
	for i := range codeLength {
		x := b.X + float64(i/4)*b.W/2
		c.spelled(Box{x + 9, b.Y + 29 + 8.2*float64(i%4), b.W/2 - 15, 8.2}, l.Half[i], t)
	}
	c.line(b.X+b.W/2, b.Y+6, b.X+b.W/2, b.Y+b.H-6, 0.3)
}

// halfBox is the frame around the half.
var halfBox = Box{X: left, Y: 138, W: width, H: 64}

// spaced writes a group in the middle of a box, its characters apart, but not so
// far that a screen reader takes them for words: less than a tenth of their size.
func (c *canvas) spaced(b Box, size float64, group string) {
	step := c.width(mono, size, "M") + 0.085*size*mmPerPoint
	x := b.X + (b.W-step*float64(len(group)))/2
	for i, r := range group {
		c.text(x+step*float64(i), b.Y+b.H*0.85, mono, size, string(r))
	}
}

// spelled writes a character, how it is read aloud, and the word of the other language.
func (c *canvas) spelled(b Box, char byte, t letterTexts) {
	y := b.Y + 5.5
	c.text(b.X, y, mono, 17, string(char))
	c.text(b.X+8, y, regular, 15, spoken(char, t.english))
	other := word(char, !t.english)
	c.text(b.X+b.W-c.width(italic, 11, other), y, italic, 11, other)
}

// bottom says what to do, in the holder's language first.
func (l Letter) bottom(c *canvas, t, other letterTexts) {
	c.text(left, 217.5, bold, 15, t.whatToDo(l.Expires))
	c.steps(Box{left, 221, width, 42}, 13, t.steps(l))
	c.line(left, 264.5, right, 264.5, 0.3)
	c.fill(Box{left, 266, width, 20}, regular, 10.5, other.summary(l))
	c.text(left, 290, regular, 7, l.ID)
	page := "1 / 1"
	c.text(right-c.width(regular, 7, page), 290, regular, 7, page)
}
