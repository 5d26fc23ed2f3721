package paper

import (
	"errors"
	"strings"
	"unicode"
)

// Where an address is seen. The envelope is DL, 220 × 110 mm, with the window
// of DIN 680: 90 × 45 mm, 20 mm from the left edge and 15 mm from the foot, so
// that Poste Italiane's machines find the address above the 15 mm that they
// want white. The sheet is folded at 105 mm, as DIN 5008 form B has it, and is
// 210 × 105 mm then: it may slide by 10 mm to the right and 5 mm down.
var (
	// window is what is seen however the sheet lies: the address is in here.
	window = Box{X: 20, Y: 50, W: 80, H: 40}
	// windowReach is what may be seen when the sheet slides: nothing that is not
	// for the postman is in here.
	windowReach = Box{X: 10, Y: 45, W: 100, H: 50}
)

// Folds of the letter, in millimetres from the upper edge (DIN 5008 form B).
// What lies between them is inside, whether the sheet is folded in a Z or a C.
const (
	firstFold  = 105.0
	secondFold = 210.0
)

// Postal is where a letter goes.
type Postal struct {
	Name             string // as it is to stand on the envelope
	Street           string // with number, floor, care of
	Postcode, City   string
	Province, Region string // two letters in Italy; Region is printed abroad only, where the post wants it
	State            string // in Italian or in the state's own language; empty in Italy
}

// italy is the destination of letters that name no state.
const italy = "ITALIA"

// destination returns the state in capitals, italy when there is none.
func (p Postal) destination() string {
	if s := upper(p.State); s != "" {
		return s
	}
	return italy
}

// upper brings a text into capitals with single spaces.
func upper(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), " ")) }

// lines returns the address as the post reads it: town in capitals and, abroad,
// the state in capitals alone on the last line (UPU S42; Poste Italiane take up
// to five lines, six abroad). No line is empty.
func (p Postal) lines() []string {
	lines := []string{p.Name, p.Street}
	lines = append(lines, p.townLines()...)
	if p.destination() != italy {
		lines = append(lines, p.destination())
	}
	out := lines[:0]
	for _, l := range lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// townLines writes postcode and town in the order of the state's post; where
// this is not known the code comes first, as in most of the world.
func (p Postal) townLines() []string {
	code, town := upper(p.Postcode), upper(p.City)
	area := upper(p.Province)
	if area == "" {
		area = upper(p.Region)
	}
	if area == town {
		area = ""
	}
	switch p.order() {
	case codeLast:
		return []string{town + " " + area + " " + code}
	case codeBelow:
		if area != "" {
			town += " - " + area
		}
		return []string{town, code}
	case codeFirst:
	}
	return []string{code + " " + town + " " + area}
}

type codeOrder int

const (
	codeFirst codeOrder = iota
	codeLast            // TOWN AREA CODE
	codeBelow           // the code on a line of its own
)

// order tells how the state's post writes a town (UPU, postal addressing systems).
func (p Postal) order() codeOrder {
	state := p.destination()
	for _, s := range []string{"STATI UNITI", "UNITED STATES", "USA", "CANADA", "AUSTRALIA"} {
		if strings.HasPrefix(state, s) {
			return codeLast
		}
	}
	for _, s := range []string{"REGNO UNITO", "UNITED KINGDOM", "GRAN BRETAGNA", "IRLANDA", "IRELAND", "BRASILE", "BRASIL"} {
		if strings.HasPrefix(state, s) {
			return codeBelow
		}
	}
	return codeFirst
}

// check tells why a letter could not arrive, without saying where.
func (p Postal) check() error {
	for _, s := range []string{p.Name, p.Street, p.City} {
		if strings.IndexFunc(s, unicode.IsPrint) < 0 {
			return errors.New("address without name, street or town")
		}
	}
	return nil
}

// addressee writes return address, bar code and address into the window. The
// bar code is there so that a letter that came back is booked unopened.
func (c *canvas) addressee(from string, to Postal, id string) error {
	c.fill(Box{window.X, window.Y, window.W, 3}, regular, 6.5, "Mitt. / Exp.: "+from)
	bars := Box{window.X, window.Y + 3.6, window.W, 5.4}
	if err := c.drawBars(bars, id); err != nil {
		return err
	}
	c.centred(Box{window.X, bars.Y + bars.H + 0.5, window.W, 2.6}, regular, 6.5, id)
	top := bars.Y + bars.H + 4.6
	c.block(Box{window.X, top, window.W, window.Y + window.H - top}, regular, 11, to.lines())
	return nil
}
