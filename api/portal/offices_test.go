package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/offices"
	"dispositivo/internal/throttle"
	"dispositivo/pin/conversion"
)

// finder searches the real catalogue, 20 times at once.
func finder(t *testing.T) *offices.Finder {
	t.Helper()
	c, err := offices.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return offices.NewFinder(c, throttle.New(clock.NewStub(noon()), 20, time.Minute))
}

// search sends the form as a browser does.
func (b *bench) search(lang string, fields ...string) (status int, page string, header http.Header) {
	b.t.Helper()
	cookie, token := b.token("/sedi")
	form := url.Values{"csrf": {token}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	w := b.post("/sedi", cookie, lang, form)
	uitest.Check(b.t, lang+" "+strings.Join(fields, " "), w.Body.String())
	return w.Code, w.Body.String(), w.Header()
}

// proves E2: the nearest offices by position, or by a place that is typed.
func TestOffices(t *testing.T) {
	b := setup(t)
	status, page, _ := b.search("it", "luogo", "", "latitudine", "47.37", "longitudine", "8.55")
	if status != 200 {
		t.Fatalf("by position: %d", status)
	}
	wantInOrder(t, page, "Le più vicine", "centro della città", "Consolati", "a Zurigo", "meno di 1 km", "circa 154 km", `href="geo:46.01,8.96"`,
		"Ambasciate", "a Berna", "Sedi INPS", "di Como", "Tutte, per paese", "<summary>Italia", "107 sedi")
	status, page, _ = b.search("en", "luogo", "munich", "latitudine", "47.38", "longitudine", "8.54")
	if status != 200 || !strings.Contains(page, `value="munich"`) {
		t.Errorf("by city: %d", status)
	}
	wantInOrder(t, page, "The nearest", "Consulates", `lang="it">Consolato Generale d&#39;Italia a Monaco di Baviera`, "less than 1 km")
	status, page, _ = b.search("it", "luogo", " germania ")
	if wantInOrder(t, page, "Le sedi in questo paese", "Ambasciate", "a Berlino", "Consolati", "a Stoccarda"); status != 200 || strings.Contains(page, " km</span>") {
		t.Errorf("by country: %d", status)
	}
}

func wantInOrder(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, word := range words {
		_, after, found := strings.Cut(page, word)
		if !found {
			t.Errorf("%q is not there, or not in its place", word)
			continue
		}
		page = after
	}
}

// proves E2, promise 6: what is wrong is said, and how to mend it.
func TestOfficesRefused(t *testing.T) {
	b := setup(t)
	for _, tc := range []struct {
		place, lat, lon string
		it, en          string
	}{
		{"", "", "", "Dica prima dove si trova", "Say first where you are"},
		{"Atlantide", "", "", "Non troviamo questo luogo", "We cannot find this place"},
		{"", "91", "0", "Questa posizione non esiste", "There is no such position"},
		{"", "47.37", "", "Questa posizione non esiste", "There is no such position"},
		{"", "NaN", "8.54", "Questa posizione non esiste", "There is no such position"},
		{"", "47,3769", "8.5417E", "Questa posizione non esiste", "There is no such position"},
	} {
		for lang, want := range map[string]string{"it": tc.it, "en": tc.en} {
			status, page, _ := b.search(lang, "luogo", tc.place, "latitudine", tc.lat, "longitudine", tc.lon)
			if status != 422 || !strings.Contains(page, want) || !strings.Contains(page, `href="#place"`) || strings.Contains(page, "8.54") {
				t.Errorf("%+v %s: %d", tc, lang, status)
			}
		}
	}
	if log := b.log.String(); strings.Contains(log, "47,3769") || strings.Contains(log, "8.5417") || strings.Contains(log, "Atlantide") || !strings.Contains(log, "office.position") {
		t.Errorf("the log: %s", log)
	}
	for range 20 {
		if status, page, header := b.search("it", "luogo", "Torino"); status == 429 {
			if header.Get("Retry-After") == "" || !strings.Contains(page, `action="/sedi"`) {
				t.Errorf("too often: %v", header)
			}
			return
		}
	}
	t.Error("nothing bounds how often one source searches")
}

// proves E2, promise 4: a position is in no address and in no answer, and a forged form is not taken.
func TestOfficesKeepAPositionToThemselves(t *testing.T) {
	b := setup(t)
	cookie, _ := b.token("/sedi")
	if w := b.post("/sedi", cookie, "it", url.Values{"csrf": {"forged"}, "luogo": {"Torino"}}); w.Code != 403 {
		t.Errorf("forged: %d", w.Code)
	}
	if page := b.get("/sedi?latitudine=47.38&longitudine=8.54&luogo=Torino", "", "it").Body.String(); strings.Contains(page, `id="found"`) {
		t.Error("the page takes a position from its address")
	}
	_, page, header := b.search("it", "latitudine", "47.3811", "longitudine", "8.5411")
	if strings.Contains(page, "8.5411") || strings.Contains(page, "47.3811") || header.Get("Cache-Control") != "no-store" || !strings.Contains(page, `href="/sedi?lang=en"`) {
		t.Errorf("the answer holds the position, or is kept: %v", header)
	}
	for path, want := range map[string]string{"/sedi": "geolocation=(self)", "/": "geolocation=()", "/stato": "geolocation=()"} {
		if got := b.get(path, "", "it").Header().Get("Permissions-Policy"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// proves E2: from wherever an office is spoken of, the page is one step away.
func TestOfficesAreLinked(t *testing.T) {
	b := setup(t)
	b.conv.list = []conversion.Status{inState(dossier.StateWaiting)}
	for path, who := range map[string]string{"/": "", "/conversione": signedIn, "/conversione/d1/ritiro": signedIn} {
		if page := b.get(path, who, "it").Body.String(); strings.Count(page, `href="/sedi"`) != 2 { // the footer's, and its own
			t.Errorf("%s leads there %d times", path, strings.Count(page, `href="/sedi"`))
		}
	}
}
