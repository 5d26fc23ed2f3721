package paper

import (
	"fmt"
	"time"
)

// Answer is the page that a fax gateway sends back to the machine that called
// (C7): the protocol number, the pages, what is wrong with them, and what comes
// next; nothing about a person. It is meant for fax: big letters, black on white.
type Answer struct {
	Agency   string
	Protocol string
	Received time.Time // in the time zone that is printed
	Portal   string    // address of the status page
	Phone    string    // may be empty
	// Pages are those that were read; 0: not yet, or none could be.
	Pages            int
	Italian, English AnswerWords
}

// AnswerWords are the words of one language.
type AnswerWords struct {
	// Faults say what is wrong, such as a page that is too dark; may be empty.
	Faults []string
	// Next says what happens now.
	Next string
}

// answerTexts are what the page says of itself.
type answerTexts struct{ faults, more, next, follow, help, keep string }

var answerItalian = answerTexts{
	faults: "Che cosa non va", more: "… e altro ancora (%d)", next: "Che cosa succede ora",
	follow: "Può seguire la pratica su %s%s.", help: " (assistenza: %s)", keep: "Conservi questo foglio.",
}

var answerEnglish = answerTexts{
	faults: "What is wrong", more: "… and more (%d)", next: "What happens now",
	follow: "You can follow the case at %s%s.", help: " (help: %s)", keep: "Keep this sheet.",
}

// mostFaults is how many the page lists: a fax of twenty bad pages has to be sent
// again as a whole.
const mostFaults = 6

// Render draws the page as a PDF, in Italian and English.
func (a Answer) Render() ([]byte, error) {
	c := newDocument(a.Received, "it", "Ricevuta fax / Fax receipt")
	c.pdf.AddPage()
	c.fill(Box{left, 16, width, 12}, bold, 18, a.Agency)
	c.text(left, 38, bold, 22, "Ricevuta del suo fax / Receipt of your fax")
	b := Box{left, 45, width, 52}
	c.frame(b, 0.8)
	c.centred(Box{b.X, b.Y + 4, b.W, 8}, regular, 14, "Numero di protocollo / Protocol number")
	c.centred(Box{b.X + 3, b.Y + 13, b.W - 6, 14}, bold, 34, a.Protocol)
	c.centred(Box{b.X, b.Y + 30, b.W, 7}, regular, 14, "ricevuto il / received on "+a.Received.Format("02/01/2006 15:04"))
	if a.Pages > 0 {
		c.centred(Box{b.X, b.Y + 40, b.W, 8}, bold, 16, fmt.Sprintf("Pagine ricevute / Pages received: %d", a.Pages))
	}
	a.part(c, 103, a.Italian, answerItalian)
	c.line(left, 190, left+width, 190, 0.3)
	a.part(c, 194, a.English, answerEnglish)
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render answer: %w", err)
	}
	return out, nil
}

// part writes what one language says, from y on.
func (a Answer) part(c *canvas, y float64, words AnswerWords, t answerTexts) {
	if len(words.Faults) > 0 {
		c.text(left, y+6, bold, 16, t.faults)
		var lines []string
		for i, f := range words.Faults {
			if i == mostFaults {
				lines = append(lines, fmt.Sprintf(t.more, len(words.Faults)-mostFaults))
				break
			}
			lines = append(lines, "– "+f)
		}
		high := min(42, float64(len(lines))*lineHeight(13)+1)
		c.block(Box{left, y + 8.5, width, high}, regular, 13, lines)
		y += 8.5 + high + 2
	}
	c.text(left, y+6, bold, 16, t.next)
	help := ""
	if a.Phone != "" {
		help = fmt.Sprintf(t.help, a.Phone)
	}
	c.steps(Box{left, y + 8.5, width, 40}, 13, []string{words.Next, fmt.Sprintf(t.follow, a.Portal, help), t.keep})
}
