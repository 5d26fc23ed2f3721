package main

import (
	"net/http"
	"strings"
	"testing"

	"dispositivo/dossier"
)

// services enters services and files domande (B7, B8).
func (w *witness) services(t *testing.T, s *server) {
	citizen, other := s.citizen(free()[1]), s.citizen(free()[2])
	expect(t, "services", w.ask(t, citizen, http.MethodGet, "/services", nil), http.StatusOK, "")
	expect(t, "entered", w.ask(t, citizen, http.MethodPost, "/services/estratto-conto/entries", nil), http.StatusNoContent, "")
	expect(t, "for others", w.ask(t, citizen, http.MethodPost, "/services/cedolino-pensione/entries", nil), http.StatusForbidden, dossier.CodeServiceCategory)
	expect(t, "unknown", w.ask(t, citizen, http.MethodPost, "/services/niente/entries", nil), http.StatusNotFound, dossier.CodeNotFound)

	file := func(body map[string]string, key string) answer {
		header, data := asJSON(t, citizen.token, body)
		if key != "" {
			header.Set("Idempotency-Key", key)
		}
		return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/domande", header, data), true)
	}
	first := file(map[string]string{"service": "naspi", "note": "fine rapporto"}, "k")
	expect(t, "filed", first, http.StatusCreated, "")
	var filed struct{ ID, State, Protocol string }
	first.decode(t, &filed)
	if filed.State != string(dossier.DomandaHeld) || filed.Protocol == "" {
		t.Errorf("filed %+v", filed)
	}
	expect(t, "filed again", file(map[string]string{"service": "naspi", "note": "fine rapporto"}, "k"), http.StatusOK, "")
	expect(t, "the key of another", file(map[string]string{"service": "naspi"}, "k"), http.StatusUnprocessableEntity, dossier.CodeIdempotency)
	expect(t, "nothing is filed there", file(map[string]string{"service": "estratto-conto"}, ""), http.StatusUnprocessableEntity, dossier.CodeServiceNoDomanda)
	expect(t, "not with ordinario", file(map[string]string{"service": "cambio-iban"}, ""), http.StatusForbidden, dossier.CodeServiceDispositivo)
	expect(t, "unknown service", file(map[string]string{"service": "niente"}, ""), http.StatusNotFound, dossier.CodeNotFound)
	expect(t, "long note", file(map[string]string{"service": "naspi", "note": strings.Repeat("x", 2001)}, ""), http.StatusUnprocessableEntity, dossier.CodeDomandaNote)
	expect(t, "no service", w.misuse(t, citizen.token, http.MethodPost, "/domande", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)

	expect(t, "list", w.ask(t, citizen, http.MethodGet, "/domande", nil), http.StatusOK, "")
	for _, path := range []string{"/domande/" + filed.ID, "/domande/" + filed.ID + "/receipt"} {
		expect(t, "own", w.ask(t, citizen, http.MethodGet, path, nil), http.StatusOK, "")
		expect(t, "another's", w.ask(t, other, http.MethodGet, path, nil), http.StatusNotFound, dossier.CodeNotFound)
	}
}
