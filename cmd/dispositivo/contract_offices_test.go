package main

import (
	"net/http"
	"testing"

	"dispositivo/dossier"
)

// Where somebody is; silentLog looks for it.
const latitude, longitude = 47.3769, 8.5417

// offices lists and searches them (E2), without signing in.
func (w *witness) offices(t *testing.T, s *server) {
	nobody := s.nobody()
	expect(t, "list", w.ask(t, nobody, http.MethodGet, "/offices", nil), http.StatusOK, "")
	search := func(lat, lon float64) map[string]any { return map[string]any{"latitude": lat, "longitude": lon} }
	got := w.ask(t, nobody, http.MethodPost, "/offices/search", search(latitude, longitude))
	expect(t, "search", got, http.StatusOK, "")
	var found struct {
		Offices []struct {
			City     string
			Distance float64 `json:"distance_km"`
		}
	}
	got.decode(t, &found)
	if len(found.Offices) != 15 || found.Offices[0].City != "Zurigo" || found.Offices[1].Distance < 50 {
		t.Errorf("found %+v", found)
	}
	one := search(latitude, longitude)
	one["kind"] = "embassy"
	expect(t, "of one kind", w.ask(t, nobody, http.MethodPost, "/offices/search", one), http.StatusOK, "")
	one["kind"] = "post"
	expect(t, "of no kind", w.misuse(t, "", http.MethodPost, "/offices/search", one), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "nowhere", w.misuse(t, "", http.MethodPost, "/offices/search", search(longitude, 1000*latitude)), http.StatusUnprocessableEntity, dossier.CodeOfficePosition)
	expect(t, "half a position", w.misuse(t, "", http.MethodPost, "/offices/search", map[string]any{"latitude": latitude}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "words", w.misuse(t, "", http.MethodPost, "/offices/search", map[string]any{"latitude": "47.3769N", "longitude": "8.5417E"}), http.StatusBadRequest, dossier.CodeRequestInvalid)

	crowd := s.from(t, "127.0.0.4")
	for range 100 {
		x := w.send(t, crowd, "", http.MethodPost, "/offices/search", search(latitude, longitude))
		if x.Status == http.StatusTooManyRequests {
			got = w.check(t, x, true)
			break
		}
	}
	expect(t, "one source too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
}
