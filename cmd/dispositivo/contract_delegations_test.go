package main

import (
	"net/http"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
)

// delegations grants, accepts and ends, and acts for another meanwhile (B10).
func (w *witness) delegations(t *testing.T, s *server) {
	s.staged()
	from, to := inScene(t, demo.SceneDispositivo), inScene(t, demo.SceneConverted)
	ada, bea, plain := s.citizen(from), s.citizen(to), s.citizen(free()[2])
	const path = "/delegations"
	grant := func(change map[string]string) answer {
		body := map[string]string{"codice_fiscale": to.CodiceFiscale.String(), "surname": to.Surname, "until": time.Now().AddDate(0, 6, 0).Format(time.DateOnly)} //nolint:forbidigo // the day of the running program
		for k, v := range change {
			body[k] = v
		}
		return w.ask(t, ada, http.MethodPost, path, body)
	}
	move := func(c *client, id, what string) answer {
		return w.ask(t, c, http.MethodPost, path+"/"+id+"/"+what, nil)
	}
	expect(t, "nobody named", w.misuse(t, ada.token, http.MethodPost, path, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "past days", grant(map[string]string{"until": "2020-01-01"}), http.StatusUnprocessableEntity, dossier.CodeDelegationDates)
	expect(t, "another name", grant(map[string]string{"surname": "Altri"}), http.StatusUnprocessableEntity, dossier.CodeDelegationDelegate)
	var offered struct{ ID string }
	granted := grant(nil)
	expect(t, "granted", granted, http.StatusCreated, "")
	granted.decode(t, &offered)
	expect(t, "a second", grant(nil), http.StatusConflict, dossier.CodeDelegationTaken)
	expect(t, "refused", move(bea, offered.ID, "refusal"), http.StatusNoContent, "")
	expect(t, "refused twice", move(bea, offered.ID, "refusal"), http.StatusConflict, dossier.CodeConflict)

	grant(nil).decode(t, &offered)
	w.actingRefused(t, "offered only", bea, offered.ID)
	expect(t, "accepted as the delegator", move(ada, offered.ID, "acceptance"), http.StatusForbidden, dossier.CodeForbidden)
	expect(t, "accepted", move(bea, offered.ID, "acceptance"), http.StatusNoContent, "")
	expect(t, "accepted twice", move(bea, offered.ID, "acceptance"), http.StatusConflict, dossier.CodeConflict)
	w.actingRefused(t, "the delegator", ada, offered.ID)
	w.actingRefused(t, "a stranger", plain, offered.ID)
	id := w.filedFor(t, bea, ada, offered.ID)
	expect(t, "list", w.ask(t, bea, http.MethodGet, path, nil), http.StatusOK, "")
	expect(t, "ended", move(ada, offered.ID, "end"), http.StatusNoContent, "")
	expect(t, "ended twice", move(bea, offered.ID, "end"), http.StatusConflict, dossier.CodeConflict)
	w.actingRefused(t, "ended", bea, offered.ID)
	expect(t, "kept", w.ask(t, ada, http.MethodGet, "/domande/"+id, nil), http.StatusOK, "")

	var last answer
	for range 12 {
		if last = grant(map[string]string{"surname": "Altri"}); last.Status == http.StatusTooManyRequests {
			break
		}
	}
	expect(t, "too many names", last, http.StatusTooManyRequests, dossier.CodeRateLimited)
}

// actingOps is every operation that a delegate may use.
var actingOps = [][2]string{
	{http.MethodGet, "/services"},
	{http.MethodPost, "/services/estratto-conto/entries"},
	{http.MethodGet, "/domande"},
	{http.MethodPost, "/domande"},
	{http.MethodGet, "/domande/nothing"},
	{http.MethodGet, "/domande/nothing/receipt"},
}

// actingRefused asks for everything under a delegation that does not count, and
// with headers that name none: neither is done in the own name.
func (w *witness) actingRefused(t *testing.T, what string, c *client, delegation string) {
	t.Helper()
	for _, op := range actingOps {
		expect(t, what+" "+op[1], w.under(t, c, op[0], op[1], delegation), http.StatusForbidden, dossier.CodeDelegationOver)
		expect(t, "an empty header "+op[1], w.under(t, c, op[0], op[1], ""), http.StatusBadRequest, dossier.CodeRequestInvalid)
		expect(t, "two headers "+op[1], w.under(t, c, op[0], op[1], delegation, delegation), http.StatusBadRequest, dossier.CodeRequestInvalid)
	}
}

// filedFor files for a delegator, whose domanda it is, and not the delegate's.
func (w *witness) filedFor(t *testing.T, delegate, delegator *client, delegation string) string {
	t.Helper()
	for _, op := range actingOps[:3] {
		if got := w.under(t, delegate, op[0], op[1], delegation); got.Status >= http.StatusBadRequest {
			t.Errorf("%s for another: %d %s", op[1], got.Status, got.Body)
		}
	}
	var filed struct{ ID, State string }
	got := w.under(t, delegate, http.MethodPost, "/domande", delegation)
	expect(t, "filed for another", got, http.StatusCreated, "")
	got.decode(t, &filed)
	if filed.State != string(dossier.DomandaInWork) {
		t.Errorf("filed for another: %+v", filed)
	}
	for _, path := range []string{"/domande/" + filed.ID, "/domande/" + filed.ID + "/receipt"} {
		expect(t, "for the delegator", w.under(t, delegate, http.MethodGet, path, delegation), http.StatusOK, "")
		expect(t, "the delegator's", w.ask(t, delegator, http.MethodGet, path, nil), http.StatusOK, "")
		expect(t, "not the delegate's", w.ask(t, delegate, http.MethodGet, path, nil), http.StatusNotFound, dossier.CodeNotFound)
	}
	expect(t, "elsewhere", w.under(t, delegate, http.MethodGet, "/me", delegation), http.StatusForbidden, dossier.CodeForbidden)
	return filed.ID
}

// under sends a request with Acting-For, once for each id.
func (w *witness) under(t *testing.T, c *client, method, path string, ids ...string) answer {
	t.Helper()
	header, body := bearer(c.token), []byte(nil)
	if method == http.MethodPost {
		header, body = asJSON(t, c.token, map[string]string{"service": "cambio-iban"})
	}
	header["Acting-For"] = ids
	return w.check(t, w.caller.send(t, method, "/api/v1"+path, header, body), false)
}
