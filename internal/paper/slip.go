package paper

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Slip is the receipt that an operator prints for who handed in papers at the counter
// (C6, C7): protocol number, pages, what is hard to read and what comes next. It says
// nothing about a person.
type Slip struct {
	Agency   string
	Protocol string
	Received time.Time // in the time zone that is printed
	// Read: the machine has read the pages, and Pages and Noticed are known.
	Read    bool
	Pages   int
	Noticed []string // what may keep pages from being read, in the words of the language
	// Next is what the holder does now, in the words of the language.
	Next   string
	Portal string // address of the status page
	Phone  string // may be empty
}

// Render draws the slip as a PDF of one A4 page, in Italian unless lang is "en". The
// same slip gives the same bytes.
func (s Slip) Render(lang string) ([]byte, error) {
	if s.Protocol == "" || s.Received.IsZero() {
		return nil, errors.New("render slip: no protocol number or time")
	}
	t := slipTextsFor(lang)
	c := newDocument(s.Received, lang, t.title)
	c.pdf.AddPage()
	c.fill(Box{left, 14, width, 12}, bold, 15, s.Agency)
	c.text(left, 40, bold, 22, t.title)
	b := Box{left, 46, width, 36}
	c.frame(b, 0.6)
	c.centred(Box{b.X, b.Y + 3, b.W, 6}, regular, 12, t.protocol)
	c.centred(Box{b.X, b.Y + 11, b.W, 11}, mono, 26, s.Protocol)
	c.centred(Box{b.X, b.Y + 26, b.W, 6}, regular, 12, t.received+s.Received.Format("02/01/2006 15:04"))
	y := s.section(c, 96, t.pagesTitle, s.pages(t))
	y = s.section(c, y, t.nextTitle, s.Next)
	s.section(c, y, t.followTitle, s.follow(t))
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render slip: %w", err)
	}
	return out, nil
}

// section draws a title and a paragraph, and returns where the next one begins.
func (s Slip) section(c *canvas, y float64, title, text string) float64 {
	c.text(left, y, bold, 14, title)
	return y + 16 + c.fill(Box{left, y + 4, width, 70}, regular, 12, text)
}

func (s Slip) pages(t slipTexts) string {
	switch {
	case !s.Read:
		return t.reading
	case len(s.Noticed) == 0:
		return fmt.Sprintf(t.pages, strconv.Itoa(s.Pages))
	}
	return fmt.Sprintf(t.pages, strconv.Itoa(s.Pages)) + " " + t.noticed + strings.Join(s.Noticed, "; ") + "."
}

func (s Slip) follow(t slipTexts) string {
	text := fmt.Sprintf(t.follow, s.Portal)
	if s.Phone != "" {
		text += " " + fmt.Sprintf(t.phone, s.Phone)
	}
	return text
}

// slipTexts are the words of a slip in one language.
type slipTexts struct {
	title, protocol, received, pagesTitle, pages, reading, noticed string
	nextTitle, followTitle, follow, phone                          string
}

func slipTextsFor(lang string) slipTexts {
	if lang == "en" {
		return slipTexts{
			title: "Receipt of your documents", protocol: "Protocol number", received: "received at the counter on ",
			pagesTitle: "What we received", pages: "Pages received: %s.", reading: "The pages are being read.", noticed: "We noticed: ",
			nextTitle: "Next step", followTitle: "Follow the case",
			follow: "Keep this sheet. You can follow the case at %s, with the protocol number and the code that your contacts receive.",
			phone:  "Help by telephone: %s.",
		}
	}
	return slipTexts{
		title: "Ricevuta dei suoi documenti", protocol: "Numero di protocollo", received: "ricevuti allo sportello il ",
		pagesTitle: "Che cosa abbiamo ricevuto", pages: "Pagine ricevute: %s.", reading: "Stiamo leggendo le pagine.", noticed: "Abbiamo notato: ",
		nextTitle: "Il prossimo passo", followTitle: "Come seguire la pratica",
		follow: "Conservi questo foglio. Può seguire la pratica su %s, con il numero di protocollo e il codice che arriva ai suoi contatti.",
		phone:  "Aiuto per telefono: %s.",
	}
}
