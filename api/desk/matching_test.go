package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"dispositivo/dossier"
)

// proves C9: the list proposes, with why; the operator names the dossier, in a POST.
func TestMatching(t *testing.T) {
	b := setup(t)
	b.reviews.submissions[0].State = dossier.SubmissionUnmatched
	body := b.get("/desk/non-abbinati", dossier.RoleOperator, "it").Body.String()
	for _, want := range []string{"2026/0000007", "codice fiscale sulla tessera, stesso mittente", `name="fascicolo" value="2026/0000007"`, "/abbinamento"} {
		if !strings.Contains(body, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if body := b.get("/desk/quarantena", dossier.RoleOperator, "it").Body.String(); strings.Contains(body, "/abbinamento") {
		t.Error("what is in quarantine can be matched")
	}
	if body := b.get("/desk/non-abbinati", dossier.RoleAuditor, "it").Body.String(); strings.Contains(body, "/abbinamento") {
		t.Error("who looks on can match")
	}
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
		if w := b.post("/desk/invii/u1/abbinamento", dossier.RoleOperator, form); w.Code != status || !strings.Contains(w.Body.String(), "Invii non abbinati") {
			t.Errorf("%s: %d", code, w.Code)
		}
	}
}
