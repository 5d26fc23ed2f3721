package main

import (
	"testing"

	"dispositivo/internal/demo"
)

// lostPages are those of a lost PIN, and what an operator sees of one.
func lostPages(t *testing.T, b *chromium) {
	t.Helper()
	p := b.person(t, wide, true)
	p.visit("/accesso?lang=it")
	p.press(`a[href="/pin/ripristino"]`)
	p.inspect("recover")
	p.expects("/pin/ripristino")
	p.types("#cf", "RSSMRA72L09H501S")
	p.types("#mobile", "333")
	p.types("#email", "ada@prova.example")
	p.press("main form button[type=submit]")
	p.inspect("recover-refused")
	p.types("#mobile", "+393331234567")
	p.press("main form button[type=submit]")
	p.sees("[role=status]", "Se i dati corrispondono")
	p.inspect("recover-asked")
	p.visit("/pin/ripristino/ACDEFHJKMNPRTVWXY23456789ACD")
	p.inspect("recover-code")
	p.expects("/pin/ripristino/conferma")
	p.types("#cf", "RSSMRA72L09H501S")
	p.types("#code", "AAAAAAAA")
	p.press("main form button[type=submit]")
	p.inspect("recover-code-refused")

	p.visit("/pin/revoca")
	p.inspect("revoke")
	p.types("#cf", "RSSMRA72L09H501S")
	p.types("#card_number", "80380000123456789012")
	p.types("#card_expiry", "01/31/2099")
	p.press("main form button[type=submit]")
	p.inspect("revoke-asked")

	clerk := b.person(t, wide, true)
	clerk.enterDesk("operatore2")
	clerk.visit("/desk/titolari")
	clerk.inspect("desk-holders")
	clerk.types("#cf", inScene(t, demo.SceneReviewing).CodiceFiscale.String())
	clerk.press("main form button[type=submit]")
	clerk.sees("main", "Questa consultazione è registrata")
	clerk.inspect("desk-holder")
	clerk.press(`main a[href$="/servizi"]`)
	clerk.sees("main", "Che cosa dicono gli archivi", "Chi agisce per il titolare")
	clerk.inspect("desk-holder-services")
	clerk.press(`.breadcrumb a[href^="/desk/titolari/"]`)
	clerk.notes()
	clerk.guardians(inScene(t, demo.SceneWithdrawn))
}

// notes unlocks with a note, which the page then shows to colleagues.
func (p *person) notes() {
	p.t.Helper()
	holder, err := eval[string](p, `document.querySelector(".dsp-decide form").getAttribute("action")`)
	if err != nil {
		p.t.Fatal(err)
	}
	p.expects(holder)
	p.press(".dsp-decide form button[type=submit]")
	p.inspect("desk-holder-refused")
	p.click("#action-suspend")
	p.fills(map[string]string{"reason": "fraud.suspected", "note": "Ha chiamato il figlio: richiamare domani."})
	p.press(".dsp-decide form button[type=submit]")
	p.sees("[role=status]", "Il PIN è sospeso")
	p.sees("main", "Sospensione: Sospetto abuso", "operatore2", "Ha chiamato il figlio")
	p.inspect("desk-holder-noted")
}

// guardians records a guardian of the holder on the page, and ends it.
func (p *person) guardians(who demo.Citizen) {
	p.t.Helper()
	p.press(`main a[href$="/tutori"]`)
	p.inspect("desk-guardians-none")
	p.expects(p.where())
	fields := map[string]string{"cf": who.CodiceFiscale.String(), "surname": who.Surname, "until": "2031-12-31"}
	p.fills(fields)
	p.press(".dsp-decide form button[type=submit]")
	p.sees("#problem", "non è valida")
	p.inspect("desk-guardians-refused")
	p.fills(map[string]string{"deed": "Tribunale di Roma, 1234/2026 del 12 ottobre 2026"})
	p.press(".dsp-decide form button[type=submit]")
	p.sees("main", "Fatto; tutti e due sono avvisati", who.Surname, "In vigore")
	p.inspect("desk-guardians")
	p.types(`[name="motivo"]`, "Revocata dal giudice")
	p.press(".dsp-sent form button[type=submit]")
	p.sees("main", "Finita")
	p.press(`.breadcrumb a[href^="/desk/titolari/"]`)
	p.sees("main", "Tutela chiusa", "Revocata dal giudice", "Tribunale di Roma")
}
