package main

import (
	"strings"

	"dispositivo/internal/demo"
)

// journalPages searches the log for a person as the auditor, and for nobody.
func journalPages(p *person) {
	p.t.Helper()
	p.forgets()
	p.enterDesk("revisore")
	p.visit("/desk/registro")
	p.inspect("desk-journal")
	p.types("#cf", inScene(p.t, demo.SceneConverted).CodiceFiscale.String())
	p.press(`form[action="/desk/registro"] button[type=submit]`)
	p.sees("main", "Riguardano il titolare")
	query, err := eval[string](p, "location.search")
	if err != nil || !strings.Contains(query, "titolare=") || strings.Contains(query, "codice") {
		p.t.Errorf("found at %q, %v", query, err)
	}
	p.inspect("desk-journal-holder")
	p.expects("/desk/registro")
	p.types("#cf", "RSSMRA85T10A562S")
	p.press(`form[action="/desk/registro"] button[type=submit]`)
	p.sees("#problem", "Non trovato")
	p.inspect("desk-journal-nobody")
}
