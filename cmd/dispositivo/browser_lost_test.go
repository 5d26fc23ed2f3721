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
	clerk.types("#cf", inScene(t, demo.SceneRejected).CodiceFiscale.String())
	clerk.press("main form button[type=submit]")
	clerk.sees("main", "Questa consultazione è registrata")
	clerk.inspect("desk-holder")
}
