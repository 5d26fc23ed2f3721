package desk_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"dispositivo/api/desk"
	"dispositivo/dossier"
	"dispositivo/pin/revocation"
)

// fakeRevocation finds nobody by codice fiscale, has one case and one holder; the acts
// are not of these tests.
type fakeRevocation struct{ desk.Revocation }

func (fakeRevocation) Find(context.Context, dossier.Actor, string) (revocation.Found, error) {
	return revocation.Found{}, problem(dossier.CodeNotFound)
}

func (fakeRevocation) Cases(context.Context, dossier.Actor) ([]dossier.StopCase, error) {
	return []dossier.StopCase{{HolderID: "stopped-1", DossierID: "d1", At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}, nil
}

func (fakeRevocation) View(_ context.Context, _ dossier.Actor, id string) (revocation.Found, error) {
	return revocation.Found{Holder: dossier.Holder{ID: id, Person: person()}}, nil
}

// proves C12: whoever finds nobody still sees the cases.
func TestFailedSearchShowsTheCases(t *testing.T) {
	b := setup(t)
	form := url.Values{"csrf": {"csrf-operator"}, "codice_fiscale": {"PRVDAA80A41H501X"}}
	w := b.post("/desk/titolari", dossier.RoleOperator, form)
	if body := w.Body.String(); w.Code != 404 || !strings.Contains(body, `href="/desk/titolari/stopped-1"`) || !strings.Contains(body, `id="problem"`) {
		t.Errorf("%d %s", w.Code, body)
	}
}
