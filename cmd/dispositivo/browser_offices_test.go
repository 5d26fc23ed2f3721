package main

import (
	"context"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// officePages looks for the nearest office (E2): refused a position, given one, and
// by a place that is typed.
func (p *person) officePages() {
	p.t.Helper()
	p.visit("/sedi?lang=it")
	p.click("#all ~ details > summary")
	p.click(".dsp-country > summary") // Italy's
	p.inspect("offices")
	p.click("#all ~ details > summary") // the long list has been looked at
	p.permits(browser.PermissionSettingDenied)
	p.click("[data-near] button")
	p.sees("[data-told]", "Il browser non ci dà la posizione")
	p.inspect("offices-denied")

	p.permits(browser.PermissionSettingGranted)
	p.stands(latitude, longitude)
	p.roundsItself()
	p.press("[data-near] button")
	p.is("/sedi")
	p.sees("main", "Le più vicine", "Consolato Generale d'Italia a Zurigo")
	if at, err := eval[string](p, "location.search + document.querySelector('#place').value"); err != nil || at != "" {
		p.t.Errorf("the address or the field says %q (%v)", at, err)
	}
	p.inspect("offices-near")

	p.expects("/sedi")
	p.types("#place", "Atlantide")
	p.press("main form button[type=submit]")
	p.sees("#problem", "Non troviamo questo luogo")
	p.inspect("offices-refused")
}

// roundsItself looks at what the form would send: the browser rounds, so that not even
// the server learns more.
func (p *person) roundsItself() {
	p.t.Helper()
	sent, err := eval[string](p, `new Promise(sent => {
		const form = document.querySelector("main form");
		form.submit = () => { delete form.submit; const all = new FormData(form); all.delete("csrf"); sent(new URLSearchParams(all).toString()); };
		document.querySelector("[data-near] button").click();
	})`)
	if want := "luogo=&latitudine=47.38&longitudine=8.54"; err != nil || sent != want {
		p.t.Errorf("the form sends %q, want %q (%v)", sent, want, err)
	}
}

// permits answers for the person when a page asks where they are.
func (p *person) permits(setting browser.PermissionSetting) {
	p.t.Helper()
	p.do("answer for the position", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "geolocation"}, Setting: setting, Origin: p.url,
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	}))
}

// stands puts the person somewhere, in degrees.
func (p *person) stands(latitude, longitude float64) {
	p.t.Helper()
	accuracy := 10.0
	p.do("stand somewhere", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{
			Latitude: &latitude, Longitude: &longitude, Accuracy: &accuracy,
		})
		return err
	}))
}
