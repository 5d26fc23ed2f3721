package paper

import (
	"fmt"
	"time"
)

// letterTexts are the words of a letter in one language.
type letterTexts struct {
	english            bool
	title              [2]string // by the part that the letter carries
	intro, useBy, made string
}

// letterTextsFor returns the English texts for "en", else the Italian ones.
func letterTextsFor(lang string) letterTexts {
	if lang == "en" {
		return letterTexts{
			english: true,
			title:   [2]string{"The first part of your PIN", "The second part of your PIN"},
			intro: "Your PIN has two parts of 8 characters. This letter carries one; the other reaches you " +
				"another way, for your safety.",
			useBy: "To be used by", made: "Letter of",
		}
	}
	return letterTexts{
		title: [2]string{"La prima parte del suo PIN", "La seconda parte del suo PIN"},
		intro: "Il suo PIN ha due parti di 8 caratteri. Questa lettera ne porta una; l'altra le arriva per un'altra " +
			"via, per la sua sicurezza.",
		useBy: "Da usare entro il", made: "Lettera del",
	}
}

// otherLang returns the language of the summary.
func otherLang(lang string) string {
	if lang == "en" {
		return "it"
	}
	return "en"
}

var italianMonths = [12]string{
	"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
}

// date writes the month as a word: 02/03/2026 is another day elsewhere.
func (t letterTexts) date(d time.Time) string {
	if t.english {
		return d.Format("2 January 2006")
	}
	day := fmt.Sprint(d.Day())
	if d.Day() == 1 {
		day = "1º"
	}
	return fmt.Sprintf("%s %s %d", day, italianMonths[d.Month()-1], d.Year())
}

func (t letterTexts) whatToDo(expires time.Time) string {
	if t.english {
		return "What to do by " + t.date(expires)
	}
	return "Che cosa fare entro il " + t.date(expires)
}

// steps are the instructions, one sentence or two each.
func (t letterTexts) steps(l Letter) []string {
	if t.english {
		return []string{
			"Go to " + l.Portal + " and choose to activate the PIN.",
			"Type your codice fiscale and, when asked, both parts of the PIN. Small letters will do.",
			"Then destroy the letter. Tell nobody the PIN: we never ask for it by telephone or e-mail.",
			"Too late, or do you need help? " + t.help(l),
		}
	}
	return []string{
		"Vada su " + l.Portal + " e scelga di attivare il PIN.",
		"Scriva il codice fiscale e, quando le vengono chieste, le due parti del PIN. Vanno bene anche le minuscole.",
		"Poi distrugga la lettera. Non dica il PIN a nessuno: noi non lo chiediamo mai, né al telefono né per e-mail.",
		"È tardi o serve aiuto? " + t.help(l),
	}
}

// help says how to get a new PIN.
func (t letterTexts) help(l Letter) string {
	switch {
	case t.english && l.Phone != "":
		return "Ask for a new PIN on the portal or call " + unbroken(l.Phone) + "."
	case t.english:
		return "Ask for a new PIN on the portal."
	case l.Phone != "":
		return "Chieda un nuovo PIN sul portale o chiami " + unbroken(l.Phone) + "."
	}
	return "Chieda un nuovo PIN sul portale."
}

// summary is the letter in one paragraph, for who reads this language better.
func (t letterTexts) summary(l Letter) string {
	if t.english {
		return fmt.Sprintf("In English: %s, 8 characters, is in the frame above. By %s go to %s, choose to activate the PIN, "+
			"type your codice fiscale and, when asked, the two parts. Then destroy this letter and tell nobody the PIN. "+
			"Too late, or do you need help? %s", lowerFirst(t.title[l.Part-1]), t.date(l.Expires), l.Portal, t.help(l))
	}
	return fmt.Sprintf("In italiano: %s, 8 caratteri, è nel riquadro qui sopra. Entro il %s vada su %s, scelga di attivare il PIN, "+
		"scriva il codice fiscale e, quando le vengono chieste, le due parti. Poi distrugga questa lettera e non dica il PIN a nessuno. "+
		"È tardi o serve aiuto? %s", lowerFirst(t.title[l.Part-1]), t.date(l.Expires), l.Portal, t.help(l))
}

// lowerFirst puts a title, whose first letter is plain, into a sentence.
func lowerFirst(s string) string { return string(s[0]|0x20) + s[1:] }
