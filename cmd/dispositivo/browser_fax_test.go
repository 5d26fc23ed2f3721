package main

import (
	"bytes"
	"net/http"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
)

// proves C9: an operator sees a fax that no code joins, and leads it to its
// dossier by what is typed; the page stands up to axe, wide and on a phone.
func TestMatchingInTheBrowser(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	who := free()[0]
	citizen := s.citizen(who)
	citizen.form() // opens the dossier
	protocol, first := "", ""
	for _, id := range []string{"one", "two"} {
		header, body := genericCall(t, demoFaxSecret, fax.GenericFax{ID: id, From: "+390655512", Status: "received", File: document(t, id)})
		a := s.nobody().do(http.MethodPost, "/gateways/fax/generic", header, bytes.NewReader(body))
		var receipt struct{ Protocol string }
		a.decode(t, &receipt)
		protocol = receipt.Protocol
		if waits := awaitUnmatched(t, s, protocol); first == "" {
			first = waits
		}
	}

	b := openBrowser(t, s)
	clerk := b.person(t, wide, true)
	clerk.enterDesk("operatore")
	clerk.visit("/desk/non-abbinati")
	clerk.inspect("desk-unmatched")
	clerk.types(".dsp-match > form input[name=fascicolo]", "nessuno")
	clerk.expects("/desk/invii/" + first + "/abbinamento")
	clerk.press(".dsp-match > form button")
	clerk.sees("#problem")
	clerk.inspect("desk-unmatched-refused")
	clerk.types(".dsp-match > form input[name=fascicolo]", who.CodiceFiscale.String())
	clerk.press(".dsp-match > form button")
	clerk.sees("main", "Invio abbinato", protocol, "stesso mittente")
	clerk.inspect("desk-unmatched-proposal")
	clerk.press(".dsp-match li button")
	clerk.sees("main", "Invio abbinato")
	citizen.await(dossier.StateReviewing)
}
