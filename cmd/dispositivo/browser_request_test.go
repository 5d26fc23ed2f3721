package main

import (
	"strings"
	"testing"

	"dispositivo/internal/clock"
	"dispositivo/internal/paper"
)

// fills sets fields by their id, as somebody does who types and chooses.
func (p *person) fills(fields map[string]string) {
	p.t.Helper()
	for id, value := range fields {
		if _, err := eval[string](p, "document.getElementById("+quoted(id)+").value = "+quoted(value)); err != nil {
			p.t.Fatalf("fill %s: %v", id, err)
		}
	}
}

// applicantFields is applicant as the pages ask for it.
func applicantFields(t *testing.T, n int) map[string]string {
	t.Helper()
	who := applicant(t, n)
	fields := map[string]string{"f-time_band": "evening", "f-holder_type": "citizen", "f-document_type": "passport"}
	for key, value := range who {
		switch value := value.(type) {
		case string:
			fields["f-"+key] = value
		case map[string]string:
			for name, v := range value {
				id := "f-" + name
				if key == "document" {
					id = "f-document_" + name
				}
				fields[id] = v
			}
		}
	}
	return fields
}

// requestInBrowser is request → call-back → confirmed, and the desk's two other
// ways, every page looked at on a wide screen and a phone.
//
// proves A1 A3 A4 A5 E1
func requestInBrowser(t *testing.T, b *chromium, operator string, n int, script bool) {
	look := func(p *person, name string) {
		if script {
			p.inspect("request-" + name)
		}
	}
	citizen := b.person(t, wide, script)
	citizen.visit("/")
	citizen.press(`a[href="/richiesta-pin"]`)
	look(citizen, "first")
	citizen.expects("/richiesta-pin")
	fields := applicantFields(t, n)
	citizen.fills(map[string]string{"f-codice_fiscale": fields["f-codice_fiscale"]})
	citizen.click("#f-italy")
	citizen.click("#f-italian-no")
	citizen.press("main form button[type=submit]")
	citizen.sees("#problem", "SPID", "CIE", "CNS")
	look(citizen, "refused")
	citizen.click("#f-abroad")
	citizen.click("#f-italian-no")
	citizen.press("main form button[type=submit]")
	citizen.sees("main", "Passo 2 di 2")
	look(citizen, "second")

	citizen.expects("/richiesta-pin/dati")
	citizen.fills(fields)
	citizen.fills(map[string]string{"f-sex": "M", "f-email": "sbagliato"})
	citizen.press("main form button[type=submit]")
	citizen.sees("#problem", "Alcuni dati mancano")
	look(citizen, "fields")
	citizen.fills(map[string]string{"f-email": fields["f-email"]})
	citizen.press("main form button[type=submit]")
	citizen.sees("#contradictions", "il sesso")
	look(citizen, "contradiction")
	citizen.click("#f-confirmed")
	citizen.press("main form button[type=submit]")
	citizen.is("/richiesta-pin/inviata")
	citizen.sees("main", "La sua richiesta è stata presa in carico, a breve riceverà la prima parte di PIN")
	look(citizen, "done")
	citizen.findsMessage("La prima parte del suo PIN", fields["f-email"])

	clerk := b.person(t, wide, script)
	clerk.enterDesk(operator)
	clerk.callsBack(fields["f-street"], look)
	citizen.findsMessage("La seconda parte del PIN arriva per posta", fields["f-email"])
	issueInBrowser(t, clerk, n, look)
}

// callsBack calls once without being answered, and then is.
func (p *person) callsBack(street string, look func(*person, string)) {
	p.t.Helper()
	p.visit("/desk/richiami")
	p.sees("main", "Sera, dalle 17 alle 20")
	look(p, "calls")
	p.opensEveningCall()
	p.sees("main", street, "I dati in archivio sono quelli della richiesta")
	look(p, "call")
	p.expects(p.where())
	p.click("#outcome-refused")
	p.press(".dsp-decide form button[type=submit]")
	p.sees("#problem", "La richiesta non è valida")
	look(p, "call-refused")
	p.click("#outcome-unreached")
	p.press(".dsp-decide form button[type=submit]")
	p.is("/desk/richiami")
	p.sees(".dsp-alert-success", "si richiama")
	p.opensEveningCall()
	p.sees("main", "Da richiamare", "Tentativi: 1")
	p.click("#outcome-confirmed")
	p.press(".dsp-decide form button[type=submit]")
	p.sees(".dsp-alert-success", "i dati sono confermati")
	look(p, "calls-done")
}

// opensEveningCall opens the request that is to be called in the evening. The
// list is everybody's: a letter that came back puts a call there at any moment,
// but none that has to wait for the evening.
func (p *person) opensEveningCall() {
	p.t.Helper()
	found, err := eval[int](p, `(() => {
		const rows = [...document.querySelectorAll("tbody tr")].filter(row => row.innerText.includes("Sera, dalle 17 alle 20"));
		rows.at(-1)?.querySelector("a.btn").setAttribute("id", "evening");
		return rows.length;
	})()`)
	if err != nil || found != 1 {
		p.t.Fatalf("%d calls in the evening, want 1: %v", found, err)
	}
	p.press("#evening")
}

// issueInBrowser is the telephone and the counter.
func issueInBrowser(t *testing.T, clerk *person, n int, look func(*person, string)) {
	t.Helper()
	clerk.visit("/desk/telefono")
	look(clerk, "phone")
	clerk.fills(without(applicantFields(t, n+1), "f-time_band"))
	clerk.click("#f-italian-no")
	clerk.press("main form button[type=submit]")
	clerk.sees("main", "La legga ad alta voce adesso")
	half := clerk.text(".dsp-half")
	look(clerk, "half")
	clerk.visit("/desk/telefono")
	if again := clerk.text("main"); len(half) != 9 || strings.Contains(again, half) {
		t.Errorf("the half %q is shown twice, or is none", half)
	}

	clerk.visit("/desk/sportello")
	look(clerk, "counter")
	clerk.expects("/desk/sportello")
	clerk.fills(without(applicantFields(t, n+2), "f-time_band"))
	clerk.click("#f-other")
	clerk.click("#f-italian-no")
	clerk.click("#f-verified")
	clerk.press("main form button[type=submit]")
	clerk.sees("#problem", "Il PIN si consegna solo al titolare")
	look(clerk, "counter-refused")
	clerk.click("#f-holder")
	clerk.click("main form button[type=submit]")
	if envelope := clerk.downloaded(); len(envelope) < 1000 {
		t.Errorf("an envelope of %d bytes", len(envelope))
	}
	archives(t, clerk, n+2, look)
}

// archives keeps the papers that the PIN of the counter was issued with.
func archives(t *testing.T, clerk *person, n int, look func(*person, string)) {
	t.Helper()
	papers, err := paper.BlankForm("Ente", clock.System().Now(), paper.Ways{}, 90, "it")
	if err != nil {
		t.Fatal(err)
	}
	scan := file(t, "mv35.pdf", papers)
	clerk.visit("/desk/sportello")
	clerk.press(`main a[href="/desk/archivio"]`)
	clerk.expects("/desk/archivio")
	clerk.types("#cf", inventedCF(t, 4000))
	clerk.chooses(scan)
	clerk.press(".dsp-form button[type=submit]")
	clerk.sees("#problem", "Nessun PIN dello sportello")
	look(clerk, "archive-refused")
	clerk.types("#cf", inventedCF(t, 5000+n))
	clerk.chooses(scan)
	clerk.press(".dsp-form button[type=submit]")
	if protocolNumber.FindString(clerk.text(".dsp-receipt")) == "" {
		t.Errorf("nothing archived:\n%s", clerk.text("main"))
	}
	look(clerk, "archived")
	looksAtArchive(t, clerk, inventedCF(t, 5000+n), look)
}

// looksAtArchive opens what was archived of a holder, as pictures.
func looksAtArchive(t *testing.T, clerk *person, codiceFiscale string, look func(*person, string)) {
	t.Helper()
	clerk.visit("/desk/titolari")
	clerk.types("#cf", codiceFiscale)
	clerk.press("main form button[type=submit]")
	clerk.press(`main a[href$="/archivio"]`)
	look(clerk, "kept")
	clerk.press(`main .dsp-sent a`)
	clerk.sees("main", "Pagina 1 di")
	wide, err := eval[int](clerk, `document.querySelector(".dsp-kept img").naturalWidth`)
	if err != nil || wide < 500 {
		t.Errorf("the page is %d pixels wide, %v", wide, err)
	}
	look(clerk, "kept-page")
}

func without(fields map[string]string, name string) map[string]string {
	delete(fields, name)
	return fields
}

// requests asks for a PIN with JavaScript and then without: one after the other,
// because each takes the only call of the evening.
func requests(t *testing.T, b *chromium) {
	requestInBrowser(t, b, "operatore2", 100, true)
	requestInBrowser(t, b, "supervisore", 200, false)
}
