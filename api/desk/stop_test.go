package desk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/pin/conversion"
)

// fakeConversions has one conversion under way, and answers a stop with err.
type fakeConversions struct {
	err   error
	none  bool
	asked []string
}

func (f *fakeConversions) StopFor(_ context.Context, actor dossier.Actor, id string, reason conversion.StopReason) error {
	f.asked = append(f.asked, string(actor.Role)+" "+id+" "+string(reason))
	return f.err
}

func (f *fakeConversions) UnderWay(context.Context, dossier.Actor, string) (dossier.Dossier, error) {
	if f.none {
		return dossier.Dossier{}, problem(dossier.CodeNotFound)
	}
	return dossier.Dossier{ID: "d1", State: dossier.StateWaiting}, nil
}

const pathStop = "/desk/fascicoli/d1/ferma"

// proves C12: who works at the desk stops a conversion for who calls, with a reason, on
// the dossier's page and on the holder's, by the same act as the interface; nobody else
// is offered it.
func TestStopForWhoCalls(t *testing.T) {
	b := setup(t)
	form := `action="` + pathStop + `"`
	for _, test := range []struct {
		path  string
		role  dossier.Role
		there bool
		field string // that leads back to the page
	}{
		{"/desk/pratiche/r1", dossier.RoleOperator, true, `name="pratica" value="r1"`},
		{"/desk/pratiche/r1", dossier.RoleSupervisor, true, `name="pratica" value="r1"`},
		{"/desk/fascicoli/d1", dossier.RoleSupervisor, true, ""},
		{"/desk/fascicoli/d1", dossier.RoleAuditor, false, ""},
		{"/desk/titolari/h1", dossier.RoleOperator, true, `name="titolare" value="h1"`},
	} {
		w := b.get(test.path, test.role, "it")
		body := w.Body.String()
		uitest.Check(t, string(test.role)+" "+test.path, body)
		if w.Code != http.StatusOK || strings.Contains(body, form) != test.there || !strings.Contains(body, test.field) {
			t.Errorf("%s %s: %d, offered %t", test.role, test.path, w.Code, strings.Contains(body, form))
		}
	}
	for _, role := range []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor} {
		w := b.post(pathStop, role, why(role, "holder_asks"))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/desk/code?fatto=stopped" {
			t.Errorf("%s: %d %s", role, w.Code, w.Header().Get("Location"))
		}
	}
	if got := strings.Join(b.stops.asked, ", "); got != "operator d1 holder_asks, supervisor d1 holder_asks" {
		t.Errorf("asked: %s", got)
	}
	for role, want := range map[dossier.Role]int{
		dossier.RoleAuditor: http.StatusForbidden, dossier.RoleAdmin: http.StatusForbidden, dossier.RoleCitizen: http.StatusSeeOther, "": http.StatusSeeOther,
	} {
		if w := b.post(pathStop, role, why(role, "holder_asks")); w.Code != want {
			t.Errorf("%q: %d", role, w.Code)
		}
	}
	if w := b.post(pathStop, dossier.RoleOperator, why(dossier.RoleSupervisor, "holder_asks")); w.Code != http.StatusForbidden {
		t.Errorf("another session's token: %d", w.Code)
	}
	if len(b.stops.asked) != 2 {
		t.Errorf("reached the domain: %v", b.stops.asked)
	}
}

// There is nothing to stop in a dossier that ended, nor for a holder without one.
func TestNothingToStop(t *testing.T) {
	b := setup(t)
	b.reviews.kase.Dossier.State, b.stops.none = dossier.StateConverted, true
	for _, path := range []string{"/desk/fascicoli/d1", "/desk/titolari/h1"} {
		if w := b.get(path, dossier.RoleSupervisor, "it"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "/ferma") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// Why nothing was stopped is said on the page that the form was on.
func TestStopThatFails(t *testing.T) {
	b := setup(t)
	for name, test := range map[string]struct {
		code        dossier.Code
		field, id   string
		role        dossier.Role
		status      int
		title, link string
	}{
		"no reason, in hand":      {dossier.CodeRequestInvalid, "pratica", "r1", dossier.RoleOperator, http.StatusBadRequest, "/desk/pratiche/r1/decisione", "#stop-reason"},
		"no reason, looking on":   {dossier.CodeRequestInvalid, "", "", dossier.RoleSupervisor, http.StatusBadRequest, "/desk/fascicoli/d1/originali", "#stop-reason"},
		"no reason, the holder's": {dossier.CodeRequestInvalid, "titolare", "h1", dossier.RoleOperator, http.StatusBadRequest, "/desk/titolari/h1/servizi", "#stop-reason"},
		"over":                    {dossier.CodeConversionClosed, "titolare", "h1", dossier.RoleOperator, http.StatusConflict, "/desk/titolari/h1/servizi", `id="problem"`},
		"the own":                 {dossier.CodeOwnDossier, "", "", dossier.RoleSupervisor, http.StatusConflict, "", ""},
		"another office":          {dossier.CodeNotFound, "", "", dossier.RoleOperator, http.StatusNotFound, "", ""},
	} {
		b.stops.err = problem(test.code)
		form := why(test.role, "")
		if test.field != "" {
			form.Set(test.field, test.id)
		}
		w := b.post(pathStop, test.role, form)
		body := w.Body.String()
		uitest.Check(t, name, body)
		if w.Code != test.status || !strings.Contains(body, test.title) || !strings.Contains(body, test.link) {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
	}
	b.stops.err, b.reviews.caseErr = problem(dossier.CodeConversionClosed), problem(dossier.CodeLeaseLost)
	form := why(dossier.RoleOperator, "holder_asks")
	form.Set("pratica", "r1")
	if w := b.post(pathStop, dossier.RoleOperator, form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `action="/desk/code/prossima"`) {
		t.Errorf("no longer in hand: %d", w.Code)
	}
}
