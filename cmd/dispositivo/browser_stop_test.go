package main

import (
	"regexp"
	"strings"

	"dispositivo/internal/demo"
)

// bringsStop is what the notice of a conversion says.
var bringsStop = regexp.MustCompile(`/ferma/([A-Z0-9]+)`)

// stops follows the link of a notice without signing in, after the conversion:
// opening it changes nothing, the button suspends the PIN, and operators see a case.
//
// proves C12
func (p *person) stops(b *chromium, c demo.Citizen) {
	p.t.Helper()
	path := bringsStop.FindString(b.server.letterTo(p.t, c.Email, bringsStop))
	p.visit(path + "?lang=it")
	p.inspect("stop")
	p.visit(path)
	p.press("main form button[type=submit]")
	p.sees("[role=status]", "Il PIN era già stato convertito")
	p.inspect("stopped")
	p.expects("/ferma")
	p.visit(path)
	p.press("main form button[type=submit]")
	p.sees("main", "Il link non vale più")
	p.inspect("stop-over")
	if strings.Contains(p.where(), strings.TrimPrefix(path, "/ferma/")) {
		p.t.Error("the link is in the address of the answer")
	}
	clerk := b.person(p.t, wide, true)
	clerk.enterDesk("supervisore")
	clerk.visit("/desk/titolari")
	clerk.sees("main", "PIN sospesi dal titolare dopo la conversione")
	clerk.inspect("desk-holders-case")
}
