package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dispositivo/dossier"
)

// journal reads the log and the messages, as holder and as auditor.
func (w *witness) journal(t *testing.T, s *server) {
	citizen, auditor := s.citizen(free()[0]), s.operator("revisore")
	var own struct {
		Operations []struct{ Action string }
		Next       string
	}
	w.ask(t, citizen, http.MethodGet, "/me/log", nil).decode(t, &own)
	if len(own.Operations) == 0 || own.Operations[0].Action != "session.started" {
		t.Errorf("own operations: %+v", own)
	}
	expect(t, "no cursor", w.misuse(t, citizen.token, http.MethodGet, "/me/log?before=x", nil), http.StatusBadRequest, dossier.CodeRequestInvalid)
	var sent struct {
		Messages []struct{ Subject, Text string }
	}
	w.ask(t, citizen, http.MethodGet, "/me/messages", nil).decode(t, &sent)
	if len(sent.Messages) == 0 {
		t.Error("no message of the agency")
	}

	search := func(body map[string]string) answer {
		return w.ask(t, auditor, http.MethodPost, "/audit/searches", body)
	}
	expect(t, "nothing", w.misuse(t, auditor.token, http.MethodPost, "/audit/searches", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "nobody", search(map[string]string{"codice_fiscale": "RSSMRA85T10A562S"}), http.StatusNotFound, dossier.CodeNotFound)
	expect(t, "operator", search(map[string]string{"username": "operatore"}), http.StatusOK, "")
	var ids struct {
		HolderID string `json:"holder_id"`
	}
	found := search(map[string]string{"codice_fiscale": free()[0].CodiceFiscale.String()})
	found.decode(t, &ids)
	query := url.Values{"holder_id": {ids.HolderID}, "action": {"session"}, "since": {"2026-01-01T00:00:00Z"}}
	var log struct {
		Entries []struct{ Action string }
	}
	w.ask(t, auditor, http.MethodGet, "/audit?"+query.Encode(), nil).decode(t, &log)
	if ids.HolderID == "" || len(log.Entries) == 0 || log.Entries[0].Action != "session.started" {
		t.Errorf("%s: %+v", found.Body, log)
	}
	expect(t, "no time", w.misuse(t, auditor.token, http.MethodGet, "/audit?since=x", nil), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "no time", w.misuse(t, auditor.token, http.MethodGet, "/audit/export?until=x", nil), http.StatusBadRequest, dossier.CodeRequestInvalid)
	file := w.ask(t, auditor, http.MethodGet, "/audit/export?action=audit", nil)
	if lines := strings.Split(string(file.Body), "\n"); len(lines) < 3 || !strings.HasPrefix(lines[0], "row,") || !strings.Contains(lines[1], "audit.exported") {
		t.Errorf("export: %s", file.Body)
	}
}
