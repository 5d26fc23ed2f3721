package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
)

// proves C9: the page of what nothing joined says what its channel knows, as a hint,
// and proposes, with why; the operator names the dossier, in a POST.
func TestMatching(t *testing.T) {
	b := setup(t)
	b.reviews.from = "+39 06 555 <0100>"
	b.reviews.submissions[1].Channel = dossier.ChannelFax
	body := b.get("/desk/invii/u1", dossier.RoleOperator, "it").Body.String()
	uitest.Check(t, "arrival", body)
	for _, want := range []string{
		"Numero chiamante", "&#43;39 06 555 &lt;0100&gt;", "può essere falso", "L&#39;apertura di questa pagina è registrata",
		"Maria &lt;Rossi&gt;", "In esame", "2026/0000007", "codice fiscale sulla tessera (pagina 2)",
		"stesso numero chiamante di 2026/0000005 (Fax, 22 novembre 2026", `name="fascicolo" value="d7"`, "/abbinamento",
		"La sua pratica", "salvo un carattere", "/rifiuto",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, `value="d8"`) {
		t.Error("the own dossier can be joined to")
	}
	if body := b.get("/desk/invii/u1", dossier.RoleAuditor, "it").Body.String(); strings.Contains(body, "/abbinamento") || strings.Contains(body, "/rifiuto") {
		t.Error("who looks on can match or refuse")
	}
	if w := b.get("/desk/invii/q1", dossier.RoleOperator, "it"); w.Code != 404 {
		t.Errorf("what is in quarantine can be matched: %d", w.Code)
	}
	list := b.get("/desk/non-abbinati", dossier.RoleOperator, "it").Body.String()
	if !strings.Contains(list, `href="/desk/invii/u1"`) || strings.Contains(list, "555") || strings.Contains(list, "Rossi") {
		t.Error("the list leads to the page, and names nobody")
	}
}

// What a channel knows a sender by is named as what it is.
func TestSenderIsNamedAsItIs(t *testing.T) {
	b := setup(t)
	for _, tt := range []struct {
		channel dossier.Channel
		from    string
		want    string
	}{
		{dossier.ChannelFax, "", "il canale non lo dice"},
		{dossier.ChannelFax, "fax@gateway.example", "Indirizzo del gateway fax"},
		{dossier.ChannelMail, "ada@example.org", "Indirizzo del mittente"},
		{dossier.ChannelPEC, "ada@pec.example.org", "Indirizzo del mittente"},
		{dossier.ChannelCounter, "", "Sportello"},
	} {
		b.reviews.from, b.reviews.submissions[1].Channel = tt.from, tt.channel
		body := b.get("/desk/invii/u1", dossier.RoleOperator, "it").Body.String()
		if !strings.Contains(body, tt.want) || !strings.Contains(body, tt.from) {
			t.Errorf("%s %q: no %q", tt.channel, tt.from, tt.want)
		}
		if said := strings.Contains(body, "può essere falso"); said != (tt.from != "") {
			t.Errorf("%s %q: hint %t", tt.channel, tt.from, said)
		}
		if tt.channel == dossier.ChannelCounter && strings.Contains(body, "Mittente") {
			t.Error("a scan has a sender")
		}
	}
}

// What an operator cannot do is said beside the submission; on the list, when a
// colleague was faster.
func TestMatchingRefused(t *testing.T) {
	b := setup(t)
	form := url.Values{"csrf": {"csrf-operator"}, "fascicolo": {"2026/0000007"}}
	if w := b.post("/desk/invii/u1/abbinamento", dossier.RoleOperator, form); w.Header().Get("Location") != "/desk/non-abbinati?fatto=joined" {
		t.Errorf("join: %d %q", w.Code, w.Header().Get("Location"))
	}
	if b.matches.named != "2026/0000007" {
		t.Errorf("named %q", b.matches.named)
	}
	for code, status := range map[dossier.Code]int{
		dossier.CodeNotFound: 404, dossier.CodeRequestInvalid: 400, dossier.CodeConversionClosed: 409, dossier.CodeOwnDossier: 409,
	} {
		b.matches.err = problem(code)
		w := b.post("/desk/invii/u1/abbinamento", dossier.RoleOperator, form)
		body := w.Body.String()
		if w.Code != status || !strings.Contains(body, "Che cosa è arrivato") || !strings.Contains(body, `value="2026/0000007"`) || !strings.Contains(body, `href="#named"`) {
			t.Errorf("%s: %d", code, w.Code)
		}
		uitest.Check(t, string(code), body)
	}
	b.matches.err = problem(dossier.CodeConversionClosed)
	chosen := url.Values{"csrf": {"csrf-operator"}, "fascicolo": {"d7"}}
	if body := b.post("/desk/invii/u1/abbinamento", dossier.RoleOperator, chosen).Body.String(); strings.Count(body, `value="d7"`) != 1 {
		t.Error("an id that nobody typed stands in the field")
	}
	b.reviews.refuse = problem(dossier.CodeRequestInvalid)
	refuse := url.Values{"csrf": {"csrf-operator"}, "lista": {"/desk/non-abbinati"}}
	if w := b.post("/desk/invii/u1/rifiuto", dossier.RoleOperator, refuse); w.Code != 400 || !strings.Contains(w.Body.String(), "Che cosa è arrivato") || !strings.Contains(w.Body.String(), `href="#refusal-u1"`) {
		t.Errorf("refusal without a reason: %d", w.Code)
	}
	b.reviews.submissions[1].State = dossier.SubmissionJoined
	b.matches.err = problem(dossier.CodeConflict)
	if w := b.post("/desk/invii/u1/abbinamento", dossier.RoleOperator, form); w.Code != 409 || !strings.Contains(w.Body.String(), "Invii non abbinati") {
		t.Errorf("a colleague was faster: %d", w.Code)
	}
}

// proves C2, C7: supervisors see what was turned away, why, and what to do.
func TestLedger(t *testing.T) {
	b := setup(t)
	for _, lang := range []string{"it", "en"} {
		w := b.get("/desk/respinti?canale=fax&prima=r0", dossier.RoleSupervisor, lang)
		uitest.Check(t, lang+" ledger", w.Body.String())
	}
	if b.ledger.asked != (dossier.RefusalFilter{Channel: dossier.ChannelFax, Before: "r0"}) {
		t.Errorf("asked for %+v", b.ledger.asked)
	}
	body := b.get("/desk/respinti?canale=fax", dossier.RoleSupervisor, "it").Body.String()
	for _, want := range []string{
		"fallita prima della prima pagina", "srfax", "faccia controllare linea", "8 MB", "la persona lo ha visto subito",
		"respinto all&#39;ingresso", "never.heard", `href="/desk/respinti?canale=fax&amp;prima=r2"`, `value="fax" selected`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if w := b.get("/desk/respinti?canale=pigeon", dossier.RoleSupervisor, "it"); w.Code != 400 {
		t.Errorf("a channel that is none: %d", w.Code)
	}
	for role, status := range map[dossier.Role]int{dossier.RoleOperator: 403, dossier.RoleAdmin: 403, dossier.RoleAuditor: 200} {
		if w := b.get("/desk/respinti", role, "it"); w.Code != status {
			t.Errorf("%s: %d", role, w.Code)
		}
	}
	if strings.Contains(b.get("/desk/code", dossier.RoleOperator, "it").Body.String(), "/desk/respinti") {
		t.Error("an operator is led there")
	}
}
