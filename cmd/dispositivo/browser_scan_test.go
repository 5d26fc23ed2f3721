package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/demo"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit"
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
	clerk.attachesFromFolder(s, free()[1])
	citizen := s.citizen(who)
	var me struct{ Kind dossier.Kind }
	citizen.get("/me").decode(t, &me)
	if me.Kind != dossier.Dispositivo {
		t.Errorf("kind %s after the decision at the counter", me.Kind)
	}
}

// attachesFromFolder: what the scanner left in the demonstration's folder is on the
// page, where the operator attaches it to who stands there, and can be taken at once.
//
// proves C6 C7
func (p *person) attachesFromFolder(s *server, who demo.Citizen) {
	p.t.Helper()
	folder := filepath.Join(s.Data, demoScans)
	out, code := command(p.t, "simulate", "scan", "--folder", folder, "--dossier", who.CodiceFiscale.String(),
		file(p.t, "dallo-scanner.pdf", document(p.t, "scanned")))
	if code != 0 || !strings.Contains(out, "1 scans left") {
		p.t.Fatalf("simulate scan: exit %d, %s", code, out)
	}
	err := testkit.WaitFor(time.Minute, func() error {
		p.visit("/desk/scansione")
		if !strings.Contains(p.text("#folder"), "Unisci alla pratica") {
			return errNotYet("the folder shows %s", p.text("#folder"))
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.inspect("desk-scan-folder")
	p.press("#folder form:last-of-type button")
	p.sees("#live", "può prendere la pratica")
	if left, err := filepath.Glob(filepath.Join(folder, "*.pdf")); err != nil || len(left) != 0 {
		p.t.Errorf("the folder still holds %v, %v", left, err)
	}
	p.press("#live form button")
	if now := p.where(); !strings.HasPrefix(now, "/desk/pratiche/") {
		p.t.Errorf("the case is not taken: %s", now)
	}
}
