package main

import (
	"bytes"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/paper"
)

// proves C6 C7: at the counter: the scan of a holder who never signed in has its number
// and its receipt at once, opens the dossier, is taken and decided there, and the PIN is
// dispositivo; the pages stand up to axe, wide and on a phone.
func TestScanAtTheCounter(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	who := free()[0]
	blank, err := paper.BlankForm("Ente", clock.System().Now(), paper.Ways{}, 90, "it")
	if err != nil {
		t.Fatal(err)
	}
	path := file(t, "scansione.tif", faxOf(t, "tiffg4", signedDocument(t, who, blank)))

	b := openBrowser(t, s)
	clerk := b.person(t, wide, true)
	clerk.enterDesk("operatore")
	clerk.visit("/desk/scansione")
	clerk.inspect("desk-scan")
	clerk.types("#named", "nessuno")
	clerk.chooses(path)
	clerk.expects("/desk/scansione")
	clerk.press(".dsp-form button[type=submit]")
	clerk.sees("#problem", "Nessuna pratica con questo dato")
	clerk.inspect("desk-scan-refused")
	clerk.types("#named", who.CodiceFiscale.String())
	clerk.chooses(path)
	clerk.press(".dsp-form button[type=submit]")
	protocol := protocolNumber.FindString(clerk.text(".dsp-receipt"))
	if protocol == "" {
		t.Fatalf("no protocol number:\n%s", clerk.text("main"))
	}
	clerk.sees("#live", "può prendere la pratica")
	clerk.inspect("desk-scanned")
	clerk.click(`a[href$="/ricevuta.pdf"]`)
	if slip := clerk.downloaded(); !bytes.HasPrefix(slip, []byte("%PDF-")) {
		t.Errorf("the receipt is no PDF: %.20q", slip)
	}
	clerk.press("#live form button")
	clerk.sees("h1", protocol)
	clerk.approves(true)
	s.awaitMessage("Il suo PIN è ora dispositivo", who.Email)
	citizen := s.citizen(who)
	var me struct{ Kind dossier.Kind }
	citizen.get("/me").decode(t, &me)
	if me.Kind != dossier.Dispositivo {
		t.Errorf("kind %s after the decision at the counter", me.Kind)
	}
}
