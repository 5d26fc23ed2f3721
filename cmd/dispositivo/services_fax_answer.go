package main

import (
	"strconv"
	"time"

	"dispositivo/intake"
	"dispositivo/intake/fax"
	"dispositivo/internal/i18n"
	"dispositivo/internal/paper"
)

// faxAnswers draws the pages for gateways.
func faxAnswers(h *house, texts *i18n.Bundle, p procedure, publicURL string, rome *time.Location) *fax.Answers {
	return &fax.Answers{Store: h.store, Clock: h.clock, Draw: func(a fax.Answer) ([]byte, error) {
		return paper.Answer{
			Agency: p.Agency, Protocol: a.Protocol, Received: a.ReceivedAt.In(rome), Portal: publicURL + "/stato", Phone: p.Contact,
			Pages: a.Pages, Italian: faxWords(texts, "it", a), English: faxWords(texts, "en", a),
		}.Render()
	}}
}

// faxWords words what became of a fax.
func faxWords(texts *i18n.Bundle, lang string, a fax.Answer) paper.AnswerWords {
	words := paper.AnswerWords{Next: texts.T(lang, "fax.next."+intake.Next(a.State, a.Findings), nil)}
	if a.Refusal != "" {
		words.Next = texts.T(lang, "refusal."+string(a.Refusal), nil)
	}
	for _, f := range a.Findings {
		text := texts.T(lang, "finding."+string(f.Code), nil)
		if f.Page > 0 {
			text = texts.T(lang, "finding.at_page", map[string]string{"page": strconv.Itoa(f.Page), "text": text})
		}
		words.Faults = append(words.Faults, text)
	}
	return words
}
