package main

import "dispositivo/internal/demo"

// servicePages looks at services and domande where the scene has something to show.
func (p *person) servicePages(c demo.Citizen) {
	p.t.Helper()
	switch c.Scene { //nolint:exhaustive // the others show nothing new here
	case demo.SceneNone:
		p.visit("/servizi")
		p.inspect("services")
		p.expects("/servizi/cambio-iban")
		p.visit("/servizi/cambio-iban")
		p.inspect("service-shut")
		p.visit("/domande")
		p.inspect("domande-none")
		p.visit("/servizi/naspi")
		p.inspect("service-held")
		p.types("#note", "Fine rapporto 28 febbraio")
		p.press("main form button[type=submit]")
		p.sees(".dsp-receipt", "Domanda presentata")
		p.inspect("domanda-filed")
	case demo.SceneDispositivo:
		p.visit("/servizi/estratto-conto")
		p.press("main form button[type=submit]")
		p.inspect("service-entered")
		p.visit("/servizi/uffici-e-recapiti")
		p.press("main form button[type=submit]")
		p.sees("h1", "Sedi e consolati")
		p.visit("/deleghe")
		p.inspect("deleghe-none")
		p.types("#cf", "x")
		p.types("#surname", "Prova")
		p.expects("/deleghe")
		p.press("main section form button[type=submit]")
		p.inspect("deleghe-refused")
	case demo.SceneDelegator:
		p.visit("/deleghe")
		p.inspect("deleghe-given")
	case demo.SceneDelegate:
		p.visit("/deleghe")
		p.inspect("deleghe-taken")
		p.press(`form[action$="/agire"] button`)
		p.inspect("services-acting")
		p.visit("/domande")
		p.inspect("domande-acting")
	case demo.SceneOpen, demo.SceneConverted:
		p.visit("/domande")
		p.inspect("domande-" + string(c.Scene))
		p.press(".dsp-list a")
		p.inspect("domanda-" + string(c.Scene))
	default: // nothing of their own
	}
}
