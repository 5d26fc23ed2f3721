package paper

import (
	"fmt"
	"time"
)

// Answer is the page that a fax gateway sends back to the machine that called
// (C7): the protocol number and what comes next, nothing about a person. It is
// meant for fax: big letters, black on white.
type Answer struct {
	Agency   string
	Protocol string
	Received time.Time // in the time zone that is printed
	Portal   string    // address of the status page
	Phone    string    // may be empty
}

// Render draws the page as a PDF, in Italian and English.
func (a Answer) Render() ([]byte, error) {
	c := newDocument(a.Received, "it", "Ricevuta fax / Fax receipt")
	c.pdf.AddPage()
	c.fill(Box{left, 20, width, 14}, bold, 18, a.Agency)
	c.text(left, 48, bold, 22, "Ricevuta del suo fax / Receipt of your fax")
	b := Box{left, 58, width, 40}
	c.frame(b, 0.8)
	c.centred(Box{b.X, b.Y + 4, b.W, 8}, regular, 14, "Numero di protocollo / Protocol number")
	c.centred(Box{b.X + 3, b.Y + 13, b.W - 6, 14}, bold, 34, a.Protocol)
	c.centred(Box{b.X, b.Y + 30, b.W, 7}, regular, 14, "ricevuto il / received on "+a.Received.Format("02/01/2006 15:04"))
	help := ""
	if a.Phone != "" {
		help = fmt.Sprintf(" (%s)", a.Phone)
	}
	c.text(left, 116, bold, 16, "Che cosa succede ora")
	c.steps(Box{left, 120, width, 60}, 14, []string{
		"Leggiamo le pagine. Se il modulo porta il suo codice, il fax trova da solo la sua pratica, e lei riceve entro " +
			"un minuto un messaggio al recapito che conosciamo: quante pagine sono arrivate, che cosa non si legge, che cosa manca.",
		"Se non riceve nessun messaggio, un operatore cerca la pratica. Può seguirla su " + a.Portal + help + ".",
		"Non spedisca di nuovo le stesse pagine. Conservi questo foglio.",
	})
	c.text(left, 192, bold, 16, "What happens now")
	c.steps(Box{left, 196, width, 60}, 14, []string{
		"We read the pages. If the form bears its code, the fax finds its dossier by itself, and within a minute a " +
			"message reaches your contact on file: how many pages came, what cannot be read, what is missing.",
		"If no message reaches you, an operator looks for the dossier. You can follow it at " + a.Portal + help + ".",
		"Please do not send the same pages again. Keep this sheet.",
	})
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render answer: %w", err)
	}
	return out, nil
}
