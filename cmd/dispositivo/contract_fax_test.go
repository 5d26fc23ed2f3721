package main

import (
	"net/http"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
)

// faxes tells of receptions in our own form.
func (w *witness) faxes(t *testing.T) {
	tell := func(secret string, f fax.GenericFax, well bool) answer {
		header, body := genericCall(t, secret, f)
		return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/gateways/fax/generic", header, body), well)
	}
	received := fax.GenericFax{ID: "contract-1", From: "+390655512", Status: "received", File: document(t, "fax")}
	expect(t, "a fax", tell(demoFaxSecret, received, true), http.StatusOK, "")
	expect(t, "the same fax", tell(demoFaxSecret, received, true), http.StatusOK, "")
	expect(t, "a failure", tell(demoFaxSecret, fax.GenericFax{ID: "contract-2", Status: "failed"}, true), http.StatusOK, "")
	expect(t, "a wrong signature", tell("some other secret", received, true), http.StatusUnauthorized, dossier.CodeUnauthorized)
	expect(t, "no status", tell(demoFaxSecret, fax.GenericFax{ID: "contract-3", Status: "?"}, false), http.StatusBadRequest, dossier.CodeRequestInvalid)
}
