package desk_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/pin/request"
)

// fakeRequests has one request that is late and one that is not, and answers
// every act with refuse.
type fakeRequests struct {
	refuse  error
	call    request.Call
	phone   request.Ask
	counter request.AtCounter
	viewed  int
}

func pinRequest(id string, due time.Time) dossier.PINRequest {
	asked := person()
	asked.Address.City = "Albany"
	return dossier.PINRequest{
		ID: id, HolderID: "h1", Issue: dossier.PINIssue{ID: "p1", State: dossier.PINCallBack, Version: 3},
		Asked: dossier.AskedData{Person: asked, Type: dossier.HolderCitizen}, Band: dossier.BandMorning, Attempts: 2,
		AskedAt: due.Add(-dossier.CallWithin), DueAt: due,
	}
}

func (f *fakeRequests) List(context.Context, dossier.Actor) ([]dossier.PINRequest, error) {
	late, early := pinRequest("q1", noon().Add(-time.Hour)), pinRequest("q2", noon().Add(time.Hour))
	late.Asked, early.Asked = dossier.AskedData{}, dossier.AskedData{}
	return []dossier.PINRequest{late, early}, nil
}

func (f *fakeRequests) View(_ context.Context, _ dossier.Actor, id string) (dossier.PINRequest, dossier.Holder, error) {
	if id != "q1" {
		return dossier.PINRequest{}, dossier.Holder{}, problem(dossier.CodeNotFound)
	}
	f.viewed++
	return pinRequest("q1", noon().Add(-time.Hour)), dossier.Holder{ID: "h1", Type: dossier.HolderCitizen, Person: person()}, nil
}

func (f *fakeRequests) Record(_ context.Context, _ dossier.Actor, _ string, c request.Call) error {
	f.call = c
	return f.refuse
}

func (f *fakeRequests) ByPhone(_ context.Context, _ dossier.Actor, a request.Ask) (string, error) {
	f.phone = a
	return "ACDE FHJK", f.refuse
}

func (f *fakeRequests) ByOffice(_ context.Context, _ dossier.Actor, c request.AtCounter) (request.Envelope, error) {
	f.counter = c
	return request.Envelope{PDF: []byte("%PDF-1.7 MNPR TVWX"), Filename: "busta-x.pdf"}, f.refuse
}

// proves A3: the list shows deadline, band and attempts, the late one marked, and
// no name; opening one shows what was asked with beside what is on file.
func TestCallsPages(t *testing.T) {
	b := setup(t)
	for _, lang := range []string{"it", "en"} {
		for _, role := range []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor} {
			for _, path := range []string{
				"/desk/richiami", "/desk/richiami?fatto=confirmed", "/desk/richiami?fatto=corrected", "/desk/richiami?fatto=unreached",
				"/desk/richiami?fatto=refused", "/desk/richiami/q1", "/desk/telefono", "/desk/sportello",
			} {
				w := b.get(path, role, lang)
				if w.Code != 200 {
					t.Errorf("%s %s: %d", role, path, w.Code)
				}
				uitest.Check(t, lang+" "+path, w.Body.String())
				if strings.Contains(path, "fatto") && !strings.Contains(w.Body.String(), "dsp-alert-success") {
					t.Errorf("%s: nothing is told", path)
				}
			}
		}
	}
	list := b.get("/desk/richiami", dossier.RoleOperator, "it").Body.String()
	if strings.Count(list, "In ritardo</span>") != 1 || strings.Contains(list, "Rossi") || !strings.Contains(list, "Mattina") {
		t.Error("the list is not right")
	}
	call := b.get("/desk/richiami/q1", dossier.RoleOperator, "it").Body.String()
	if !strings.Contains(call, "Albany") || !strings.Contains(call, "New York") || strings.Count(call, `class="dsp-differs"`) != 1 {
		t.Error("request and file are not compared")
	}
	if w := b.get("/desk/richiami/nope", dossier.RoleOperator, "it"); w.Code != 404 {
		t.Errorf("no such request: %d", w.Code)
	}
}

// proves A3 A4 A5: who is not of the staff opens none of it.
func TestCallsAreForStaff(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/desk/richiami", "/desk/richiami/q1", "/desk/telefono", "/desk/sportello"} {
		for role, want := range map[dossier.Role]int{"": 303, dossier.RoleCitizen: 303, dossier.RoleAuditor: 403, dossier.RoleAdmin: 403} {
			if w := b.get(path, role, "it"); w.Code != want {
				t.Errorf("GET %s as %q: %d", path, role, w.Code)
			}
			if w := b.post(path, role, nil); path != "/desk/richiami" && w.Code != want {
				t.Errorf("POST %s as %q: %d", path, role, w.Code)
			}
		}
		if w := b.post(path, dossier.RoleOperator, url.Values{"csrf": {"forged"}}); path != "/desk/richiami" && w.Code != 403 {
			t.Errorf("POST %s forged: %d", path, w.Code)
		}
	}
	if b.asks.viewed != 0 || b.asks.call.Outcome != "" || b.asks.phone.Person.Surname != "" {
		t.Error("something was done")
	}
}

func typed(more url.Values) url.Values {
	form := url.Values{
		"csrf": {"csrf-operator"}, "codice_fiscale": {"RSSMRA72L09H501S"}, "surname": {"Rossi"}, "name": {"Mario"}, "italian_document": {"no"},
		"street": {"Langstrasse 2"}, "state": {"Svizzera"}, "confirmed": {"sex"}, "holder_type": {"company"},
	}
	for k, v := range more {
		form[k] = v
	}
	return form
}

// proves A3: outcomes go to the domain as they were chosen, with the version seen.
func TestRecordCall(t *testing.T) {
	b := setup(t)
	w := b.post("/desk/richiami/q1", dossier.RoleOperator, typed(url.Values{"outcome": {"corrected"}, "version": {"3"}}))
	if w.Code != 303 || w.Header().Get("Location") != "/desk/richiami?fatto=corrected" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	c := b.asks.call
	if c.Version != 3 || c.Data.Person.Address.Street != "Langstrasse 2" || c.Data.Type != dossier.HolderCompany || c.Data.Confirmed[0] != "sex" {
		t.Errorf("corrected: %+v", c)
	}
	for code, want := range map[dossier.Code]int{
		dossier.CodeConflict: 409, dossier.CodeOwnDossier: 409, dossier.CodeRequestInvalid: 400, dossier.CodePINNotEligible: 403, dossier.CodeForbidden: 403,
	} {
		b.asks.refuse = problem(code)
		w := b.post("/desk/richiami/q1", dossier.RoleOperator, typed(url.Values{"outcome": {"refused"}, "reason": {"other"}, "version": {"2"}}))
		if w.Code != want {
			t.Errorf("%s: %d", code, w.Code)
		}
		uitest.Check(t, string(code), w.Body.String())
	}
	b.asks.refuse = &dossier.Error{Code: dossier.CodePINData, Args: map[string]string{"fields": "city"}}
	w = b.post("/desk/richiami/q1", dossier.RoleOperator, typed(url.Values{"outcome": {"corrected"}, "version": {"3"}}))
	page := w.Body.String()
	if w.Code != 422 || !strings.Contains(page, `<details class="dsp-details" open>`) || !strings.Contains(page, `value="Langstrasse 2"`) {
		t.Errorf("a correction that is refused: %d", w.Code)
	}
	uitest.Check(t, "correction", page)
}

// proves A4: the first half is shown in the answer to the POST, kept by no cache,
// and not on the page before or after.
func TestHalfIsShownOnce(t *testing.T) {
	b := setup(t)
	w := b.post("/desk/telefono", dossier.RoleOperator, typed(nil))
	if w.Code != 200 || strings.Count(w.Body.String(), "ACDE FHJK") != 1 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Cache-Control"))
	}
	uitest.Check(t, "half", w.Body.String())
	if strings.Contains(b.get("/desk/telefono", dossier.RoleOperator, "it").Body.String(), "ACDE") {
		t.Error("the half is there again")
	}
	b.asks.refuse = problem(dossier.CodePINLiving)
	w = b.post("/desk/telefono", dossier.RoleOperator, typed(nil))
	if w.Code != 409 || strings.Contains(w.Body.String(), "ACDE") || !strings.Contains(w.Body.String(), `value="Langstrasse 2"`) {
		t.Errorf("refused: %d", w.Code)
	}
	uitest.Check(t, "refused", w.Body.String())
}

// proves A5: the PIN of the counter is in a PDF alone, which nobody keeps; a
// refusal shows the page, and who says nothing about who stands there has no holder.
func TestCounter(t *testing.T) {
	b := setup(t)
	w := b.post("/desk/sportello", dossier.RoleOperator, typed(url.Values{"presents": {"holder"}, "verified": {"1"}, "replace": {"1"}}))
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/pdf" || w.Header().Get("Cache-Control") != "no-store" ||
		!strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if c := b.asks.counter; c.Guardian || !c.Verified || !c.Replace || c.Person.Surname != "Rossi" {
		t.Errorf("%+v", c)
	}
	for _, code := range []dossier.Code{dossier.CodePINHolderOnly, dossier.CodePINLiving, dossier.CodeRequestInvalid, dossier.CodePINNotEligible} {
		b.asks.refuse = problem(code)
		w := b.post("/desk/sportello", dossier.RoleOperator, typed(nil))
		if w.Code < 400 || strings.Contains(w.Body.String(), "MNPR") {
			t.Errorf("%s: %d", code, w.Code)
		}
		uitest.Check(t, string(code), w.Body.String())
	}
	if c := b.asks.counter; !c.Guardian || c.Verified || c.Replace {
		t.Errorf("nothing chosen: %+v", c)
	}
}
