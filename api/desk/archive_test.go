package desk_test

import (
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
)

// proves A5: the scan of the papers of an issue, and whose they are, go to the domain;
// its number is shown; what is wrong is said on the form.
func TestArchive(t *testing.T) {
	b := setup(t)
	const path = "/desk/archivio"
	csrf, cf, file := part{"csrf", "", "csrf-operator"}, part{"codice_fiscale", "", "RSSMRA80A01H501U"}, part{"file", "mv35.pdf", "%PDF-1.7"}
	w := b.sendsPartsTo(path, dossier.RoleOperator, csrf, cf, file)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "2026/0000018") || b.scans.named != "RSSMRA80A01H501U" || b.scans.scan != "%PDF-1.7" {
		t.Fatalf("%d, %q %q", w.Code, b.scans.named, b.scans.scan)
	}
	uitest.Check(t, "archived", w.Body.String())
	b.scans.scan = ""
	for name, tt := range map[string]struct {
		parts []part
		want  int
	}{
		"forged": {[]part{{"csrf", "", "forged"}, cf, file}, 403}, "nobody's": {[]part{csrf, file}, 400}, "no file": {[]part{csrf, cf}, 422},
		"two files": {[]part{csrf, cf, file, file}, 400},
	} {
		if w := b.sendsPartsTo(path, dossier.RoleOperator, tt.parts...); w.Code != tt.want || b.scans.scan != "" {
			t.Errorf("%s: %d, %q", name, w.Code, b.scans.scan)
		}
	}
	for code, want := range map[dossier.Code]string{
		dossier.CodeNotFound: `href="#cf"`, dossier.CodeRequestInvalid: `href="#cf"`, dossier.CodeOwnDossier: `href="#cf"`,
		dossier.Code(dossier.FileType): `href="#file"`,
	} {
		b.scans.refuse = &dossier.Error{Code: code, Args: map[string]string{"found": "png"}}
		body := b.sendsPartsTo(path, dossier.RoleOperator, csrf, cf, file).Body.String()
		if !strings.Contains(body, want) || !strings.Contains(body, `value="RSSMRA80A01H501U"`) {
			t.Errorf("%s: %s", code, body)
		}
		uitest.Check(t, string(code), body)
	}
	for role, want := range map[dossier.Role]int{"": 303, dossier.RoleCitizen: 303, dossier.RoleAuditor: 403, dossier.RoleAdmin: 403} {
		if got := b.get(path, role, "it").Code; got != want {
			t.Errorf("%q: %d, want %d", role, got, want)
		}
	}
	if !strings.Contains(b.get("/desk/sportello", dossier.RoleOperator, "it").Body.String(), `href="/desk/archivio"`) {
		t.Error("the counter does not lead to the archive")
	}
}
