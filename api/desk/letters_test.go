package desk_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/pin/letters"
)

// fakeLetters has a batch in every state and answers every act with refuse.
type fakeLetters struct {
	refuse error
	made   letters.Made
	voided bool
	acts   []string
}

func (*fakeLetters) Overview(context.Context, dossier.Actor) (letters.Overview, error) {
	return letters.Overview{Waiting: 2, Batches: []dossier.LetterBatch{
		{ID: "b3", Day: "2026-11-22", MadeAt: noon(), Letters: 1},
		{ID: "b2", Day: "2026-11-21", MadeAt: noon(), TakenAt: noon(), FetchedAt: noon(), Letters: 7},
		{ID: "b1", Day: "2026-11-20", MadeAt: noon(), TakenAt: noon(), PostedAt: noon(), Letters: 9, Returned: 1, Lost: 2},
	}}, nil
}

func (f *fakeLetters) Make(context.Context, dossier.Actor) (letters.Made, error) {
	return f.made, f.refuse
}

func (f *fakeLetters) Letters(_ context.Context, _ dossier.Actor, id string) (letters.File, error) {
	f.acts = append(f.acts, "letters "+id)
	return letters.File{Name: "lettere-2026-11-22.pdf", ContentType: "application/pdf", Data: []byte("%PDF")}, f.refuse
}

func (f *fakeLetters) Manifest(_ context.Context, _ dossier.Actor, id string) (letters.File, error) {
	f.acts = append(f.acts, "manifest "+id)
	return letters.File{Name: "lettere-2026-11-22.csv", ContentType: "text/csv; charset=utf-8", Data: []byte("letter_id")}, f.refuse
}

func (f *fakeLetters) Post(_ context.Context, _ dossier.Actor, id string) error {
	f.acts = append(f.acts, "post "+id)
	return f.refuse
}

func (f *fakeLetters) Return(_ context.Context, _ dossier.Actor, id string) (dossier.PINLetter, bool, error) {
	f.acts = append(f.acts, "return "+id)
	return dossier.PINLetter{}, f.voided, f.refuse
}

// proves E1: the page is sound for everybody and offers each what one may do.
func TestLettersPage(t *testing.T) {
	b := setup(t)
	for _, lang := range []string{"it", "en"} {
		for _, path := range []string{
			"/desk/lettere", "/desk/lettere?fatto=made&n=1&ferme=2&altre=1", "/desk/lettere?fatto=posted", "/desk/lettere?fatto=returned", "/desk/lettere?fatto=booked",
			"/desk/lettere?fatto=<b>&n=-1",
		} {
			for _, role := range []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin} {
				w := b.get(path, role, lang)
				if w.Code != 200 {
					t.Errorf("%s %s: %d", path, role, w.Code)
				}
				page := w.Body.String()
				uitest.Check(t, lang+" "+string(role)+" "+path, page)
				works := role == dossier.RoleOperator || role == dossier.RoleSupervisor
				fetches := role == dossier.RoleSupervisor || role == dossier.RoleAdmin
				for part, want := range map[string]bool{
					`action="/desk/lettere"`: works, `action="/desk/lettere/rientro"`: works, `href="/desk/lettere/b3/lettere.pdf"`: fetches,
					`href="/desk/lettere/b2/distinta.csv"`: fetches, `action="/desk/lettere/b2/partenza"`: fetches,
					`action="/desk/lettere/b3/partenza"`: false, `/desk/lettere/b1/`: false,
				} {
					if strings.Contains(page, part) != want {
						t.Errorf("%s as %s: %s is there: %v", path, role, part, !want)
					}
				}
			}
		}
	}
}

// proves A9: making, fetching, posting and booking, with what the page says after.
func TestLettersActs(t *testing.T) {
	b := setup(t)
	f := b.letters
	f.made = letters.Made{Printed: 3, Stuck: []string{"p1"}, More: true}
	if w := b.post("/desk/lettere", dossier.RoleOperator, nil); w.Header().Get("Location") != "/desk/lettere?altre=1&fatto=made&ferme=1&n=3" {
		t.Errorf("make: %d %q", w.Code, w.Header().Get("Location"))
	}
	w := b.get("/desk/lettere/b2/lettere.pdf", dossier.RoleSupervisor, "it")
	if w.Code != 200 || w.Body.String() != "%PDF" || w.Header().Get("Cache-Control") != "no-store" ||
		w.Header().Get("Content-Disposition") != `attachment; filename="lettere-2026-11-22.pdf"` {
		t.Errorf("letters: %d %v", w.Code, w.Header())
	}
	if w := b.get("/desk/lettere/b2/distinta.csv", dossier.RoleSupervisor, "it"); w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("manifest: %d %v", w.Code, w.Header())
	}
	if w := b.post("/desk/lettere/b2/partenza", dossier.RoleSupervisor, nil); w.Header().Get("Location") != "/desk/lettere?fatto=posted" {
		t.Errorf("post: %d %q", w.Code, w.Header().Get("Location"))
	}
	for _, f.voided = range []bool{true, false} {
		form := url.Values{"csrf": {"csrf-operator"}, "lettera": {"06abc"}}
		want := map[bool]string{true: "returned", false: "booked"}[f.voided]
		if w := b.post("/desk/lettere/rientro", dossier.RoleOperator, form); w.Header().Get("Location") != "/desk/lettere?fatto="+want {
			t.Errorf("return: %d %q", w.Code, w.Header().Get("Location"))
		}
	}
	if got := strings.Join(f.acts, ", "); got != "letters b2, manifest b2, post b2, return 06abc, return 06abc" {
		t.Errorf("did %s", got)
	}
}

// What was not done is said on the page, beside the field it is about.
func TestLettersProblems(t *testing.T) {
	b := setup(t)
	form := url.Values{"csrf": {"csrf-supervisor"}, "lettera": {"06abc"}}
	for code, row := range map[dossier.Code]struct {
		path   string
		status int
		says   string
	}{
		dossier.CodeNotFound:        {"/desk/lettere/rientro", 404, `value="06abc"`},
		dossier.CodeLetterNotPosted: {"/desk/lettere/rientro", 409, `aria-invalid="true"`},
		dossier.CodeBatchNotTaken:   {"/desk/lettere/b2/partenza", 409, "non è ancora stata scaricata"},
		dossier.CodeForbidden:       {"/desk/lettere/b2/partenza", 403, "Non può"},
	} {
		b.letters.refuse = problem(code)
		w := b.post(row.path, dossier.RoleSupervisor, form)
		if w.Code != row.status || !strings.Contains(w.Body.String(), row.says) {
			t.Errorf("%s: %d", code, w.Code)
		}
		uitest.Check(t, string(code), w.Body.String())
	}
	b.letters.refuse = problem(dossier.CodeBatchPosted)
	if w := b.get("/desk/lettere/b1/lettere.pdf", dossier.RoleSupervisor, "it"); w.Code != 409 || !strings.Contains(w.Body.String(), "già partita") {
		t.Errorf("posted: %d", w.Code)
	}
}
