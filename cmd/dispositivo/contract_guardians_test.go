package main

import (
	"net/http"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/demo"
)

// guardians lets an office record a guardian and end what he may do (B10).
func (w *witness) guardians(t *testing.T, s *server) {
	s.staged()
	ward, guardian := inScene(t, demo.SceneRejected), inScene(t, demo.SceneConverted)
	desk, citizen, own := s.operator("operatore"), s.citizen(ward), s.member("parte.in.causa")
	holder := func(who demo.Citizen) string {
		var found struct{ ID string }
		w.ask(t, desk, http.MethodPost, "/holders/search", map[string]string{"codice_fiscale": who.CodiceFiscale.String()}).decode(t, &found)
		return "/holders/" + found.ID + "/guardians"
	}
	path := holder(ward)
	body := func(change map[string]string) map[string]string {
		b := map[string]string{
			"codice_fiscale": guardian.CodiceFiscale.String(), "surname": guardian.Surname, "deed": "Tribunale di Trieste, decreto 123/2026",
			"until": clock.System().Now().AddDate(3, 0, 0).Format(time.DateOnly),
		}
		for k, v := range change {
			b[k] = v
		}
		return b
	}
	record := func(change map[string]string) answer { return w.ask(t, desk, http.MethodPost, path, body(change)) }
	expect(t, "no deed", w.misuse(t, desk.token, http.MethodPost, path, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "for ever", record(map[string]string{"until": "2060-01-01"}), http.StatusUnprocessableEntity, dossier.CodeDelegationDates)
	expect(t, "another name", record(map[string]string{"surname": "Altri"}), http.StatusUnprocessableEntity, dossier.CodeDelegationDelegate)
	expect(t, "recorded", record(nil), http.StatusNoContent, "")
	expect(t, "a second", record(nil), http.StatusConflict, dossier.CodeDelegationTaken)

	var list struct {
		Guardians []struct {
			ID, Guardian, State string
			InForce             bool `json:"in_force"`
		}
	}
	got := w.ask(t, desk, http.MethodGet, path, nil)
	expect(t, "list", got, http.StatusOK, "")
	got.decode(t, &list)
	if len(list.Guardians) != 1 || !list.Guardians[0].InForce || list.Guardians[0].Guardian != guardian.FullName() {
		t.Fatalf("guardians: %+v", list)
	}
	expect(t, "acts at once", w.under(t, s.citizen(guardian), http.MethodGet, "/services", list.Guardians[0].ID), http.StatusOK, "")

	end := path + "/" + list.Guardians[0].ID + "/end"
	reason := map[string]string{"reason": "revoked by the court"}
	expect(t, "no reason", w.misuse(t, desk.token, http.MethodPost, end, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	for what, c := range map[string]struct {
		who    *client
		holder string
		status int
		code   dossier.Code
	}{
		"a citizen": {citizen, path, http.StatusForbidden, dossier.CodeForbidden},
		"no holder": {desk, "/holders/nothing/guardians", http.StatusNotFound, dossier.CodeNotFound},
		"the own":   {own, holder(free()[0]), http.StatusConflict, dossier.CodeOwnDossier},
	} {
		expect(t, what+" lists", w.ask(t, c.who, http.MethodGet, c.holder, nil), c.status, c.code)
		expect(t, what+" records", w.ask(t, c.who, http.MethodPost, c.holder, body(nil)), c.status, c.code)
		expect(t, what+" ends", w.ask(t, c.who, http.MethodPost, c.holder+"/"+list.Guardians[0].ID+"/end", reason), c.status, c.code)
	}
	expect(t, "ended", w.ask(t, desk, http.MethodPost, end, reason), http.StatusNoContent, "")
	expect(t, "ended twice", w.ask(t, desk, http.MethodPost, end, reason), http.StatusConflict, dossier.CodeConflict)
	w.actingRefused(t, "ended", s.citizen(guardian), list.Guardians[0].ID)
}
