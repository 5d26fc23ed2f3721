package main

import (
	"strconv"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake/counter"
	"dispositivo/internal/i18n"
	"dispositivo/internal/paper"
	"dispositivo/internal/sandbox"
)

// wireCounter wires what an operator scans.
func (s *services) wireCounter(h *house, pool *sandbox.Pool, p procedure, publicURL string, rome *time.Location) {
	s.scans = counter.New(counter.Config{
		Store: h.store, Door: s.door, Finder: s.matching, Opener: s.conversion, Vault: h.vault, Reader: pool, Clock: h.clock, Logger: h.logger,
	})
	texts := s.texts
	s.slip = func(a counter.Arrival, lang string) ([]byte, error) {
		return paper.Slip{
			Agency: p.Agency, Protocol: a.Submission.Protocol.String(), Received: a.Submission.ReceivedAt.In(rome),
			Read: !a.Submission.Reading(), Pages: a.Submission.PageCount(), Noticed: noticed(texts, lang, a.Submission.Findings),
			Next: texts.T(lang, "state."+a.Dossier.Next()+".next", nil), Portal: publicURL + "/stato", Phone: p.Contact,
		}.Render(lang)
	}
}

// noticed words what may keep the pages from being read, each once.
func noticed(texts *i18n.Bundle, lang string, all []dossier.Finding) []string {
	var lines []string
	told := map[string]bool{}
	for _, f := range all {
		line := texts.T(lang, "finding."+string(f.Code), nil)
		if f.Page > 0 {
			line += " (" + texts.T(lang, "ui.finding.page", map[string]string{"n": strconv.Itoa(f.Page)}) + ")"
		}
		if f.Severity != dossier.SeverityInfo && !told[line] {
			told[line] = true
			lines = append(lines, line)
		}
	}
	return lines
}
