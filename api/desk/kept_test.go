package desk_test

import (
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/intake/counter"
)

// proves A5: the papers of the counter are listed, and shown page by page as
// pictures that nobody stores.
func TestKeptPapers(t *testing.T) {
	b := setup(t)
	const path = "/desk/titolari/h1/archivio"
	b.scans.kept = []dossier.Submission{{ID: "s9", Protocol: dossier.Protocol{Year: 2026, Number: 18}}}
	list := b.get(path, dossier.RoleOperator, "en").Body.String()
	uitest.Check(t, "kept", list)
	if !strings.Contains(list, `href="`+path+`/s9"`) || !strings.Contains(list, "2026/0000018") {
		t.Error("the scan is not listed")
	}
	b.scans.pages = 3
	for query, want := range map[string][]string{
		"":           {"/s9/1.img", "?pagina=2"},
		"?pagina=2":  {"/s9/2.img", "?pagina=1", "?pagina=3"},
		"?pagina=3":  {"/s9/3.img", "?pagina=2"},
		"?pagina=4":  {"/s9/1.img"},
		"?pagina=-1": {"/s9/1.img"},
	} {
		page := b.get(path+"/s9"+query, dossier.RoleOperator, "it").Body.String()
		uitest.Check(t, "kept scan", page)
		for _, part := range want {
			if !strings.Contains(page, part) {
				t.Errorf("%s: no %s", query, part)
			}
		}
		if strings.Contains(page, "pagina=4") || strings.Contains(page, "pagina=0") {
			t.Errorf("%s leads beyond the scan", query)
		}
	}
	b.scans.pages = 0
	if page := b.get(path+"/s9", dossier.RoleOperator, "it").Body.String(); strings.Contains(page, ".img") || !strings.Contains(page, "non si possono mostrare") {
		t.Error("what cannot be drawn is shown")
	}
}

// proves A5: a page leaves as a picture alone, and no store keeps it.
func TestKeptPicture(t *testing.T) {
	b := setup(t)
	const path = "/desk/titolari/h1/archivio/s9/"
	b.scans.picture = counter.Picture{ContentType: "image/png", Data: []byte("\x89PNG")}
	w := b.get(path+"2.img", dossier.RoleSupervisor, "it")
	if w.Code != 200 || w.Body.String() != "\x89PNG" || b.scans.named != "h1 s9 2" || w.Header().Get("Content-Type") != "image/png" ||
		w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v for %q", w.Code, w.Header(), b.scans.named)
	}
	for _, bad := range []string{"0.img", "-1.img", "x.img", "1.pdf", "1", "1000.img"} {
		if w := b.get(path+bad, dossier.RoleOperator, "it"); w.Code != 404 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	b.scans.picture.ContentType = "application/pdf"
	if w := b.get(path+"1.img", dossier.RoleOperator, "it"); w.Code != 500 || strings.Contains(w.Body.String(), "PNG") {
		t.Errorf("a file leaves: %d", w.Code)
	}
	for role, want := range map[dossier.Role]int{dossier.RoleAuditor: 403, dossier.RoleAdmin: 403} {
		if w := b.get(path+"1.img", role, "it"); w.Code != want {
			t.Errorf("%s: %d", role, w.Code)
		}
	}
}
