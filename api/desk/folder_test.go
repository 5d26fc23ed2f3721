package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/intake/counter"
)

// proves C6: what the scanner left is on the counter's page, with what its sidecar says
// in the field; attaching leads on to where it is decided, and a problem stays there.
func TestFolder(t *testing.T) {
	b := setup(t)
	b.scans.folder = []counter.Scan{
		{Submission: submission("f1", dossier.SubmissionUnmatched, 2), Named: "RSSMRA80A01H501U"},
		{Submission: submission("f2", dossier.SubmissionJoined, 2), Viewable: true},
		{Submission: submission("f3", dossier.SubmissionJoined, 2)},
		{Submission: submission("f4", dossier.SubmissionScreening, 0)},
	}
	const attach, every = "/desk/scansione/f1/fascicolo", `hx-trigger="every 4s"`
	for _, lang := range []string{"it", "en"} {
		body := b.get("/desk/scansione", dossier.RoleOperator, lang).Body.String()
		uitest.Check(t, lang, body)
		for _, want := range []string{attach, `value="RSSMRA80A01H501U"`, `href="/desk/scansione/f2"`, `name="fascicolo" value="2026/0000007"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page lacks %q", lang, want)
			}
		}
		for _, never := range []string{"/desk/scansione/f2/fascicolo", `href="/desk/scansione/f3"`, "/desk/scansione/f4/fascicolo", every} {
			if strings.Contains(body, never) {
				t.Errorf("%s: the page has %q", lang, never)
			}
		}
	}
	form := url.Values{"csrf": {"csrf-operator"}, "fascicolo": {"2026/0000007"}}
	if w := b.post(attach, dossier.RoleOperator, form); w.Code != 303 || w.Header().Get("Location") != "/desk/scansione/f1" || b.scans.named != "2026/0000007" {
		t.Errorf("%d %q, %q", w.Code, w.Header().Get("Location"), b.scans.named)
	}
	for code, want := range map[dossier.Code]int{
		dossier.CodeNotFound: 404, dossier.CodeRequestInvalid: 400, dossier.CodeOwnDossier: 409, dossier.CodeConversionClosed: 409,
		dossier.CodeAlreadyDispositivo: 409, dossier.CodeConflict: 409, dossier.CodeDossierChanged: 409,
	} {
		b.scans.refuse = problem(code)
		w := b.post(attach, dossier.RoleOperator, form)
		if w.Code != want || !strings.Contains(w.Body.String(), `id="attach-f1" name="fascicolo" value="2026/0000007"`) {
			t.Errorf("%s: %d", code, w.Code)
		}
		uitest.Check(t, string(code), w.Body.String())
	}
	b.scans.refuse = nil
	b.scans.folder = b.scans.folder[1:]
	if body := b.get("/desk/scansione", dossier.RoleOperator, "it").Body.String(); !strings.Contains(body, every) {
		t.Error("a list in which something is read does not come anew")
	}
}

// proves C6: who does not decide attaches nothing.
func TestAttachingIsForReviewers(t *testing.T) {
	b := setup(t)
	for role, want := range map[dossier.Role]int{"": 303, dossier.RoleCitizen: 303, dossier.RoleAuditor: 403, dossier.RoleAdmin: 403, dossier.RoleOperator: 403} {
		form := url.Values{"csrf": {"csrf-" + string(role)}, "fascicolo": {"x"}}
		if role == dossier.RoleOperator {
			form.Set("csrf", "forged")
		}
		if w := b.post("/desk/scansione/f1/fascicolo", role, form); w.Code != want || b.scans.named != "" {
			t.Errorf("as %q: %d", role, w.Code)
		}
	}
}
