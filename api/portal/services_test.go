package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/pin/services"
)

// fakeServices decides by the real catalogue for who it is told the holder is,
// and remembers what was filed.
type fakeServices struct {
	who    services.Who
	drafts []services.Draft
	refuse error
	// asked is who asked for the list last.
	asked dossier.Actor
}

func (f *fakeServices) List(ctx context.Context, actor dossier.Actor) ([]services.Offer, error) {
	f.asked = actor
	list, err := services.Embedded()
	var offers []services.Offer
	for _, s := range list.All() {
		offers = append(offers, services.Offer{Service: s, Decision: s.Decide(f.who)})
	}
	return offers, err
}

func (f *fakeServices) Service(ctx context.Context, actor dossier.Actor, id string) (services.Offer, error) {
	offers, err := f.List(ctx, actor)
	for _, o := range offers {
		if o.ID == id {
			return o, err
		}
	}
	return services.Offer{}, problem(dossier.CodeNotFound)
}

func (f *fakeServices) Enter(ctx context.Context, actor dossier.Actor, id string) (services.Service, error) {
	o, err := f.Service(ctx, actor, id)
	if err == nil && !o.Open {
		err = problem(o.Rule)
	}
	return o.Service, err
}

func (f *fakeServices) File(_ context.Context, _ dossier.Actor, d services.Draft) (services.Filed, error) {
	f.drafts = append(f.drafts, d)
	return services.Filed{Domanda: f.domanda()}, f.refuse
}

func (f *fakeServices) domanda() dossier.Domanda {
	return dossier.Domanda{
		ID: "d1", Title: "Domanda <NASpI>", State: dossier.DomandaHeld, Note: "riga",
		Protocol: dossier.Protocol{Year: 2026, Number: 7, At: noon()},
	}
}

func (f *fakeServices) Domande(context.Context, dossier.Actor) ([]dossier.Domanda, error) {
	return []dossier.Domanda{f.domanda()}, nil
}

func (f *fakeServices) Domanda(_ context.Context, _ dossier.Actor, id string) (dossier.Domanda, error) {
	if id != "d1" {
		return dossier.Domanda{}, problem(dossier.CodeNotFound)
	}
	return f.domanda(), nil
}

func (f *fakeServices) Receipt(context.Context, dossier.Actor, string, string) ([]byte, error) {
	return []byte("%PDF-1.7"), nil
}

func wantIn(t *testing.T, what, body string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(body, word) {
			t.Errorf("%s: %q is missing", what, word)
		}
	}
}

// proves B7: the list says what is open, what is shut, and how to mend it.
func TestServicesPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.catalogue.who = services.Who{Category: dossier.CategoryWorker, Funds: []dossier.Fund{dossier.FundPrivate}, Kind: dossier.Ordinario}
	for lang, words := range map[string][]string{
		"it": {"Può usarli ora", "Il servizio è per altre categorie di utenti", `href="/conversione">Converti il PIN`, `href="/servizi/naspi"`},
		"en": {"You can use these now", "The service is for members of other funds", `href="/conversione">Convert the PIN`},
	} {
		w := b.get("/servizi", signedIn, lang)
		wantIn(t, lang, w.Body.String(), words...)
	}
	if w := b.get("/servizi", "dsp_citizen=token-half", "it"); w.Code != http.StatusOK {
		t.Errorf("with the first half: %d", w.Code)
	}
	w := b.get("/servizi/cambio-iban", signedIn, "it")
	if w.Code != http.StatusForbidden {
		t.Errorf("a shut service: %d", w.Code)
	}
	wantIn(t, "shut", w.Body.String(), "Per questo servizio serve un PIN dispositivo")
	w = b.post("/servizi/cedolino-pensione/ingresso", signedIn, "it", url.Values{"csrf": {"csrf-a"}})
	if w.Code != http.StatusForbidden {
		t.Errorf("entered a shut service: %d", w.Code)
	}
	w = b.post("/servizi/estratto-conto/ingresso", signedIn, "it", url.Values{"csrf": {"csrf-a"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/servizi/estratto-conto?dentro=1" {
		t.Errorf("entered: %d %s", w.Code, w.Header().Get("Location"))
	}
}

// proves B8: the form of a PIN ordinario says that the domanda waits; a second
// sending has the key of the first; a refusal keeps what was written.
func TestDomandaPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.catalogue.who = services.Who{Category: dossier.CategoryWorker, Funds: []dossier.Fund{dossier.FundPrivate}, Kind: dossier.Ordinario}
	page := b.get("/servizi/naspi", signedIn, "it").Body.String()
	wantIn(t, "form", page, "Il suo PIN è ordinario", `name="servizio" value="naspi"`)
	_, rest, _ := strings.Cut(page, `name="chiave" value="`)
	key, _, _ := strings.Cut(rest, `"`)
	form := url.Values{"csrf": {"csrf-a"}, "servizio": {"naspi"}, "testo": {"parole"}, "chiave": {key}}
	w := b.post("/domande", signedIn, "it", form)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/domande/d1?presentata=1" {
		t.Errorf("filed: %d %s", w.Code, w.Header().Get("Location"))
	}
	if got := b.catalogue.drafts; len(got) != 1 || key == "" || got[0] != (services.Draft{Service: "naspi", Note: "parole", Key: key}) {
		t.Errorf("drafts %+v", got)
	}
	b.catalogue.refuse = problem(dossier.CodeDomandaNote)
	w = b.post("/domande", signedIn, "it", form)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("refused: %d", w.Code)
	}
	wantIn(t, "refused", w.Body.String(), "parole</textarea>", `aria-invalid="true"`, key)
	wantIn(t, "list", b.get("/domande", signedIn, "it").Body.String(), "Domanda &lt;NASpI&gt;", "2026/0000007", "In attesa del PIN dispositivo", `href="/conversione"`)
	wantIn(t, "one", b.get("/domande/d1?presentata=1", signedIn, "en").Body.String(), "Application filed", "Waiting for the PIN dispositivo", "/domande/d1/ricevuta.pdf")
	if w := b.get("/domande/d1/ricevuta.pdf", signedIn, "it"); w.Header().Get("Content-Type") != "application/pdf" || w.Header().Get("Cache-Control") == "" {
		t.Errorf("receipt: %v", w.Header())
	}
	if w := b.get("/domande/d2", signedIn, "it"); w.Code != http.StatusNotFound {
		t.Errorf("another's: %d", w.Code)
	}
}
