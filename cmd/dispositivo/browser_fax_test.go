package main

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/clock"
	"dispositivo/internal/demo"
)

// proves C9: an operator sees a fax that no code joins, and leads it to its dossier by
// what is typed, or as the caller's number and the zone of the document propose; the page
// stands up to axe, wide and on a phone.
func TestMatchingInTheBrowser(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	who := free()[0]
	citizen := s.citizen(who)
	citizen.form() // opens the dossier
	protocol, first := "", ""
	passport, err := demo.SpecimenPassport(who, clock.System().Now(), demo.SpecimenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range [][]byte{document(t, "of nobody"), passport} {
		received := fax.GenericFax{ID: strconv.Itoa(i), From: "+390655512", Status: "received", File: file}
		header, body := genericCall(t, demoFaxSecret, received)
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
	clerk.sees("main", protocol)
	clerk.inspect("desk-unmatched")
	clerk.visit("/desk/invii/" + first)
	clerk.sees("main", "Numero chiamante", "+390655512", "può essere falso", "Niente di ciò che si è letto")
	clerk.inspect("desk-arrival")
	clerk.types("#named", "nessuno")
	clerk.expects("/desk/invii/" + first + "/abbinamento")
	clerk.press(".dsp-form:has(#named) button")
	clerk.sees("#problem")
	clerk.inspect("desk-arrival-refused")
	clerk.types("#named", who.CodiceFiscale.String())
	clerk.press(".dsp-form:has(#named) button")
	clerk.sees("main", "Invio abbinato", protocol)
	clerk.press(`a[href^="/desk/invii/"]`)
	clerk.sees("main", "stesso numero chiamante", "data di nascita e sesso letti sul documento", who.FullName())
	clerk.inspect("desk-arrival-proposal")
	clerk.press(".dsp-sent form button")
	clerk.sees("main", "Invio abbinato")
	citizen.await(dossier.StateReviewing)
}

// proves C2, C7: a supervisor sees what was turned away, with what to do.
func TestRefusalsInTheBrowser(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	boss := openBrowser(t, s).person(t, wide, true)
	boss.enterDesk("supervisore")
	boss.visit("/desk/respinti")
	boss.sees("main", "Niente è stato respinto")
	boss.inspect("desk-refusals-none")
	header, body := genericCall(t, demoFaxSecret, fax.GenericFax{ID: "none", From: "+390655512", Status: "failed"})
	if a := s.nobody().do(http.MethodPost, "/gateways/fax/generic", header, bytes.NewReader(body)); a.Status >= http.StatusMultipleChoices {
		t.Fatalf("failed fax: %d %s", a.Status, a.Body)
	}
	citizen := s.citizen(free()[0])
	for _, wrong := range [][]byte{picture(t), tooLarge()} {
		contentType, form := multipartFile(t, "foto.pdf", wrong)
		citizen.do(http.MethodPost, "/conversions", http.Header{"Content-Type": {contentType}}, bytes.NewReader(form))
	}
	boss.visit("/desk/respinti")
	boss.sees("main", "fallita prima della prima pagina", "generic", "né PDF né TIFF", "supera il limite")
	boss.inspect("desk-refusals")
	boss.visit("/desk/respinti?canale=fax")
	boss.sees("main", "fax.failed", "faccia controllare linea")
}
