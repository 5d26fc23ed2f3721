package paper

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Receipt is what somebody gets who filed a domanda (B8).
type Receipt struct {
	Agency, Portal string
	// Protocol is written as the register does; Filed is when, in the time zone to print.
	Protocol string
	Filed    time.Time
	// Service is what it was filed for, in the words the holder read.
	Service            string
	Holder, HolderCode string // full name, codice fiscale
	// Delegate is who acted for the holder; "" for the holder in person.
	Delegate string
	// Held says that it waits for the PIN dispositivo; Released is since when it no longer does.
	Held     bool
	Released time.Time
	// Note is what the holder wrote, lines apart; "" for nothing.
	Note string
}

// Render draws the receipt as a PDF of one A4 page, in Italian unless lang is
// "en". The same receipt gives the same bytes. The error says nothing of what is
// in it.
func (r Receipt) Render(lang string) ([]byte, error) {
	if r.Protocol == "" || r.Filed.IsZero() || r.Service == "" {
		return nil, errors.New("render receipt: no protocol, time or service")
	}
	t := receiptTextsFor(lang)
	c := newDocument(r.Filed, lang, t.title)
	c.pdf.AddPage()
	c.fill(Box{left, 14, width, 12}, bold, 15, r.Agency)
	c.text(left, 40, bold, 22, t.title)
	y := r.number(c, t, 46)
	y = r.rows(c, t, y+8)
	y = r.standing(c, t, y+6)
	r.wrote(c, t, y+8)
	c.text(left, 288, regular, 8, t.footer)
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render receipt: %w", err)
	}
	return out, nil
}

// number draws what everybody asks for first, and returns where it ends.
func (r Receipt) number(c *canvas, t receiptTexts, y float64) float64 {
	b := Box{left, y, width, 28}
	c.frame(b, 0.6)
	c.centred(Box{b.X, y + 3, b.W, 6}, regular, 12, t.protocol)
	c.centred(Box{b.X, y + 11, b.W, 11}, mono, 26, r.Protocol)
	return y + b.H
}

func (r Receipt) rows(c *canvas, t receiptTexts, y float64) float64 {
	rows := [][2]string{{t.filed, t.moment(r.Filed)}, {t.service, r.Service}, {t.holder, r.Holder}, {t.code, r.HolderCode}}
	if r.Delegate != "" {
		rows = append(rows, [2]string{t.delegate, r.Delegate})
	}
	for _, row := range rows {
		c.fill(Box{left, y, 50, 12}, regular, 11, row[0])
		y += max(7, c.fill(Box{left + 52, y, width - 52, 14}, bold, 12, row[1])+2)
	}
	return y
}

// standing says how it stands, and invites to convert as long as it is held.
func (r Receipt) standing(c *canvas, t receiptTexts, y float64) float64 {
	title, text := t.workTitle, t.work
	switch {
	case r.Held:
		title, text = t.heldTitle, fmt.Sprintf(t.held, r.Portal)
	case !r.Released.IsZero():
		text = fmt.Sprintf(t.released, t.moment(r.Released))
	}
	c.line(left, y, right, y, 0.3)
	c.text(left, y+9, bold, 14, title)
	return y + 13 + c.fill(Box{left, y + 13, width, 45}, regular, 12, text)
}

// mostLines are printed as lines; more become one paragraph, so that all fits.
const mostLines = 20

// wrote prints the holder's own words, as far as the page goes.
func (r Receipt) wrote(c *canvas, t receiptTexts, y float64) {
	if r.Note == "" {
		return
	}
	c.line(left, y, right, y, 0.3)
	c.text(left, y+9, bold, 14, t.wrote)
	b := Box{left, y + 13, width, 282 - y - 13}
	if lines := strings.Split(r.Note, "\n"); len(lines) <= mostLines {
		c.block(b, regular, 11, lines)
		return
	}
	c.fill(b, regular, 11, strings.Join(strings.Fields(r.Note), " "))
}

// receiptTexts are the words of a receipt in one language.
type receiptTexts struct {
	letterTexts
	title, protocol, filed, service, holder, code, delegate string
	heldTitle, held, workTitle, work, released              string
	wrote, footer, at                                       string
}

// moment is a day and a time to the second: time limits hang on it.
func (t receiptTexts) moment(at time.Time) string {
	return t.date(at) + t.at + at.Format("15:04:05 -07:00")
}

func receiptTextsFor(lang string) receiptTexts {
	if lang == "en" {
		return receiptTexts{
			letterTexts: letterTextsFor(lang),
			title:       "Receipt of an application", protocol: "Protocol number", filed: "Filed on", service: "Application",
			holder: "Filed by", code: "Codice fiscale", delegate: "Through",
			heldTitle: "Next step: convert your PIN",
			held: "The date of filing is safe: from it on no time limit runs. The PIN is ordinario, however: we work on the " +
				"application as soon as it is dispositivo. Go to %s, choose “Convert PIN”, and send the signed form " +
				"with your identity document. You need not file the application again.",
			workTitle: "Next step: the office examines the application", work: "You need do nothing. If anything is missing, we will write to you.",
			released: "It waited for the PIN dispositivo and is in work since %s. The date of filing above counts. You need do nothing.",
			wrote:    "What was written", footer: "Issued by the system of protocol (DPR 445/2000, art. 53 and 57).", at: ", ",
		}
	}
	return receiptTexts{
		letterTexts: letterTextsFor(lang),
		title:       "Ricevuta di presentazione", protocol: "Numero di protocollo", filed: "Presentata il", service: "Domanda",
		holder: "Presentata da", code: "Codice fiscale", delegate: "Per il tramite di",
		heldTitle: "Il prossimo passo: converta il PIN",
		held: "La data di presentazione è salva: da allora i termini non decorrono più. Il PIN però è ordinario: lavoreremo la " +
			"domanda appena sarà dispositivo. Vada su %s, scelga «Converti PIN» e mandi il modulo firmato con il documento " +
			"di identità. Non deve presentare di nuovo la domanda.",
		workTitle: "Il prossimo passo: la sede esamina la domanda", work: "Non deve fare nulla. Se manca qualcosa le scriveremo.",
		released: "Aspettava il PIN dispositivo ed è in lavorazione dal %s. Vale la data di presentazione indicata sopra. Non deve fare nulla.",
		wrote:    "Che cosa è stato scritto", footer: "Rilasciata dal sistema di protocollo (DPR 445/2000, artt. 53 e 57).", at: ", ore ",
	}
}
