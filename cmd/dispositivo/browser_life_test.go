package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
)

// lifeInBrowser is somebody who lives through a whole PIN in the browser: at home
// in one window, while an operator works in another.
type lifeInBrowser struct {
	t       *testing.T
	b       *chromium
	who     demo.Citizen
	citizen *person
	clerk   *person
}

// wholeLifeInBrowser goes from a domanda that is held to the next request, every
// page looked at on a wide screen and a phone.
//
// proves A1, A3, B2, B8, C10, D1, D2, E1
func wholeLifeInBrowser(t *testing.T, b *chromium, who demo.Citizen) {
	l := &lifeInBrowser{t: t, b: b, who: who, citizen: b.person(t, wide, true), clerk: b.person(t, wide, true)}
	l.citizen.visit("/accesso?lang=it")
	l.citizen.signIn(who)
	domanda := l.filesHeld()
	l.converts()
	l.isReleased(domanda)
	lost := l.who.PIN
	l.loses()
	l.opensNothing(lost)
	l.isStillDispositivo(domanda)
	l.revokes()
	l.opensNothing(l.who.PIN)
	l.asksAgain()
}

// filesHeld files a domanda with a PIN ordinario: it is protocolled and held.
func (l *lifeInBrowser) filesHeld() (path string) {
	l.t.Helper()
	p := l.citizen
	p.visit("/servizi/naspi")
	p.inspect("life-01-service")
	p.types("#note", "Fine rapporto 31 ottobre")
	p.press("main form button[type=submit]")
	p.sees(".dsp-receipt", "Domanda presentata")
	p.sees("main", "In attesa del PIN dispositivo")
	p.inspect("life-02-domanda-held")
	p.visit("/domande")
	p.inspect("life-03-domande")
	p.press(".dsp-list a")
	return p.where()
}

// converts sends the signed form with the passport; an operator approves it.
func (l *lifeInBrowser) converts() {
	l.t.Helper()
	p := l.citizen
	p.visit("/conversione")
	p.click(`a[href="/conversione/modulo.pdf"]`)
	document := signedDocument(l.t, l.who, p.downloaded())
	protocol := p.sends(file(l.t, "modulo firmato.pdf", document))
	p.inspect("life-04-sent")
	p.waitsFor("In esame", true)
	p.inspect("life-05-reviewing")

	l.clerk.enterDesk("supervisore")
	done := l.clerk.handsFree()
	l.clerk.takes(protocol)
	l.clerk.sees(".dsp-sheet:not([hidden])", "Pagina 1 di 2")
	l.clerk.inspect("life-06-desk-case")
	l.clerk.approves(true)
	done()
	l.clerk.inspect("life-07-desk-approved")

	p.waitsFor("il PIN è dispositivo", true)
	p.inspect("life-08-converted")
}

// isReleased checks that the conversion put the domanda in work.
func (l *lifeInBrowser) isReleased(domanda string) {
	l.t.Helper()
	l.citizen.visit(domanda)
	l.citizen.sees("main", "In lavorazione")
	l.citizen.inspect("life-09-domanda-released")
}

// loses loses the PIN and recovers it: not as long as the contacts are new (D1).
func (l *lifeInBrowser) loses() {
	l.t.Helper()
	p := l.citizen
	ask := func() {
		p.visit("/accesso")
		p.press(`a[href="/pin/ripristino"]`)
		p.fills(map[string]string{"cf": l.who.CodiceFiscale.String(), "mobile": l.who.Mobile, "email": l.who.Email})
		p.press("main form button[type=submit]")
		p.sees("[role=status]", "Se i dati corrispondono")
	}
	p.forgets()
	ask()
	p.inspect("life-10-lost")
	l.b.server.letterTo(l.t, l.who.Email, bringsRefusal)
	l.b.server.agesContacts(l.t, l.who.CodiceFiscale)
	ask()
	mail := l.b.server.letterTo(l.t, l.who.Email, bringsLink)
	p.visit("/pin/ripristino/" + linkIn.FindStringSubmatch(mail)[1])
	p.inspect("life-11-recovery-code")
	p.fills(map[string]string{"cf": l.who.CodiceFiscale.String(), "code": codeIn.FindString(mail)})
	p.press("main form button[type=submit]")
	p.sees("[role=status]", "Il PIN di prima non vale più")
	p.inspect("life-12-recovered")
	first := codeIn.FindString(l.b.server.letterTo(l.t, l.who.Mobile, bringsFirst))
	second := codeIn.FindString(l.b.server.letterTo(l.t, l.who.Email, bringsSecond))

	p.press(`main a[href="/accesso"]`)
	l.who.PIN = first + second
	p.signIn(l.who)
	p.is("/pin/cambio")
	p.inspect("life-13-must-change")
	l.who.PIN = p.changes("life-14")
}

// opensNothing tries a PIN that is over.
func (l *lifeInBrowser) opensNothing(old string) {
	l.t.Helper()
	p := l.b.person(l.t, wide, true)
	p.expects("/accesso")
	p.visit("/accesso")
	who := l.who
	who.PIN = old
	if status := p.signIn(who); status != 401 {
		l.t.Errorf("the PIN that is over: status %d\n%s", status, p.text("main"))
	}
}

// isStillDispositivo checks what the recovered PIN opens (D1).
func (l *lifeInBrowser) isStillDispositivo(domanda string) {
	l.t.Helper()
	l.citizen.sees("main", "PIN dispositivo")
	l.citizen.inspect("life-15-still-dispositivo")
	l.citizen.visit(domanda)
	l.citizen.sees("main", "In lavorazione")
	l.citizen.visit("/area/operazioni")
	l.citizen.inspect("life-16-own-operations")
}

// revokes revokes the PIN with the tessera sanitaria and a code; an operator sees
// that it is gone, and the window that was signed in is shut.
func (l *lifeInBrowser) revokes() {
	l.t.Helper()
	p := l.b.person(l.t, wide, true)
	p.visit("/pin/revoca")
	p.fills(map[string]string{"cf": l.who.CodiceFiscale.String(), "card_number": "80380000123456789012", "card_expiry": "2099-01-31"})
	p.press("main form button[type=submit]")
	p.sees("[role=status]", "codice")
	p.inspect("life-17-revoke-code")
	p.expects("/pin/revoca/conferma")
	p.types("#code", "AAAAAAAA")
	p.press("main form button[type=submit]")
	p.sees("#problem", "codice")
	p.inspect("life-18-revoke-code-wrong")
	p.types("#code", codeIn.FindString(l.b.server.letterTo(l.t, l.who.Email, bringsCode)))
	p.press("main form button[type=submit]")
	p.sees("[role=status]", "PIN è revocato")
	p.inspect("life-19-revoked")

	l.citizen.visit("/area")
	l.citizen.is("/accesso")

	l.clerk.visit("/desk/titolari")
	l.clerk.types("#cf", l.who.CodiceFiscale.String())
	l.clerk.press("main form button[type=submit]")
	l.clerk.sees("main", "Nessun PIN")
	l.clerk.inspect("life-20-desk-revoked")
}

// asksAgain asks for another PIN; an operator calls back and confirms.
func (l *lifeInBrowser) asksAgain() {
	l.t.Helper()
	p := l.citizen
	p.visit("/richiesta-pin")
	p.fills(map[string]string{"f-codice_fiscale": l.who.CodiceFiscale.String()})
	p.click("#f-abroad")
	p.click("#f-italian-no")
	p.press("main form button[type=submit]")
	passport := l.who.Passport(time.Now(), false) //nolint:forbidigo // the day of the running program
	p.fills(map[string]string{
		"f-surname": l.who.Surname, "f-name": l.who.Name, "f-birth": l.who.Birth.Format(time.DateOnly), "f-sex": l.who.Sex,
		"f-birth_place": strings.TrimSuffix(l.who.BirthPlace, " (PE)"), "f-birth_province": "PE", "f-street": l.who.Address.Street,
		"f-postcode": l.who.Address.PostalCode, "f-city": l.who.Address.City, "f-state": l.who.Address.State,
		"f-mobile": l.who.Mobile, "f-email": l.who.Email, "f-document_type": "passport", "f-document_number": passport.Number,
		"f-document_issuer": passport.Issuer, "f-document_expiry": passport.Expiry.Format(time.DateOnly),
		"f-time_band": "morning", "f-holder_type": string(dossier.HolderCitizen),
	})
	p.inspect("life-21-request")
	p.press("main form button[type=submit]")
	p.is("/richiesta-pin/inviata")
	p.inspect("life-22-requested")
	l.b.server.letterTo(l.t, l.who.Email, bringsFirstPart)

	l.clerk.visit("/desk/richiami")
	if _, err := eval[chromedp.Void](l.clerk, `[...document.querySelectorAll("tbody tr")].filter(row => row.innerText.includes("Mattina")).at(-1).querySelector("a.btn").setAttribute("id", "morning"); 0`); err != nil {
		l.t.Fatal(err)
	}
	l.clerk.press("#morning")
	l.clerk.sees("main", l.who.Address.Street)
	l.clerk.inspect("life-23-desk-call")
	l.clerk.click("#outcome-confirmed")
	l.clerk.press(".dsp-decide form button[type=submit]")
	l.clerk.sees(".dsp-alert-success", "i dati sono confermati")
}
