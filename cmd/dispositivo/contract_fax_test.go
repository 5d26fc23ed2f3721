package main

import (
	"net/http"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
)

// faxes tells of receptions in our own form, and joins one that names no dossier.
func (w *witness) faxes(t *testing.T, s *server) {
	tell := func(secret string, f fax.GenericFax, well bool) answer {
		header, body := genericCall(t, secret, f)
		return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/gateways/fax/generic", header, body), well)
	}
	received := fax.GenericFax{ID: "contract-1", From: "+390655512", Status: "received", File: document(t, "fax")}
	first := tell(demoFaxSecret, received, true)
	expect(t, "a fax", first, http.StatusOK, "")
	expect(t, "the same fax", tell(demoFaxSecret, received, true), http.StatusOK, "")
	other := received
	other.File = append([]byte(nil), received.File...)
	other.File = append(other.File, '\n')
	expect(t, "another fax under its id", tell(demoFaxSecret, other, true), http.StatusConflict, dossier.CodeGatewayIDUsed)
	expect(t, "a failure", tell(demoFaxSecret, fax.GenericFax{ID: "contract-2", Status: "failed"}, true), http.StatusOK, "")
	expect(t, "a wrong signature", tell("some other secret", received, true), http.StatusUnauthorized, dossier.CodeGatewayUnproved)
	wrong := tell(demoFaxSecret, fax.GenericFax{ID: "contract-3", Status: "?"}, false)
	expect(t, "no status", wrong, http.StatusBadRequest, dossier.CodeRequestInvalid)
	if !strings.Contains(string(wrong.Body), `"args":{"field":"status"}`) || !strings.Contains(string(wrong.Body), `“status” is missing`) && !strings.Contains(string(wrong.Body), `«status» manca`) {
		t.Errorf("no field is named: %s", wrong.Body)
	}

	ask := func(secret string, v any, well bool) answer {
		header, body := signedCall(t, secret, v)
		return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/gateways/fax/generic/answer", header, body), well)
	}
	expect(t, "the answer", ask(demoFaxSecret, fax.Asked{ID: "contract-1"}, true), http.StatusOK, "")
	expect(t, "the answer to nothing", ask(demoFaxSecret, fax.Asked{ID: "contract-9"}, true), http.StatusNotFound, dossier.CodeNotFound)
	expect(t, "the answer to no name", ask(demoFaxSecret, fax.Asked{}, false), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "the answer to a stranger", ask("some other secret", fax.Asked{ID: "contract-1"}, true), http.StatusUnauthorized, dossier.CodeGatewayUnproved)

	var receipt struct{ Protocol string }
	first.decode(t, &receipt)
	path := "/submissions/" + awaitUnmatched(t, s, receipt.Protocol)
	people := free()
	who := people[len(people)-1]
	s.citizen(who).form() // opens a dossier
	desk, join := s.operator("operatore"), map[string]string{"dossier": who.CodiceFiscale.String()}
	expect(t, "candidates", w.ask(t, desk, http.MethodGet, path+"/candidates", nil), http.StatusOK, "")
	expect(t, "no dossier named", w.misuse(t, desk.token, http.MethodPost, path+"/join", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "joined", w.ask(t, desk, http.MethodPost, path+"/join", join), http.StatusNoContent, "")
	expect(t, "joined twice", w.ask(t, desk, http.MethodPost, path+"/join", join), http.StatusConflict, dossier.CodeConflict)
	expect(t, "no candidates any more", w.ask(t, desk, http.MethodGet, path+"/candidates", nil), http.StatusNotFound, dossier.CodeNotFound)
}
