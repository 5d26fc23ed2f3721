package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

var protocolNumber = regexp.MustCompile(`\b20\d\d/\d{7}\b`)

// proves C1 C2 C7 C10 C11: the main job as people do it, with JavaScript and
// without.
func storyInBrowser(t *testing.T, b *chromium, who demo.Citizen, operator string, script bool) {
	citizen := b.person(t, wide, script)
	form := citizen.fetchesForm(who)
	path := file(t, "modulo firmato.pdf", signedDocument(t, who, form))
	protocol := citizen.sends(path)
	citizen.waitsFor("In esame", script)

	clerk := b.person(t, wide, script)
	clerk.enterDesk(operator)
	done := clerk.handsFree()
	clerk.takes(protocol)
	clerk.approves(script)
	done()

	citizen.waitsFor("il PIN è dispositivo", script)
	citizen.visit("/area")
	citizen.sees("main", "PIN dispositivo", "Non deve fare nulla")
	citizen.visit("/conversione")
	citizen.sees("main", "Il suo PIN è già dispositivo")
	citizen.findsMessage("Il suo PIN è ora dispositivo", who.Email)
}

// fetchesForm signs in from the landing page and downloads the form.
func (p *person) fetchesForm(who demo.Citizen) []byte {
	p.t.Helper()
	p.visit("/")
	p.press(".dsp-hero .btn-primary")
	p.is("/accesso")
	p.signIn(who)
	p.is("/conversione")
	p.click(`a[href="/conversione/modulo.pdf"]`)
	form := p.downloaded()
	if !bytes.HasPrefix(form, []byte("%PDF-")) {
		p.t.Fatalf("the form is no PDF: %.20q", form)
	}
	return form
}

// sends uploads a file and returns the protocol number of the receipt.
func (p *person) sends(path string) string {
	p.t.Helper()
	p.chooses(path)
	if status := p.press("[data-upload] button[type=submit]"); status != 200 {
		p.t.Fatalf("upload: status %d\n%s", status, p.text("main"))
	}
	receipt := p.text(".dsp-receipt")
	protocol := protocolNumber.FindString(receipt)
	if protocol == "" {
		p.t.Fatalf("no protocol number on the receipt: %s\n%s", receipt, p.text("main"))
	}
	return protocol
}

// waitsFor looks at the status page until it says so. With JavaScript the page
// must come to it by itself, without being loaded again; without, the page
// asks the browser to load it again, which the person does here.
func (p *person) waitsFor(state string, script bool) {
	p.t.Helper()
	if script {
		if _, err := eval[bool](p, "window.sameDocument = true"); err != nil {
			p.t.Fatal(err)
		}
	}
	err := testkit.WaitFor(patience, func() error {
		if got := p.text("#live .dsp-now"); !strings.Contains(got, state) {
			if !script || strings.Contains(got, "In esame") {
				p.visit(p.where()) // only what the machine does next shows by itself
			}
			return fmt.Errorf("the page says %q, not %q", got, state)
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if same, err := eval[bool](p, "window.sameDocument === true"); script && state == "In esame" && (err != nil || !same) {
		p.t.Error("the page was loaded again instead of changing by itself")
	}
}

// takes takes the case with the protocol number out of the queue.
func (p *person) takes(protocol string) {
	p.t.Helper()
	id, err := eval[string](p, `[...document.querySelectorAll("tr")].find(r => r.innerText.includes(`+quoted(protocol)+`))?.querySelector("form")?.getAttribute("action") ?? ""`)
	if err != nil || id == "" {
		p.t.Fatalf("%s cannot be taken (%v):\n%s", protocol, err, p.text("main"))
	}
	p.press(`form[action=` + quoted(id) + `] button`)
	p.sees("h1", protocol)
}

// approves looks at the pages one by one and approves; too early first.
func (p *person) approves(script bool) {
	p.t.Helper()
	review := p.where()
	if script {
		p.sees("[data-pending]", "Prima di approvare guardi tutte le pagine")
		p.expects(review + "/decisione")
		p.click("#action-approve")
		p.press(".dsp-decide form button[type=submit]")
		p.sees("#problem", "guard")
		p.visit(review)
		p.sees(".dsp-sheet:not([hidden])", "Pagina 1 di 2")
		p.click(`[data-tool="next"]`)
		p.sees(".dsp-sheet:not([hidden])", "Pagina 2 di 2")
		for _, tool := range []string{"turn", "in", "out", "contrast", "invert"} {
			p.click(`[data-tool="` + tool + `"]`)
		}
	}
	// Without JavaScript all pages stand below each other, already loaded.
	if !script {
		p.visit(review)
	}
	p.sees("[data-seen-count]", "Ha guardato tutte le pagine")
	p.click("#action-approve")
	p.types("#note", "Firma e dati coincidono.")
	p.press(".dsp-decide form button[type=submit]")
	p.is("/desk/code")
	p.sees(".dsp-alert-success", "pratica approvata")
}

// findsMessage waits for a message in the demonstration's box.
func (p *person) findsMessage(texts ...string) {
	p.t.Helper()
	err := testkit.WaitFor(patience, func() error {
		p.visit("/demo/messages")
		box := p.text(".dsp-messages")
		for _, text := range texts {
			if !strings.Contains(box, text) {
				return fmt.Errorf("no %q in %s", text, box)
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
