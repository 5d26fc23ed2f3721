package main

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"dispositivo/internal/demo"
)

// proves B3: after ten wrong PINs the page says how long to wait, and the right
// PIN does not open either, until a code sent to a confirmed contact was typed.
func lockAfterTenWrong(t *testing.T, b *chromium, who demo.Citizen) {
	p := b.person(t, wide, true)
	p.expects("/accesso")
	p.visit("/accesso")
	wrong := who
	wrong.PIN = "AAAAAAAA"
	for n := range 9 {
		if status := p.signIn(wrong); status != 401 {
			t.Fatalf("wrong PIN %d: status %d\n%s", n+1, status, p.text("main"))
		}
	}
	p.sees("#problem", "Dati di accesso non corretti")
	if status := p.signIn(wrong); status != 429 {
		t.Errorf("the tenth wrong PIN: status %d\n%s", status, p.text("main"))
	}
	p.sees("#problem", "Accesso sospeso per sicurezza", "secondi")
	if status := p.signIn(who); status != 429 {
		t.Errorf("the right PIN during the lock: status %d", status)
	}
	p.sees("#problem", "non funziona nemmeno il PIN giusto")
	p.inspect("signin-locked")

	p.press(`main a[href="/accesso/sblocco"]`)
	p.types("#cf", who.CodiceFiscale.String())
	p.press("main form button[type=submit]")
	p.sees(".dsp-alert", "Se il codice fiscale ha un recapito confermato")
	p.inspect("unlock-asked")
	p.expects("/accesso/sblocco/codice")
	p.types("#code", "AAAAAAAA")
	p.press("main form button[type=submit]")
	p.inspect("unlock-refused")
	p.types("#code", b.server.codeFor(t, who.Mobile))
	p.press("main form button[type=submit]")
	p.is("/accesso")
	p.sees(".dsp-alert", "questo apparecchio ora è conosciuto")
	p.signIn(who)
	p.is("/area")
}

// proves E1: the language is chosen once and stays, also over a refusal.
func languageStays(t *testing.T, b *chromium, who demo.Citizen) {
	p := b.person(t, wide, true)
	p.visit("/stato")
	p.sees("h1", "Stato della pratica")
	p.press(`.dsp-switch a[lang="en"]`)
	p.sees("h1", "Case status")
	p.visit("/accesso")
	p.sees("main", "Sign in")
	p.expects("/accesso")
	wrong := who
	wrong.PIN = "AAAAAAAA"
	p.signIn(wrong)
	p.press(`.dsp-switch a[lang="it"]`)
	p.is("/accesso")
	p.click(`li[data-first="` + who.CodiceFiscale.String() + `"] button`) // the demonstration's "Usa"
	p.press("main form button[type=submit]")
	p.sees("h1", "Area personale")
	if lang, err := eval[string](p, "document.documentElement.lang"); err != nil || lang != "it" {
		t.Errorf("the page calls itself %q (%v)", lang, err)
	}
}

// proves B5: a session that is over leads to the sign-in page, and from there
// back to where the person was; the back button shows nobody's data.
func sessionEnds(t *testing.T, b *chromium, who demo.Citizen) {
	p := b.person(t, wide, true)
	p.opens("/conversione", who)
	p.visit("/area")
	p.press(".dsp-list a")
	status := p.where()
	p.press(".dsp-slim-button")
	p.is("/")
	p.loads("go back", chromedp.NavigateBack())
	p.is("/accesso")
	p.sees("main", "Accedi all'area personale")
	p.signIn(who)
	p.is(status)

	// The session ends while the page is open: the next step asks to sign in.
	p.forgets()
	p.press(".dsp-quiet a")
	p.is("/accesso")
	p.signIn(who)
	p.is(status + "/ritiro")
	p.loads("go back", chromedp.NavigateBack())
	p.forgets()
	p.visit("/conversione/invio")
	p.is("/accesso")
}

// forgets drops the person's cookies, as the browser does when they end.
func (p *person) forgets() {
	p.t.Helper()
	p.do("forget cookies", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}
