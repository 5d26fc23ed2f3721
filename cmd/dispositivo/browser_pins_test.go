package main

import (
	"strings"
	"testing"
	"time"

	"dispositivo/internal/demo"
)

// lifeOfPIN walks through what people do with a PIN in use.
//
// proves A8, A10, B1, B2, B11, D4
func lifeOfPIN(t *testing.T, b *chromium) {
	t.Run("activation", func(t *testing.T) { activates(t, b, inScene(t, demo.SceneActivate)) })
	t.Run("first access", func(t *testing.T) { firstAccess(t, b, inScene(t, demo.SceneFirstAccess)) })
	t.Run("renewal", func(t *testing.T) { renewal(t, b, inScene(t, demo.SceneLapsed)) })
}

// activates goes from the first half alone over the activation to the first
// access with both halves and the new PIN.
func activates(t *testing.T, b *chromium, who demo.Citizen) {
	p := b.person(t, wide, true)
	p.visit("/accesso")
	alone := who
	alone.PIN = who.PIN[:8]
	p.signIn(alone)
	p.is("/area")
	p.sees("main", "PIN semplificato")
	p.inspect("area-simplified")
	p.visit("/conversione")
	p.is("/area")

	p.press(`main a[href="/pin/attivazione"]`)
	p.inspect("activate-card")
	p.click("#proof-document")
	p.inspect("activate-document")
	p.expects("/pin/attivazione")
	p.signIn(alone) // the first half, without a document
	p.sees("#problem", "non sono scritti bene")
	p.inspect("activate-refused")
	passport := who.Passport(time.Now(), false) //nolint:forbidigo // the day of the running program
	p.types("#document_number", passport.Number)
	if _, err := eval[string](p, `document.querySelector("#document_expiry").value = "`+passport.Expiry.Format(time.DateOnly)+`"`); err != nil {
		t.Fatal(err)
	}
	p.signIn(alone)
	p.is("/pin/attivazione/recapiti")
	p.sees(".dsp-data", who.Surname, who.Address.City)
	p.inspect("activate-contacts")
	p.types("#email", "lucia.nuova@posta.example")
	p.press("main form button[type=submit]")
	p.is("/pin/attivazione/conferma")
	p.inspect("activate-finish")
	p.expects("/pin/attivazione/conferma")
	p.types("#code-email", "AAAAAAAA")
	p.types("#half", who.PIN[8:])
	p.press("main form button[type=submit]")
	p.inspect("activate-finish-refused")
	p.types("#code-email", b.server.codeFor(t, "lucia.nuova@posta.example"))
	p.types("#half", who.PIN[8:])
	p.press("main form button[type=submit]")
	p.is("/accesso")
	p.sees(".dsp-alert", "Il suo PIN è stato attivato")
	p.inspect("activated")
	p.signIn(who)
	p.is("/pin/cambio")
	p.changes("first")
}

// firstAccess forces the change; then contacts are changed, and the new PIN opens.
func firstAccess(t *testing.T, b *chromium, who demo.Citizen) {
	p := b.person(t, wide, true)
	p.visit("/accesso")
	p.signIn(who)
	p.is("/pin/cambio")
	p.inspect("change-must")
	p.visit("/conversione")
	p.is("/pin/cambio")
	who.PIN = p.changes("change")
	p.sees(".dsp-alert-success", "nuovo PIN è attivo")
	p.inspect("area-changed")

	p.press(`main a[href="/area/recapiti"]`)
	p.inspect("contacts")
	p.expects("/area/recapiti")
	p.types("#value", "333")
	p.press(".dsp-form button[type=submit]")
	p.inspect("contacts-refused")
	if _, err := eval[string](p, `document.querySelector("#kind").value = "email"`); err != nil {
		t.Fatal(err)
	}
	p.types("#value", "giorgio.nuovo@posta.example")
	p.press(".dsp-form button[type=submit]")
	p.is("/area/recapiti/codice")
	p.inspect("contact-code")
	p.types("#code", b.server.codeFor(t, "giorgio.nuovo@posta.example"))
	p.press("main form button[type=submit]")
	p.is("/area/recapiti")
	p.sees(".dsp-contacts", "giorgio.nuovo@posta.example", "confermato")
	p.press(`.dsp-contacts li:nth-child(1) button`)
	p.sees(".dsp-contacts", "giorgio.nuovo@posta.example")
	if strings.Contains(p.text(".dsp-contacts"), who.Mobile) {
		t.Errorf("the number is still there: %s", p.text(".dsp-contacts"))
	}

	p.press(".dsp-slim-button")
	p.visit("/accesso")
	p.signIn(who)
	p.is("/area")
}

// changes goes through the change of PIN and returns the new one.
func (p *person) changes(name string) string {
	p.t.Helper()
	p.press("main form button[type=submit]")
	shown := p.text(".dsp-secret")
	if len(shown) != 9 || shown[4] != ' ' {
		p.t.Fatalf("shown %q", shown)
	}
	p.inspect(name + "-shown")
	p.expects("/pin/cambio/conferma")
	p.types("#pin", "AAAAAAAA")
	p.press("main form button[type=submit]")
	p.inspect(name + "-refused")
	if strings.Contains(p.text("main"), shown) {
		p.t.Error("the PIN is shown a second time")
	}
	p.types("#pin", strings.ToLower(shown))
	p.press("main form button[type=submit]")
	p.is("/area")
	return shown
}

// renewal leads from an expired PIN to a new one.
func renewal(t *testing.T, b *chromium, who demo.Citizen) {
	p := b.person(t, wide, true)
	p.expects("/accesso")
	p.visit("/accesso")
	p.signIn(who)
	p.sees("#problem", "Attenzione il Pin inserito è scaduto")
	p.inspect("renew-expired")
	p.signIn(who) // the form of the renewal asks for the same two
	p.is("/pin/cambio")
	p.changes("renew")
}
