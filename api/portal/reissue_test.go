package portal_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
)

// fakeLetters remembers who asked.
type fakeLetters struct {
	asked  []string
	refuse error
}

func (f *fakeLetters) Reissue(_ context.Context, cf, _ string) error {
	f.asked = append(f.asked, cf)
	return f.refuse
}

func (*fakeLetters) WaitDays() map[string]string {
	return map[string]string{"italy": "11", "europe": "31", "elsewhere": "46"}
}

// proves A8, A9, E1: the page of the re-issue says how long a letter is waited
// for, answers everybody with the same bytes, and shows what the domain refuses.
func TestReissue(t *testing.T) {
	b := setup(t)
	for _, lang := range []string{"it", "en"} {
		page := b.get("/pin/riemissione", "", lang).Body.String()
		uitest.Check(t, lang, page)
		for _, days := range []string{"11 ", "31 ", "46 "} {
			if !strings.Contains(page, days) {
				t.Errorf("%s: %s days are not told", lang, days)
			}
		}
		cookie, token := b.token("/pin/riemissione")
		var answers []string
		for _, cf := range []string{"RSSMRA72L09H501S", "nobody"} {
			w := b.post("/pin/riemissione", cookie, lang, url.Values{"csrf": {token}, "codice_fiscale": {cf}})
			if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), cf) {
				t.Errorf("%s %s: %d", lang, cf, w.Code)
			}
			answers = append(answers, w.Body.String())
		}
		if answers[0] != answers[1] {
			t.Errorf("%s: answers differ", lang)
		}
		uitest.Check(t, lang+" done", answers[0])
	}
	if got := strings.Join(b.letters.asked, " "); got != "RSSMRA72L09H501S nobody RSSMRA72L09H501S nobody" {
		t.Errorf("asked for %s", got)
	}
	b.letters.refuse = &dossier.Error{Code: dossier.CodeRateLimited, Args: map[string]string{"seconds": "7"}}
	cookie, token := b.token("/pin/riemissione")
	w := b.post("/pin/riemissione", cookie, "it", url.Values{"csrf": {token}, "codice_fiscale": {"X"}})
	if w.Code != 429 || !strings.Contains(w.Body.String(), "Troppe richieste") {
		t.Errorf("refused: %d", w.Code)
	}
}
