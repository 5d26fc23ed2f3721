package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"dispositivo/internal/testkit"
)

// proves A9, E1: a day of letters at the desk: made, fetched, posted, one come
// back; each state of the page is looked at.
func lettersInBrowser(t *testing.T, b *chromium, s *server) {
	s.confirmed(t, 1970, 2)
	boss := b.person(t, wide, true)
	boss.enterDesk("supervisore")
	boss.visit("/desk/lettere")
	boss.inspect("desk-letters-waiting")
	// The first halves go out meanwhile.
	err := testkit.WaitFor(patience, func() error {
		boss.press(`form[action="/desk/lettere"] button`)
		if !strings.Contains(boss.text("main"), "Nessun PIN aspetta") {
			return errors.New("letters are still to be made")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	boss.sees("main", "In preparazione")
	boss.inspect("desk-letters-made")
	boss.click(`a[href$="/lettere.pdf"]`)
	pdf := boss.downloaded()
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(halvesIn(t, pdf)) != 2*2 {
		t.Fatalf("no two letters: %.20q", pdf)
	}
	api := s.operator("supervisore")
	ids := letterIDs(t, api.get(api.newestBatch()+"/manifest").Body)
	boss.visit("/desk/lettere")
	boss.inspect("desk-letters-fetched")
	boss.click("main table summary")
	boss.inspect("desk-letters-sure")
	boss.press(`form[action$="/partenza"] button`)
	boss.sees("[role=status]", "i suoi file non esistono più")
	boss.types("#letter", strings.ToUpper(ids[0]))
	boss.press(`form[action="/desk/lettere/rientro"] button`)
	boss.sees("[role=status]", "la parte che conteneva non vale più")
	boss.sees("table", "1 rientrata", "Partita il")
	boss.inspect("desk-letters-posted")
	boss.expects("/desk/lettere/rientro")
	boss.types("#letter", "sbagliata")
	boss.press(`form[action="/desk/lettere/rientro"] button`)
	boss.sees("#problem", "Nessuna lettera ha questo codice")
	boss.inspect("desk-letters-refused")

	p := b.person(t, wide, true)
	p.visit("/accesso")
	p.press(`a[href="/pin/riemissione"]`)
	p.inspect("reissue")
	p.types("#cf", "RSSMRA72L09H501S")
	p.press("main form button[type=submit]")
	p.sees("[role=status]", "Abbiamo preso nota")
	p.inspect("reissue-done")
}
