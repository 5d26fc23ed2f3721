package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/pin/journal"
)

// fakeJournal remembers what it is asked for, and knows one person.
type fakeJournal struct {
	filter journal.Filter
	search journal.Search
}

func (f *fakeJournal) All(_ context.Context, _ dossier.Actor, filter journal.Filter) (journal.Page, error) {
	f.filter = filter
	next := filter
	next.Before = 7
	return journal.Page{Next: &next, Lines: []journal.Line{{
		Entry: audit.Entry{Row: 7, Actor: "delegate:d", Action: "domanda.taken", Subject: "s<1>", HolderID: "h1", Detail: `{"a":1}`}, Role: "delegate",
	}}}, nil
}

func (f *fakeJournal) Find(_ context.Context, _ dossier.Actor, q journal.Search, filter journal.Filter) (journal.Filter, error) {
	f.search = q
	if q.CodiceFiscale != "RSSMRA85T10A562S" {
		return filter, problem(dossier.CodeNotFound)
	}
	filter.HolderID, filter.Subjects = "h1", []string{"s1", "s2"}
	return filter, nil
}

func (f *fakeJournal) Export(_ context.Context, _ dossier.Actor, filter journal.Filter, file *journal.CSV) error {
	f.filter = filter
	if err := file.Entry(audit.Entry{Row: 7}); err != nil {
		return err
	}
	return file.End()
}

func (f *fakeJournal) Evidence(_ context.Context, _ dossier.Actor, row int64) (journal.Evidence, error) {
	if row != 7 {
		return journal.Evidence{}, problem(dossier.CodeNotFound)
	}
	return journal.Evidence{Line: journal.Line{Entry: audit.Entry{Row: 7, HolderID: "h1"}}, Fields: [][2]string{{"subject", "<AIDP>"}}}, nil
}

// proves B6: the sealed evidence of an entry is the auditor's alone.
func TestEvidence(t *testing.T) {
	b := setup(t)
	if body := b.get("/desk/registro/righe/7", dossier.RoleAuditor, "it").Body.String(); !strings.Contains(body, "&lt;AIDP&gt;") {
		t.Errorf("the page lacks the evidence: %s", body)
	}
	for path, want := range map[string]int{"/desk/registro/righe/8": http.StatusNotFound, "/desk/registro/righe/x": http.StatusNotFound} {
		if w := b.get(path, dossier.RoleAuditor, "it"); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := b.get("/desk/registro/righe/7", dossier.RoleSupervisor, "it"); w.Code != http.StatusForbidden {
		t.Errorf("a supervisor: %d", w.Code)
	}
}

// proves B6: the auditor filters by days of Rome, both included, by who, by what and
// by whom it is about; what names a person is in no address; the export has the
// filter of the page. Nobody else gets at it.
func TestJournal(t *testing.T) {
	b := setup(t)
	log := b.journal
	query := "dal=2026-03-01&al=2026-03-02&attore=delegate&atto=domanda&titolare=h1&oggetto=s1&oggetto=s2&prima=9"
	body := b.get("/desk/registro?"+query, dossier.RoleAuditor, "it").Body.String()
	want := journal.Filter{
		Since: time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC), Until: time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC),
		Actor: "delegate", Action: "domanda", HolderID: "h1", Subjects: []string{"s1", "s2"}, Before: 9,
	}
	same := func(got, want journal.Filter) bool {
		return got.Since.Equal(want.Since) && got.Until.Equal(want.Until) && got.Actor == want.Actor && got.Action == want.Action &&
			got.HolderID == want.HolderID && slices.Equal(got.Subjects, want.Subjects) && got.Before == want.Before
	}
	if !same(log.filter, want) {
		t.Errorf("asked for %+v, want %+v", log.filter, want)
	}
	for _, words := range []string{"s&lt;1&gt;", "prima=7", `value="delegate" selected`, `value="domanda" selected`, `name="oggetto" value="s2"`, "{&#34;a&#34;:1}"} {
		if !strings.Contains(body, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	form, _ := url.ParseQuery(query)
	form.Set("csrf", "csrf-auditor")
	w := b.post("/desk/registro/esporta", dossier.RoleAuditor, form)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.HasPrefix(w.Body.String(), "7,") || !same(log.filter, want) {
		t.Errorf("exported %d %q for %+v", w.Code, w.Body, log.filter)
	}
	form.Set("codice_fiscale", "RSSMRA85T10A562S")
	w = b.post("/desk/registro", dossier.RoleAuditor, form)
	if to := w.Header().Get("Location"); to != "/desk/registro?al=2026-03-02&atto=domanda&attore=delegate&dal=2026-03-01&oggetto=s1&oggetto=s2&titolare=h1" {
		t.Errorf("found at %q", to)
	}
	form.Set("codice_fiscale", "X")
	form.Set("protocollo", "2026/0000001")
	form.Set("utente", "anna")
	w = b.post("/desk/registro", dossier.RoleAuditor, form)
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `value="2026/0000001"`) ||
		log.search != (journal.Search{CodiceFiscale: "X", Protocol: "2026/0000001", Username: "anna"}) {
		t.Errorf("nobody: %d, searched %+v", w.Code, log.search)
	}
	for _, wrong := range []string{"dal=x", "al=31-12-2026", "prima=x", strings.Repeat("oggetto=s&", journal.MaxSubjects+1)} {
		if w := b.get("/desk/registro?"+wrong, dossier.RoleAuditor, "it"); w.Code != http.StatusBadRequest {
			t.Errorf("%.20s: %d", wrong, w.Code)
		}
	}
	for _, role := range []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAdmin} {
		if w := b.get("/desk/registro", role, "it"); w.Code != http.StatusForbidden {
			t.Errorf("%s reads the log: %d", role, w.Code)
		}
		if w := b.post("/desk/registro/esporta", role, url.Values{"csrf": {"csrf-" + string(role)}}); w.Code != http.StatusForbidden {
			t.Errorf("%s exports the log: %d", role, w.Code)
		}
	}
}

// proves B6: the form offers every kind of act that the log has, and every kind of
// who may have done it; the texts are the list (TestLogIsWorded).
func TestJournalOffersEveryKind(t *testing.T) {
	body := setup(t).get("/desk/registro", dossier.RoleAuditor, "en").Body.String()
	texts, err := os.ReadFile("../../internal/i18n/locales/it/journal.json")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`"ui\.journal\.kind\.([a-z_]+)"`).FindAllSubmatch(texts, -1)
	if len(kinds) < 20 {
		t.Errorf("%d kinds", len(kinds))
	}
	offers := []string{"citizen", "citizen_must_change", "citizen_simplified", "delegate", "operator", "supervisor", "auditor", "admin", "gateway", "system"}
	for _, kind := range kinds {
		offers = append(offers, string(kind[1]))
	}
	for _, offer := range offers {
		if !strings.Contains(body, `<option value="`+offer+`">`) {
			t.Errorf("%s is not offered", offer)
		}
	}
}
