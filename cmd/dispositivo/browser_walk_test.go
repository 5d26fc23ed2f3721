package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

// TestPINWalk goes with one person, page by page, from the request for a PIN to the
// day it is too old: nobody is on file before, and every page is looked at, wide and
// on a phone.
//
// proves A1, A3, A7, A8, A9, B1, B2, B3, B4, E1
func TestPINWalk(t *testing.T) {
	t.Parallel()
	s := serveDemo(t, byHand)
	b := openBrowser(t, s)
	w := &walk{t: t, s: s, citizen: b.person(t, wide, true), stranger: b.person(t, wide, true), desk: b.person(t, wide, true)}
	w.asks()
	w.isCalled()
	w.isWritten()
	w.looksInside()
	w.activates()
	w.changes("first-access")
	w.isLockedOut()
	w.growsOld()
}

type walk struct {
	t                       *testing.T
	s                       *server
	citizen, stranger, desk *person
	who                     demo.Citizen // PIN: what opens now
	mobile, email           string
	first, second           string
}

// asks fills in both pages of a request.
func (w *walk) asks() {
	p, fields := w.citizen, applicantFields(w.t, 300)
	w.who.CodiceFiscale, w.mobile, w.email = codicefiscale.Code(fields["f-codice_fiscale"]), fields["f-mobile"], fields["f-email"]
	p.visit("/richiesta-pin")
	p.fills(map[string]string{"f-codice_fiscale": fields["f-codice_fiscale"]})
	p.click("#f-abroad")
	p.click("#f-italian-no")
	p.inspect("walk-01-request")
	p.press("main form button[type=submit]")
	p.fills(fields)
	p.inspect("walk-02-request-data")
	p.press("main form button[type=submit]")
	p.is("/richiesta-pin/inviata")
	p.sees("main", "La sua richiesta è stata presa in carico, a breve riceverà la prima parte di PIN ad uno dei contatti da Lei specificato "+
		"(mail o cellulare); la seconda parte le sarà spedita all'indirizzo di residenza comunicato.")
	p.inspect("walk-03-request-done")
	w.first = codeIn.FindString(w.s.letterTo(w.t, w.email, bringsFirstPart))
	p.visit("/demo/messages")
	p.inspect("walk-04-first-half")
}

// isCalled has an operator call back, and the data confirmed.
func (w *walk) isCalled() {
	p := w.desk
	p.enterDesk("supervisore")
	p.visit("/desk/richiami")
	p.inspect("walk-05-calls")
	p.opensEveningCall()
	p.click("#outcome-confirmed")
	p.inspect("walk-06-call")
	p.press(".dsp-decide form button[type=submit]")
	p.sees(".dsp-alert-success", "i dati sono confermati")
	p.inspect("walk-07-called")
}

// isWritten makes the letter, reads what it says, and posts it.
func (w *walk) isWritten() {
	p := w.desk
	err := testkit.WaitFor(patience, func() error {
		p.visit("/desk/lettere")
		p.press(`form[action="/desk/lettere"] button`)
		if !strings.Contains(p.text("main"), "Nessun PIN aspetta") {
			return errors.New("the letter is still to be made")
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p.inspect("walk-08-letters")
	p.click(`a[href$="/lettere.pdf"]`)
	halves := halvesIn(w.t, p.downloaded())
	if len(halves) != 2 {
		w.t.Fatalf("%d halves in one letter", len(halves)/2)
	}
	w.second = halves[0]
	p.visit("/desk/lettere") // fetching closes the batch
	p.click("main table summary")
	p.press(`form[action$="/partenza"] button`)
	p.sees("[role=status]", "i suoi file non esistono più")
	p.inspect("walk-09-posted")
}

// looksInside signs in with the first half alone (A10).
func (w *walk) looksInside() {
	p := w.citizen
	w.who.PIN = w.first
	p.visit("/accesso")
	p.inspect("walk-10-sign-in")
	p.signIn(w.who)
	p.is("/area")
	p.inspect("walk-11-first-half-alone")
}

// activates proves the first half with a passport, gives contacts, types back.
func (w *walk) activates() {
	p, fields := w.citizen, applicantFields(w.t, 300)
	p.press(`main a[href="/pin/attivazione"]`)
	p.click("#proof-document")
	p.fills(map[string]string{
		"cf": fields["f-codice_fiscale"], "pin": w.first, "document_number": fields["f-document_number"], "document_expiry": fields["f-document_expiry"],
	})
	p.inspect("walk-12-activate")
	p.press("main form button[type=submit]")
	p.is("/pin/attivazione/recapiti")
	p.types("#email", "anna.attiva@posta.example")
	p.inspect("walk-13-contacts")
	p.press("main form button[type=submit]")
	p.is("/pin/attivazione/conferma")
	p.types("#code-mobile", codeIn.FindString(w.s.letterTo(w.t, w.mobile, bringsContactCode)))
	p.types("#code-email", w.s.codeFor(w.t, "anna.attiva@posta.example"))
	p.types("#half", strings.ToLower(w.second))
	p.inspect("walk-14-second-half")
	p.press("main form button[type=submit]")
	p.is("/accesso")
	p.sees(".dsp-alert", "Il suo PIN è stato attivato")
	p.inspect("walk-15-activated")
	w.who.PIN = w.first + w.second
	p.signIn(w.who)
}

// changes goes through the forced change; nothing else opens before.
func (w *walk) changes(name string) {
	p := w.citizen
	p.is("/pin/cambio")
	p.inspect("walk-" + name + "-must")
	p.visit("/area/recapiti")
	p.is("/pin/cambio")
	old := w.who
	w.who.PIN = p.changes("walk-" + name)
	p.sees(".dsp-alert-success", "nuovo PIN è attivo")
	p.inspect("walk-" + name + "-changed")
	w.stranger.expects("/accesso")
	w.stranger.visit("/accesso")
	if status := w.stranger.signIn(old); status != 401 {
		w.t.Errorf("the old PIN: status %d", status)
	}
}

// isLockedOut by a stranger: the holder's own browser opens, and a new one does
// when a code made it known.
func (w *walk) isLockedOut() {
	p, guess := w.stranger, w.who
	guess.PIN = "AAAAAAAA"
	status := int64(0)
	for range 9 { // the old PIN was the first
		status = p.signIn(guess)
	}
	if status != 429 {
		w.t.Errorf("the tenth wrong PIN: status %d", status)
	}
	p.sees("#problem", "Accesso sospeso per sicurezza", "secondi")
	p.inspect("walk-20-locked")
	w.citizen.press(".dsp-slim-button")
	w.citizen.visit("/accesso")
	w.citizen.signIn(w.who)
	w.citizen.is("/area")

	p.press(`main a[href="/accesso/sblocco"]`)
	p.types("#cf", w.who.CodiceFiscale.String())
	p.inspect("walk-21-unlock")
	p.press("main form button[type=submit]")
	code := codeIn.FindString(w.s.letterTo(w.t, w.mobile, bringsDeviceCode))
	p.types("#code", code)
	p.inspect("walk-22-unlock-code")
	p.press("main form button[type=submit]")
	p.sees(".dsp-alert", "questo apparecchio ora è conosciuto")
	p.signIn(w.who)
	p.is("/area")
}

// bringsDeviceCode is what the message with the code for a device says.
var bringsDeviceCode = regexp.MustCompile(`accedere da questo apparecchio`)

// growsOld lets ninety days pass behind the program's back, whose clock is the real
// one: the PIN must be changed; and one that was to be changed in time is expired.
func (w *walk) growsOld() {
	p := w.citizen
	quarter := (90 * 24 * time.Hour).Microseconds()
	w.behind(`UPDATE pins SET secret_at = secret_at - ? WHERE state = 'active' AND activated_at > 0 AND
		secret_at = (SELECT MAX(secret_at) FROM pins)`, quarter)
	p.press(".dsp-slim-button")
	p.visit("/accesso")
	p.signIn(w.who)
	w.changes("old")

	w.behind(`UPDATE pins SET window_until = secret_at - 1 WHERE secret_at = (SELECT MAX(secret_at) FROM pins)`)
	p.press(".dsp-slim-button")
	p.expects("/accesso")
	p.visit("/accesso")
	if status := p.signIn(w.who); status != 403 {
		w.t.Errorf("an expired PIN: status %d", status)
	}
	p.sees("#problem", "Attenzione il Pin inserito è scaduto")
	p.inspect("walk-30-expired")
}

// behind changes one row behind the program's back.
func (w *walk) behind(query string, args ...any) {
	w.t.Helper()
	done, err := openSQLite(w.t, w.s.Data).ExecContext(w.t.Context(), query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		w.t.Fatalf("%d rows, want 1: %v", n, err)
	}
}
