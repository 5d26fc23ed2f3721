package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/internal/federation"
)

// proves B9: the sign-in page offers what is configured; who comes back from the
// provider is signed in, and who is not known or not confirmed is told so there.
func TestIdentities(t *testing.T) {
	b := setup(t)
	page := b.get("/accesso", "", "it").Body.String()
	if !strings.Contains(page, `href="/accesso/identita/spid"`) || !strings.Contains(page, `href="/accesso/identita/cns"`) || strings.Contains(page, "identita/cie") {
		t.Error("not the ways that are configured")
	}
	begun := b.get("/accesso/identita/spid", "", "it")
	visit := begun.Header().Get("Set-Cookie")
	if begun.Code != http.StatusSeeOther || begun.Header().Get("Location") != "https://idp.example/authorize" ||
		!strings.Contains(visit, "dsp_visit=visit-a; Path=/accesso/identita; Max-Age=600; HttpOnly; SameSite=Lax") {
		t.Errorf("begun: %d %v", begun.Code, begun.Header())
	}
	const back, cookie = "/accesso/identita/spid/ritorno?code=c&state=s", "dsp_visit=visit-a"
	b.identities.id = federation.Identity{Way: dossier.WaySPID, CodiceFiscale: "RSSMRA85T10A562S"}
	in := b.get(back, cookie, "it")
	if cookies := strings.Join(in.Header().Values("Set-Cookie"), "\n"); in.Code != http.StatusSeeOther || in.Header().Get("Location") != "/area" ||
		!strings.Contains(cookies, "dsp_citizen=token-a") || !strings.Contains(cookies, "dsp_visit=;") {
		t.Errorf("in: %d %v", in.Code, in.Header())
	}
	if in := b.get("/accesso/identita/cns", "", "it"); in.Code != http.StatusSeeOther || in.Header().Get("Location") != "/area" {
		t.Errorf("with a card: %d %v", in.Code, in.Header())
	}
	b.identities.id.CodiceFiscale = "RSSMRA72L09H501S"
	for _, lang := range []string{"it", "en"} {
		for code, path := range map[dossier.Code]string{dossier.CodeIdentityUnknown: back, dossier.CodeIdentityRefused: "/accesso/identita/spid/ritorno?error=access_denied"} {
			w := b.get(path, cookie, lang)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `id="problem"`) || strings.Contains(w.Body.String(), "RSSMRA72") {
				t.Errorf("%s %s: %d", lang, code, w.Code)
			}
			uitest.Check(t, lang+" "+string(code), w.Body.String())
		}
	}
	for _, path := range []string{"/accesso/identita/cie", "/accesso/identita/cie/ritorno", "/accesso/identita/pin", "/accesso/identita/cns/ritorno"} {
		if w := b.get(path, cookie, "it"); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
