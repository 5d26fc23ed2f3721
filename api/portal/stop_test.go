package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"dispositivo/dossier"
)

// proves C12: opening the link stops nothing; the button does, with the page's
// token, and what is over says so.
func TestStopByButtonAlone(t *testing.T) {
	b := setup(t)
	cookie, token := b.token("/ferma/SOMELINK")
	if len(b.conv.stopped) != 0 {
		t.Fatal("stopped by opening the link")
	}
	if w := b.post("/ferma", cookie, "it", url.Values{"link": {"SOMELINK"}}); w.Code != 403 || len(b.conv.stopped) != 0 {
		t.Errorf("without token: %d", w.Code)
	}
	form := url.Values{"csrf": {token}, "link": {"SOMELINK"}}
	if w := b.post("/ferma", cookie, "it", form); w.Code != 200 || len(b.conv.stopped) != 1 || b.conv.stopped[0] != "SOMELINK" ||
		!strings.Contains(w.Body.String(), "Il PIN è sospeso.") {
		t.Errorf("%d, stopped %v", w.Code, b.conv.stopped)
	}
	b.conv.refuse = problem(dossier.CodeStopOver)
	if w := b.post("/ferma", cookie, "en", form); w.Code != 409 || !strings.Contains(w.Body.String(), "The link is no longer good") ||
		strings.Contains(w.Body.String(), `action="/ferma"`) || !strings.Contains(w.Body.String(), `href="/pin/revoca"`) {
		t.Errorf("over: %d, want the way to revoke and no button", w.Code)
	}
}
