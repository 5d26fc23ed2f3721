package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"dispositivo/dossier"
)

const applicantStreet = "Rua das Provas 77"

func applicantEmail(n int) string { return fmt.Sprintf("richiedente%d@posta.example", n) }

// applicant is what somebody invented asks for a PIN with; nobody on file.
func applicant(t testing.TB, n int) map[string]any {
	t.Helper()
	return map[string]any{
		"codice_fiscale": inventedCF(t, 5000+n), "surname": "Prova", "name": "Anna", "sex": "F",
		"birth":       time.Date(1940, 1, 1+5000+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		"birth_place": "Stati Uniti d'America", "birth_province": "EE",
		"address":          map[string]string{"street": applicantStreet, "postcode": "01304-001", "city": "São Paulo", "province": "SP", "state": "Brasile"},
		"contacts":         map[string]string{"email": applicantEmail(n), "mobile": "+447700900177"},
		"document":         map[string]string{"type": "passport", "number": "YB7654321", "issuer": "Brasilia", "expiry": "2099-01-31"},
		"italian_document": false, "time_band": "evening", "holder_type": "citizen",
	}
}

// with is the applicant with something else.
func with(a map[string]any, key string, value any) map[string]any {
	a = maps.Clone(a)
	a[key] = value
	return a
}

// askedFor asks for a PIN online and returns the id of the request, which an
// operator finds last on the list.
func askedFor(t testing.TB, who, desk *client, n int) string {
	t.Helper()
	if a := who.post("/pin-requests", applicant(t, n)); a.Status != http.StatusAccepted {
		t.Fatalf("ask for PIN: %d %s", a.Status, a.Body)
	}
	var list struct{ Requests []struct{ ID string } }
	desk.get("/pin-requests").decode(t, &list)
	if len(list.Requests) == 0 {
		t.Fatal("no request waits")
	}
	return list.Requests[len(list.Requests)-1].ID
}

// requests asks for PINs in every way there is.
func (w *witness) requests(t *testing.T, s *server) {
	nobody, desk := s.nobody(), s.operator("operatore")
	before := len(w.waiting(t, desk)) // a letter that came back is one
	who := applicant(t, 0)
	ask := func(v any) answer { return w.ask(t, nobody, http.MethodPost, "/pin-requests", v) }
	expect(t, "asked", ask(who), http.StatusAccepted, "")
	expect(t, "asked again: the same answer", ask(who), http.StatusAccepted, "")
	expect(t, "no JSON", w.misuse(t, "", http.MethodPost, "/pin-requests", "text"), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "an Italian document", ask(with(who, "italian_document", true)), http.StatusForbidden, dossier.CodePINNotEligible)
	expect(t, "no codice fiscale", ask(with(who, "codice_fiscale", "X")), http.StatusUnprocessableEntity, "cf.invalid")
	expect(t, "no street", ask(with(who, "address", map[string]string{"state": "Brasile"})), http.StatusUnprocessableEntity, dossier.CodePINData)
	other := with(applicant(t, 1), "sex", "M")
	expect(t, "another sex", ask(other), http.StatusUnprocessableEntity, dossier.CodePINContradiction)
	expect(t, "confirmed", ask(with(other, "confirmed", []string{"sex"})), http.StatusAccepted, "")
	crowd := s.from(t, "127.0.0.5")
	var got answer
	for range 100 {
		if got = w.check(t, w.send(t, crowd, "", http.MethodPost, "/pin-requests", with(who, "sex", "")), true); got.Status == http.StatusTooManyRequests {
			break
		}
	}
	expect(t, "one source too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
	asked := w.waiting(t, desk)[before:] // the longest due comes first
	if len(asked) != 2 {
		t.Fatalf("%d requests wait, want 2", len(asked))
	}
	w.calls(t, desk, asked[0])
	w.inPerson(t, desk)
}

// waitingRequest is one line of the contact centre's list.
type waitingRequest struct {
	ID      string
	Version int64
}

func (w *witness) waiting(t *testing.T, desk *client) []waitingRequest {
	t.Helper()
	var list struct{ Requests []waitingRequest }
	w.ask(t, desk, http.MethodGet, "/pin-requests", nil).decode(t, &list)
	return list.Requests
}

func (w *witness) calls(t *testing.T, desk *client, r waitingRequest) {
	t.Helper()
	expect(t, "looked", w.ask(t, desk, http.MethodGet, "/pin-requests/"+r.ID, nil), http.StatusOK, "")
	call := func(outcome string, version int64) map[string]any {
		return map[string]any{"outcome": outcome, "version": version}
	}
	path := "/pin-requests/" + r.ID + "/call"
	expect(t, "refused without a reason", w.ask(t, desk, http.MethodPost, path, call("refused", r.Version)), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "not reached", w.ask(t, desk, http.MethodPost, path, call("unreached", r.Version)), http.StatusNoContent, "")
	expect(t, "too late", w.ask(t, desk, http.MethodPost, path, call("confirmed", r.Version)), http.StatusConflict, dossier.CodeConflict)
	bad := with(call("corrected", r.Version+1), "data", with(applicant(t, 0), "surname", ""))
	expect(t, "a bad correction", w.ask(t, desk, http.MethodPost, path, bad), http.StatusUnprocessableEntity, dossier.CodePINData)
	barred := with(call("corrected", r.Version+1), "data", with(applicant(t, 0), "italian_document", true))
	expect(t, "not for people like her", w.ask(t, desk, http.MethodPost, path, barred), http.StatusForbidden, dossier.CodePINNotEligible)
	good := with(call("corrected", r.Version+1), "data", with(applicant(t, 0), "holder_type", "artisan"))
	expect(t, "corrected", w.ask(t, desk, http.MethodPost, path, good), http.StatusNoContent, "")
}

func (w *witness) inPerson(t *testing.T, desk *client) {
	t.Helper()
	for n, path := range map[int]string{2: "/pin-requests/by-phone", 3: "/pin-requests/by-office"} {
		who := with(applicant(t, n), "verified", true)
		got := w.ask(t, desk, http.MethodPost, path, who)
		expect(t, path, got, http.StatusCreated, "")
		if n == 3 && !bytes.HasPrefix(got.Body, []byte("%PDF-")) {
			t.Errorf("no envelope: %.20q", got.Body)
		}
		expect(t, path+" twice", w.ask(t, desk, http.MethodPost, path, who), http.StatusConflict, dossier.CodePINLiving)
		expect(t, path+" without name", w.ask(t, desk, http.MethodPost, path, with(who, "surname", "")), http.StatusUnprocessableEntity, dossier.CodePINData)
		expect(t, path+" with nothing", w.misuse(t, desk.token, http.MethodPost, path, map[string]any{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	}
	guardian := with(with(applicant(t, 3), "verified", true), "guardian", true)
	expect(t, "a delegate", w.ask(t, desk, http.MethodPost, "/pin-requests/by-office", guardian), http.StatusUnprocessableEntity, dossier.CodePINHolderOnly)
	replace := with(with(applicant(t, 3), "verified", true), "replace", true)
	expect(t, "replaced", w.ask(t, desk, http.MethodPost, "/pin-requests/by-office", replace), http.StatusCreated, "")
}
