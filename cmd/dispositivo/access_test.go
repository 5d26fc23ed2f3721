package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"dispositivo/api"
	"dispositivo/api/desk"
	"dispositivo/api/edge"
	"dispositivo/api/portal"
	"dispositivo/api/ui"
	v1 "dispositivo/api/v1"
	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/i18n"
)

// The columns of the table: who asks. The holder's dossier is in review, in the
// hands of holding; the others could be given it, except the last four.
//
//	nobody   is not signed in          party    is an operator and the holder in person
//	holder   is the dossier's          super    is a supervisor
//	citizen  is another holder         auditor  looks on
//	holding  is its reviewer           admin    manages accounts
//	idle     is a reviewer without it  gateway  is a machine that delivers faxes
//	away     is of another office
var roles = []string{"nobody", "holder", "citizen", "holding", "idle", "away", "party", "super", "auditor", "admin", "gateway"}

// cell is one row of the table: a route as it is registered, what it is asked
// with, and for each role the status, or "in" for the way to the sign-in page, or to
// where an activation begins.
// Where an allowed act would change what the rows below lean on, it is asked
// for with something that comes after the question of who may: 400 and 409 mean
// that the caller may, and what was sent is not right.
type cell struct {
	route string
	with  string // the form or JSON body; "{role}" is the role's name
	want  string
}

// table is every route of the server, in the order in which they are asked.
var table = []cell{
	//                                                       nobody holder citizen holding idle away party super auditor admin gateway
	{"GET /healthz", "" /*                                 */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /readyz", "" /*                                  */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /metrics", "" /*                                 */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /assets/:hash/*file", "" /*                      */, "404  404  404  404  404  404  404  404  404  404  404"},

	// The JSON interface: bearer tokens.
	{"GET /api/v1/openapi.yaml", "" /*                     */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /api/v1/gateways/fax/:provider", "{}" /*        */, "401  401  401  401  401  401  401  401  401  401  401"},
	{"POST /api/v1/gateways/fax/:provider/answer", "{}" /* */, "401  401  401  401  401  401  401  401  401  401  401"},
	{"POST /api/v1/sessions", "{}" /*                      */, "400  400  400  400  400  400  400  400  400  400  400"},
	// No identity of elsewhere is configured here.
	{"GET /api/v1/identities", "" /*                       */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /api/v1/identities/:way/visits", "" /*          */, "404  404  404  404  404  404  404  404  404  404  404"},
	{"POST /api/v1/identities/:way/sessions", "{}" /*      */, "404  404  404  404  404  404  404  404  404  404  404"},
	{"POST /api/v1/device-codes", "{}" /*                  */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/device-codes/confirmation", "{}" /*     */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/pin-renewals", "{}" /*                  */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"GET /api/v1/conversions/blank-form", "" /*           */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /api/v1/offices", "" /*                          */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /api/v1/offices/search", "{}" /*                */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/operator-sessions", "{}" /*             */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/pin-requests", "{}" /*                  */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"GET /api/v1/pin-requests", "" /*                     */, "401  403  403  200  200  200  200  200  403  403  403"},
	{"GET /api/v1/pin-requests/:id", "" /*                 */, "401  403  403  200  200  200  200  200  403  403  403"},
	{"POST /api/v1/pin-requests/:id/call", refusedJSON /*  */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"POST /api/v1/pin-requests/by-phone", "{}" /*         */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"POST /api/v1/pin-requests/by-office", "{}" /*        */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"GET /api/v1/me", "" /*                               */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/pin-activations", "{}" /*               */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"GET /api/v1/pin-activations/current", "" /*          */, "401  403  403  403  403  403  403  403  403  403  403"},
	{"PUT /api/v1/pin-activations/current/contacts", "" /* */, "401  403  403  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/pin-activations/current/confirmation", "", "401  403  403  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/pin-changes", "" /*                     */, "401  201  201  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/pin-changes/confirmation", wrongPIN /*  */, "401  422  422  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/contacts", "" /*                         */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"PUT /api/v1/contacts/:kind", noContact /*            */, "401  422  422  403  403  403  403  403  403  403  403"},
	{"DELETE /api/v1/contacts/:kind", "" /*                */, "401  204  204  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/contacts/confirmation", wrongCode /*    */, "401  422  422  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/services", "" /*                         */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/services/:id/entries", "" /*            */, "401  204  204  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/domande", "" /*                          */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/domande", "{}" /*                       */, "401  400  400  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/domande/:id", "" /*                      */, "401  200  404  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/domande/:id/receipt", "" /*              */, "401  200  404  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/delegations", "" /*                      */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/delegations", "{}" /*                   */, "401  400  400  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/delegations/:id/acceptance", "" /*      */, "401  403  403  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/delegations/:id/refusal", "" /*         */, "401  404  404  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/delegations/:id/end", "" /*             */, "401  404  404  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/conversions/form", "" /*                 */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/conversions", "" /*                      */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/conversions", "{}" /*                   */, "401  400  400  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/conversions/compositions", "{}" /*      */, "401  400  400  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/conversions/compositions/:id", "" /*     */, "401  404  404  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/conversions/compositions/:id/pages/:n", "", "401  404  404  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/conversions/compositions/:id/arrangement", "", "401  404  404  403  403  403  403  403  403  403  403"},
	{"POST /api/v1/conversions/compositions/:id/confirmation", "", "401  404  404  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/conversions/:id", "" /*                  */, "401  200  404  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/reviews", "" /*                          */, "401  403  403  200  200  200  200  200  200  403  403"},
	{"POST /api/v1/reviews/next", "" /*                    */, "401  403  403  200  200  204  200  200  403  403  403"},
	{"GET /api/v1/reviews/:id", "" /*                      */, "401  403  403  200  404  404  404  404  403  403  403"},
	{"GET /api/v1/documents/:id/pages/:n", "" /*           */, "401  403  403  200  404  404  404  200  200  403  403"},
	{"POST /api/v1/reviews/:id/decision", staleJSON /*     */, "401  403  403  409  404  404  404  404  403  403  403"},
	{"POST /api/v1/dossiers/:id/claim", "" /*              */, "401  403  403  200  409  404  409  409  403  403  403"},
	{"GET /api/v1/stop-cases", "" /*                       */, "401  403  403  200  200  200  200  200  403  403  403"},
	{"POST /api/v1/dossiers/:id/stop", `{"reason":"x"}` /* */, "401  403  403  400  400  404  409  400  403  403  403"},
	{"GET /api/v1/dossiers/:id", "" /*                     */, "401  403  403  403  403  403  403  200  200  403  403"},
	{"POST /api/v1/dossiers/:id/evidence", `{"reason":"x"}`, "401  403  403  403  403  403  403  400  400  403  403"},
	{"GET /api/v1/submissions", "" /*                      */, "401  403  403  200  200  200  200  200  200  403  403"},
	{"POST /api/v1/submissions/:id/clearance", "" /*       */, "401  403  403  409  404  404  404  409  403  403  403"},
	{"GET /api/v1/submissions/:id/candidates", "" /*       */, "401  403  403  404  404  404  404  404  404  403  403"},
	{"POST /api/v1/submissions/:id/join", "{}" /*          */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"GET /api/v1/counter/scans", "" /*                    */, "401  403  403  200  200  200  200  200  403  403  403"},
	{"POST /api/v1/counter/scans", "{}" /*                 */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"GET /api/v1/counter/scans/:id", "" /*                */, "401  403  403  404  404  404  404  404  403  403  403"},
	{"POST /api/v1/counter/scans/:id/attachment", noScan /**/, "401  403  403  404  404  404  404  404  403  403  403"},
	{"GET /api/v1/counter/scans/:id/receipt", "" /*        */, "401  403  403  404  404  404  404  404  403  403  403"},
	{"POST /api/v1/submissions/:id/refusal", refusal /*    */, "401  403  403  409  404  404  404  409  403  403  403"},

	{"POST /api/v1/pin-recoveries", "{}" /*                */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/pin-recoveries/confirmation", "{}" /*   */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/pin-revocations", "{}" /*               */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/pin-revocations/confirmation", "{}" /*  */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"POST /api/v1/holders/search", "{}" /*                */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"POST /api/v1/holders/:id/pin-actions", "{}" /*       */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"GET /api/v1/holders/:id/guardians", "" /*            */, "401  403  403  404  404  404  404  404  403  403  403"},
	{"POST /api/v1/holders/:id/guardians", "{}" /*         */, "401  403  403  400  400  400  400  400  403  403  403"},
	{"POST /api/v1/holders/:id/guardians/:guardian/end", "{}", "401  403  403  400  400  400  400  400  403  403  403"},
	{"GET /api/v1/holders/:id/services", "" /*             */, "401  403  403  404  404  404  404  404  403  403  403"},
	{"POST /api/v1/pin-reissues", "{}" /*                  */, "400  400  400  400  400  400  400  400  400  400  400"},
	{"GET /api/v1/letter-batches", "" /*                   */, "401  403  403  200  200  200  200  200  200  200  403"},
	{"POST /api/v1/letter-batches", "" /*                  */, "401  403  403  200  200  200  200  200  403  403  403"},
	{"GET /api/v1/letter-batches/:id/letters", "" /*       */, "401  403  403  403  403  403  403  404  403  404  403"},
	{"GET /api/v1/letter-batches/:id/manifest", "" /*      */, "401  403  403  403  403  403  403  404  403  404  403"},
	{"POST /api/v1/letter-batches/:id/posting", "" /*      */, "401  403  403  403  403  403  403  404  403  404  403"},
	{"POST /api/v1/letters/:id/return", "" /*              */, "401  403  403  404  404  404  404  404  403  403  403"},

	{"GET /api/v1/me/log", "" /*                           */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/me/messages", "" /*                      */, "401  200  200  403  403  403  403  403  403  403  403"},
	{"GET /api/v1/audit", "" /*                            */, "401  403  403  403  403  403  403  403  200  403  403"},
	{"GET /api/v1/audit/export", "" /*                     */, "401  403  403  403  403  403  403  403  200  403  403"},
	{"GET /api/v1/audit/entries/:row", "" /*               */, "401  403  403  403  403  403  403  403  404  403  403"},
	{"POST /api/v1/audit/searches", "{}" /*                */, "401  403  403  403  403  403  403  403  400  403  403"},

	// The portal: the citizens' cookie.
	{"GET /", "" /*                                        */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /accesso", "" /*                                 */, "200  303  303  200  200  200  200  200  200  200  200"},
	{"POST /accesso", "codice_fiscale=x&pin=x" /*          */, "401  401  401  401  401  401  401  401  401  401  401"},
	// No identity of elsewhere is configured here.
	{"GET /accesso/identita/:via", "" /*                   */, "404  404  404  404  404  404  404  404  404  404  404"},
	{"GET /accesso/identita/:via/ritorno", "" /*           */, "404  404  404  404  404  404  404  404  404  404  404"},
	{"GET /accesso/sblocco", "" /*                         */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /accesso/sblocco", "codice_fiscale=x" /*        */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /accesso/sblocco/codice", "codice=x" /*         */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /accesso/rinnovo", "" /*                         */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /accesso/rinnovo", "codice_fiscale=x&pin=x" /*  */, "401  401  401  401  401  401  401  401  401  401  401"},
	{"GET /stato", "" /*                                   */, "200  200  200  200  200  200  200  200  200  200  200"},
	// The eleventh try of one protocol number within half a minute is one too many, from wherever it comes.
	{"POST /stato", "protocollo=2026/0000001&codice=x" /*  */, "404  404  404  404  404  404  404  404  404  404  429"},
	{"GET /pin/riemissione", "" /*                         */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /pin/riemissione", "codice_fiscale=x" /*        */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /pin/ripristino", "" /*                          */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /pin/ripristino", "codice_fiscale=x" /*         */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /pin/ripristino/:link", "" /*                    */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /ferma/:link", "" /*                             */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /ferma", "link=x" /*                            */, "409  409  409  409  409  409  409  409  409  409  409"},
	{"POST /pin/ripristino/conferma", "link=x" /*          */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /pin/revoca", "" /*                              */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /pin/revoca", "codice_fiscale=x" /*             */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"POST /pin/revoca/conferma", "richiesta=x" /*         */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /richiesta-pin", "" /*                           */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /richiesta-pin", firstPage /*                   */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /richiesta-pin/dati", "" /*                      */, "303  303  303  303  303  303  303  303  303  303  303"},
	{"POST /richiesta-pin/dati", "codice_fiscale=x" /*     */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /richiesta-pin/inviata", "" /*                   */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /sedi", "" /*                                    */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /sedi", "luogo=Torino" /*                       */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /manifest.webmanifest", "" /*                    */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /accessibilita", "" /*                           */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /privacy", "" /*                                 */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /demo/messages", "" /*                           */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /area", "" /*                                    */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"GET /pin/attivazione", "" /*                         */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"POST /pin/attivazione", "codice_fiscale=x&pin=x" /*  */, "422  422  422  422  422  422  422  422  422  422  422"},
	{"GET /pin/attivazione/recapiti", "" /*                */, " in  403  403   in   in   in   in   in   in   in   in"},
	{"POST /pin/attivazione/recapiti", "" /*               */, " in  403  403   in   in   in   in   in   in   in   in"},
	{"GET /pin/attivazione/conferma", "" /*                */, " in  403  403   in   in   in   in   in   in   in   in"},
	{"POST /pin/attivazione/conferma", "" /*               */, " in  403  403   in   in   in   in   in   in   in   in"},
	{"GET /pin/cambio", "" /*                              */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /pin/cambio", "" /*                             */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /pin/cambio/conferma", "pin=x" /*               */, " in  422  422   in   in   in   in   in   in   in   in"},
	{"GET /area/recapiti", "" /*                           */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /area/recapiti", "tipo=fax&valore=x" /*         */, " in  422  422   in   in   in   in   in   in   in   in"},
	{"POST /area/recapiti/rimozione", "tipo=fax" /*        */, " in  303  303   in   in   in   in   in   in   in   in"},
	{"GET /area/recapiti/codice", "" /*                    */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /area/recapiti/codice", "codice=x" /*           */, " in  422  422   in   in   in   in   in   in   in   in"},
	{"GET /area/operazioni", "" /*                         */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"GET /area/messaggi", "" /*                           */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"GET /deleghe", "" /*                                 */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /deleghe", "codice_fiscale=x" /*                */, " in  403  403   in   in   in   in   in   in   in   in"},
	{"POST /deleghe/:id/accettazione", "" /*               */, " in  403  403   in   in   in   in   in   in   in   in"},
	{"POST /deleghe/:id/rifiuto", "" /*                    */, " in  404  404   in   in   in   in   in   in   in   in"},
	{"POST /deleghe/:id/fine", "" /*                       */, " in  404  404   in   in   in   in   in   in   in   in"},
	{"POST /deleghe/:id/agire", "" /*                      */, " in  404  404   in   in   in   in   in   in   in   in"},
	{"POST /deleghe/per-me", "" /*                         */, " in  303  303   in   in   in   in   in   in   in   in"},
	{"GET /servizi", "" /*                                 */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"GET /servizi/:service", "" /*                        */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /servizi/:service/ingresso", "" /*              */, " in  303  303   in   in   in   in   in   in   in   in"},
	{"GET /domande", "" /*                                 */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /domande", "servizio=nothing" /*                */, " in  404  404   in   in   in   in   in   in   in   in"},
	{"GET /domande/:id", "" /*                             */, " in  200  404   in   in   in   in   in   in   in   in"},
	{"GET /domande/:id/ricevuta.pdf", "" /*                */, " in  200  404   in   in   in   in   in   in   in   in"},
	{"GET /conversione", "" /*                             */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"GET /conversione/modulo.pdf", "" /*                  */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"GET /conversione/modulo-in-bianco.pdf", "" /*        */, "200  200  200  200  200  200  200  200  200  200  200"},
	{"GET /conversione/invio", "" /*                       */, " in  303  303   in   in   in   in   in   in   in   in"},
	{"POST /conversione/invio", "" /*                      */, " in  400  400   in   in   in   in   in   in   in   in"},
	{"GET /conversione/pagine", "" /*                      */, " in  200  200   in   in   in   in   in   in   in   in"},
	{"POST /conversione/pagine", "" /*                     */, " in  400  400   in   in   in   in   in   in   in   in"},
	{"GET /conversione/pagine/:composition", "" /*         */, " in  404  404   in   in   in   in   in   in   in   in"},
	{"GET /conversione/pagine/:composition/:n", "" /*      */, " in  404  404   in   in   in   in   in   in   in   in"},
	{"POST /conversione/pagine/:composition/ordine", "" /**/, " in  404  404   in   in   in   in   in   in   in   in"},
	{"POST /conversione/pagine/:composition/conferma", "", " in  404  404   in   in   in   in   in   in   in   in"},
	{"GET /conversione/:id", "" /*                         */, " in  200  404   in   in   in   in   in   in   in   in"},
	{"GET /conversione/:id/ritiro", "" /*                  */, " in  200  404   in   in   in   in   in   in   in   in"},

	// The desk: the operators' cookie.
	{"GET /desk", "" /*                                    */, " in   in   in  303  303  303  303  303  303  303   in"},
	{"GET /desk/accesso", "" /*                            */, "200  200  200  303  303  303  303  303  303  303  200"},
	{"POST /desk/accesso", "username={role}&password=x" /* */, "401  401  401  401  401  401  401  401  401  401  401"},
	{"GET /desk/code", "" /*                               */, " in   in   in  200  200  200  200  200  200  403   in"},
	{"POST /desk/code/prossima", "" /*                     */, " in   in   in  303  303  303  303  303  403  403   in"},
	{"POST /desk/code/:dossier/prendi", "" /*              */, " in   in   in  303  409  404  409  409  403  403   in"},
	{"GET /desk/pratiche/:review", "" /*                   */, " in   in   in  200  404  404  404  404  403  403   in"},
	{"GET /desk/pratiche/:review/decisione", "" /*         */, " in   in   in  303  303  303  303  303  303  303   in"},
	{"POST /desk/pratiche/:review/decisione", staleForm /* */, " in   in   in  409  404  404  404  404  403  403   in"},
	{"GET /desk/fascicoli/:dossier", "" /*                 */, " in   in   in  403  403  403  403  200  200  403   in"},
	{"GET /desk/fascicoli/:dossier/ferma", "" /*           */, " in   in   in  303  303  303  303  303  403  403   in"},
	{"POST /desk/fascicoli/:dossier/ferma", "motivo=x" /*  */, " in   in   in  400  400  404  409  400  403  403   in"},
	{"GET /desk/fascicoli/:dossier/originali", "" /*       */, " in   in   in  403  403  403  403  303  303  403   in"},
	{"POST /desk/fascicoli/:dossier/originali", "motivo=x", " in   in   in  403  403  403  403  400  400  403   in"},
	{"GET /desk/documenti/:document/pagine/:image", "" /*  */, " in   in   in  200  404  404  404  200  200  403   in"},
	{"GET /desk/richiami", "" /*                           */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"GET /desk/richiami/:request", "" /*                  */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"POST /desk/richiami/:request", refusedForm /*        */, " in   in   in  400  400  400  400  400  403  403   in"},
	{"GET /desk/titolari", "" /*                           */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"POST /desk/titolari", "codice_fiscale=x" /*          */, " in   in   in  422  422  422  422  422  403  403   in"},
	{"GET /desk/titolari/:holder", "" /*                   */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"POST /desk/titolari/:holder", "action=x" /*          */, " in   in   in  400  400  400  400  400  403  403   in"},
	{"GET /desk/titolari/:holder/servizi", "" /*           */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/titolari/:holder/tutori", "" /*            */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"POST /desk/titolari/:holder/tutori", "" /*           */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"POST /desk/titolari/:holder/tutori/:id/fine", "" /*  */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/titolari/:holder/archivio", "" /*          */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/titolari/:holder/archivio/:submission", "", " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/titolari/:holder/archivio/:submission/:image", "", " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/telefono", "" /*                           */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"POST /desk/telefono", "codice_fiscale=x" /*          */, " in   in   in  422  422  422  422  422  403  403   in"},
	{"GET /desk/sportello", "" /*                          */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"POST /desk/sportello", "codice_fiscale=x" /*         */, " in   in   in  422  422  422  422  422  403  403   in"},
	{"GET /desk/scansione", "" /*                          */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"POST /desk/scansione", "" /*                         */, " in   in   in  400  400  400  400  400  403  403   in"},
	{"GET /desk/archivio", "" /*                           */, " in   in   in  200  200  200  200  200  403  403   in"},
	{"POST /desk/archivio", "" /*                          */, " in   in   in  400  400  400  400  400  403  403   in"},
	{"GET /desk/scansione/:submission", "" /*              */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/scansione/:submission/ricevuta.pdf", "" /* */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"POST /desk/scansione/:submission/fascicolo", "" /*   */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/quarantena", "" /*                         */, " in   in   in  200  200  200  200  200  200  403   in"},
	{"GET /desk/non-abbinati", "" /*                       */, " in   in   in  200  200  200  200  200  200  403   in"},
	{"GET /desk/respinti", "" /*                           */, " in   in   in  403  403  403  403  200  200  403   in"},
	// What it asks for belongs to a dossier.
	{"GET /desk/invii/:submission", "" /*                  */, " in   in   in  404  404  404  404  404  404  403   in"},
	{"GET /desk/lettere", "" /*                            */, " in   in   in  200  200  200  200  200  200  200   in"},
	{"POST /desk/lettere", "" /*                           */, " in   in   in  303  303  303  303  303  403  403   in"},
	{"POST /desk/lettere/rientro", "lettera=x" /*          */, " in   in   in  404  404  404  404  404  403  403   in"},
	{"GET /desk/lettere/:batch/lettere.pdf", "" /*         */, " in   in   in  403  403  403  403  404  403  404   in"},
	{"GET /desk/lettere/:batch/distinta.csv", "" /*        */, " in   in   in  403  403  403  403  404  403  404   in"},
	{"POST /desk/lettere/:batch/partenza", "" /*           */, " in   in   in  403  403  403  403  404  403  404   in"},
	{"GET /desk/registro", "" /*                           */, " in   in   in  403  403  403  403  403  200  403   in"},
	{"POST /desk/registro", "codice_fiscale=x" /*          */, " in   in   in  403  403  403  403  403  404  403   in"},
	{"GET /desk/registro/righe/:row", "" /*                */, " in   in   in  403  403  403  403  403  404  403   in"},
	{"POST /desk/registro/esporta", "" /*                  */, " in   in   in  403  403  403  403  403  200  403   in"},
	{"POST /desk/invii/:submission/rilettura", "" /*       */, " in   in   in  409  404  404  404  409  403  403   in"},
	{"POST /desk/invii/:submission/abbinamento", "" /*     */, " in   in   in  409  409  409  409  409  403  403   in"},
	{"POST /desk/invii/:submission/rifiuto", "motivo=other", " in   in   in  409  404  404  404  409  403  403   in"},

	// What ends something comes last. The second of two ways finds it ended.
	{"POST /desk/pratiche/:review/rilascio", "" /*         */, " in   in   in  303  404  404  404  404  403  403   in"},
	{"DELETE /api/v1/reviews/:id", "" /*                   */, "401  403  403  204  404  404  404  404  403  403  403"},
	{"POST /api/v1/conversions/:id/withdrawal", "" /*      */, "401  204  404  403  403  403  403  403  403  403  403"},
	{"POST /conversione/:id/ritiro", "" /*                 */, " in  409  404   in   in   in   in   in   in   in   in"},
	{"POST /uscita", "" /*                                 */, "303  303  303  303  303  303  303  303  303  303  303"},
	{"POST /desk/uscita", "" /*                            */, "303  303  303  303  303  303  303  303  303  303  303"},
	{"DELETE /api/v1/sessions/current", "" /*              */, "401  401  401  401  401  401  401  401  401  401  204"},
}

const (
	staleJSON = `{"action":"reject","reason":"other","version":1}`
	wrongPIN  = `{"pin":"x"}`
	wrongCode = `{"code":"x"}`
	noContact = `{"value":"x"}`
	noScan    = `{"dossier":"x"}`
	refusal   = `{"reason":"other"}`
	staleForm = "action=reject&reason=other&version=1"
	// A refusal without a reason is not right.
	refusedJSON = `{"outcome":"refused","version":1}`
	refusedForm = "outcome=refused&version=1"
	firstPage   = "codice_fiscale=x&residence=abroad&italian_document=no"
)

// proves promise 5, C10: every route, asked by everybody.
func TestAccess(t *testing.T) { //nolint:tparallel // each part goes on from the one before
	t.Parallel()
	holder := free()[0]
	s := serveCrew(t, holder, "--four-eyes")
	w := newWorld(t, s, holder, free()[1])
	t.Run("the own dossier is never offered", w.neverOffered)
	w.hold(t)
	t.Run("other offices", w.otherOffices)
	t.Run("forgery", w.forgery)
	t.Run("table", w.table)
	t.Run("four eyes", func(t *testing.T) { fourEyes(t, s, free()[2]) })
}

// world is a server with one dossier in review and somebody for every role.
type world struct {
	s        *server
	visitors map[string]*visitor
	ids      map[string]string
}

// visitor is somebody at a network address of one's own, signed in or not.
type visitor struct {
	*client
	caller *caller
}

func newWorld(t *testing.T, s *server, holder, other demo.Citizen) *world {
	t.Helper()
	w := &world{s: s, visitors: map[string]*visitor{}, ids: map[string]string{}}
	people := map[string]*client{
		"nobody": s.nobody(), "holder": s.citizen(holder), "citizen": s.citizen(other),
		"holding": s.operator("operatore"), "idle": s.operator("operatore2"), "away": s.member("altrove"),
		"party": s.member("parte.in.causa"), "super": s.operator("supervisore"), "auditor": s.operator("revisore"),
		"admin": s.operator("admin"), "gateway": s.member("varco"),
	}
	for i, role := range roles {
		w.visitors[role] = &visitor{client: people[role], caller: s.from(t, fmt.Sprintf("127.0.0.%d", 10+i))}
	}
	citizen := people["holder"]
	if a := citizen.upload(signedDocument(t, holder, citizen.form())); a.Status != http.StatusCreated {
		t.Fatalf("upload: %d %s", a.Status, a.Body)
	} else {
		var receipt struct {
			SubmissionID string `json:"submission_id"`
		}
		a.decode(t, &receipt)
		w.ids["submission"] = receipt.SubmissionID
	}
	var filed struct{ ID string }
	citizen.post("/domande", map[string]string{"service": "riscatto-laurea"}).decode(t, &filed)
	w.ids["domanda"], w.ids["service"] = filed.ID, "estratto-conto"
	w.ids["provider"] = "nobody"
	w.ids["dossier"] = citizen.await(dossier.StateReviewing).ID
	w.ids["request"] = askedFor(t, people["nobody"], people["holding"], 0)
	s.staged()
	return w
}

// neverOffered proves that the queue skips the operator's own dossier even
// when nothing else is left: everybody else holds the others.
func (w *world) neverOffered(t *testing.T) {
	var queue struct {
		Reviews []struct {
			DossierID string `json:"dossier_id"`
			State     dossier.State
			Claimed   bool
		}
	}
	party := w.visitors["party"]
	party.get("/reviews").decode(t, &queue)
	var hands []*client
	for _, name := range []string{"operatore", "operatore2", "terzo", "quarto", "quinto", "sesto"} {
		hands = append(hands, w.s.member(name))
	}
	for _, item := range queue.Reviews {
		waits := item.State == dossier.StateReviewing || item.State == dossier.StateSecondReview
		if item.DossierID == w.ids["dossier"] || !waits || item.Claimed {
			continue
		}
		if len(hands) == 0 {
			t.Fatal("more dossiers than reviewers")
		}
		claim := hands[0].claim(item.DossierID)
		defer release(t, hands[0], claim.ID)
		hands = hands[1:]
	}
	if a := party.post("/reviews/next", nil); a.Status != http.StatusNoContent {
		t.Errorf("offered: %d %s", a.Status, a.Body)
	}
	if a := party.post("/dossiers/"+w.ids["dossier"]+"/claim", nil); a.code() != dossier.CodeOwnDossier {
		t.Errorf("claimed the own dossier: %d %s", a.Status, a.Body)
	}
	// A supervisor sees all pages, but clears and refuses nothing of the own.
	for _, act := range []string{"/clearance", "/refusal"} {
		if a := w.s.member("capo.in.causa").post("/submissions/"+w.ids["submission"]+act, map[string]string{"reason": "other"}); a.code() != dossier.CodeOwnDossier {
			t.Errorf("%s of the own submission: %d %s", act, a.Status, a.Body)
		}
	}
}

func release(t *testing.T, c *client, reviewID string) {
	t.Helper()
	if a := c.do(http.MethodDelete, "/reviews/"+reviewID, nil, nil); a.Status != http.StatusNoContent {
		t.Errorf("release: %d %s", a.Status, a.Body)
	}
}

// hold puts the dossier into the hands of its reviewer.
func (w *world) hold(t *testing.T) {
	t.Helper()
	claim := w.visitors["holding"].claim(w.ids["dossier"])
	w.ids["review"], w.ids["document"] = claim.ID, claim.Pages[0].DocumentID
}

// otherOffices proves that lists hold nothing of another office.
func (w *world) otherOffices(t *testing.T) {
	for path, key := range map[string]string{"/reviews": "reviews", "/submissions?state=quarantined": "submissions"} {
		var here, away map[string][]any
		w.visitors["idle"].get(path).decode(t, &here)
		w.visitors["away"].get(path).decode(t, &away)
		if len(here[key]) == 0 || len(away[key]) != 0 {
			t.Errorf("%s: %d in the office, %d in another", path, len(here[key]), len(away[key]))
		}
	}
}

// table asks every route as everybody.
func (w *world) table(t *testing.T) {
	listed := map[string]bool{}
	for _, row := range table {
		listed[row.route] = true
		want := strings.Fields(row.want)
		if len(want) != len(roles) {
			t.Fatalf("%s: %d cells for %d roles", row.route, len(want), len(roles))
		}
		for i, role := range roles {
			if got := w.ask(t, role, row); got != want[i] {
				t.Errorf("%s as %s: %s, want %s", row.route, role, got, want[i])
			}
		}
	}
	for _, route := range registered(t) {
		if !listed[route] {
			t.Errorf("%s is served, but not in the table: who may call it?", route)
		}
		delete(listed, route)
	}
	for route := range listed {
		t.Errorf("%s is in the table, but not served", route)
	}
}

// ask sends a row's request as a role and names what came back.
func (w *world) ask(t *testing.T, role string, row cell) string {
	t.Helper()
	v := w.visitors[role]
	method, path, _ := strings.Cut(row.route, " ")
	path = w.address(row.route, path)
	body := strings.ReplaceAll(row.with, "{role}", role)
	var got exchange
	if strings.HasPrefix(path, "/api/") {
		header := bearer(v.token)
		if body != "" {
			header.Set("Content-Type", "application/json")
		}
		got = v.caller.send(t, method, path, header, []byte(body))
	} else {
		got = v.page(t, method, path, body)
	}
	if strings.HasSuffix(row.route, "/next") || strings.HasSuffix(row.route, "/prossima") {
		w.giveBack(t, role)
	}
	if to := got.answer.Header.Get("Location"); got.Status == http.StatusSeeOther && (strings.Contains(to, "/accesso?") || strings.HasPrefix(to, "/pin/attivazione?")) {
		return "in"
	}
	return strconv.Itoa(got.Status)
}

// giveBack releases what a role was given, but for the dossier that the table
// is about.
func (w *world) giveBack(t *testing.T, role string) {
	t.Helper()
	a := w.visitors[role].post("/reviews/next", nil)
	if role == "holding" || a.Status != http.StatusOK {
		return
	}
	var claim claimJSON
	a.decode(t, &claim)
	release(t, w.visitors[role].client, claim.ID)
}

var parameter = regexp.MustCompile(`[:*](\w+)`)

// address fills in a route's parameters. ":id" means another thing on each.
func (w *world) address(route, path string) string {
	ids := map[string]string{
		"n": "1", "image": "1.img", "batch": "nothing", "composition": "nothing", "hash": "0", "file": "nothing.css",
		"via": "spid", "kind": "fax", "link": "nothing", "holder": "nothing", "guardian": "nothing", "way": "spid", "row": "nothing",
	}
	for name, value := range w.ids {
		ids[name] = value
	}
	for part, name := range map[string]string{
		"/conversion": "dossier", "/dossiers/": "dossier", "/reviews/": "review", "/pin-requests/": "request", "/documents/": "document", "/submissions/": "submission", "/counter/": "submission",
		"/services/": "service", "/domande/": "domanda",
	} {
		if strings.Contains(route, part) {
			ids["id"] = w.ids[name]
		}
	}
	if strings.Contains(route, "/letter") || strings.Contains(route, "/deleghe/") || strings.Contains(route, "/delegations/") || strings.Contains(route, "/holders/") {
		ids["id"] = "nothing"
	}
	path = parameter.ReplaceAllStringFunc(path, func(p string) string { return ids[p[1:]] })
	if strings.HasSuffix(route, "/submissions") {
		path += "?state=quarantined"
	}
	return path
}

var hidden = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// page asks for a page as a browser does, with the session in both cookies and
// with the form's token.
func (v *visitor) page(t *testing.T, method, path, form string) exchange {
	t.Helper()
	header := http.Header{}
	if v.token != "" {
		header.Set("Cookie", "dsp_citizen="+v.token+"; dsp_operator="+v.token)
	}
	if method != http.MethodPost {
		return v.caller.send(t, method, path, header, nil)
	}
	token := v.formToken(t, path, header)
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	values.Set("csrf", token)
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.caller.send(t, method, path, header, []byte(values.Encode()))
}

// formToken fetches a page of the same area that has a form, and keeps its cookie.
func (v *visitor) formToken(t *testing.T, path string, header http.Header) string {
	t.Helper()
	area := ""
	if strings.HasPrefix(path, "/desk") {
		area = "/desk"
	}
	for _, with := range []string{area + "/accesso", "/desk/quarantena", "/area", "/accessibilita"} {
		if !strings.HasPrefix(with, area) || area == "" && strings.HasPrefix(with, "/desk") {
			continue
		}
		got := v.caller.send(t, http.MethodGet, with, header, nil)
		if found := hidden.FindSubmatch(got.answer.Body); found != nil {
			for _, c := range got.answer.Header.Values("Set-Cookie") {
				pair, _, _ := strings.Cut(c, ";")
				header.Set("Cookie", strings.TrimPrefix(header.Get("Cookie")+"; "+pair, "; "))
			}
			return string(found[1])
		}
	}
	return "" // nothing to send: an admin sees no form but the one for leaving
}

// registered lists the routes of the program, with the demonstration's.
func registered(t *testing.T) []string {
	t.Helper()
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	e, u := edge.New(edge.Config{Texts: texts}), &ui.UI{}
	handler := api.New(api.Config{
		Edge: e, UI: u, V1: v1.New(v1.Deps{Edge: e}), Figures: prometheus.NewRegistry(),
		Portal: portal.New(portal.Deps{Edge: e, UI: u, Messages: (&house{}).messageBox}),
		Desk:   desk.New(desk.Deps{Edge: e, UI: u}),
	})
	engine, ok := handler.(interface{ Routes() gin.RoutesInfo })
	if !ok {
		t.Fatalf("%T does not list its routes", handler)
	}
	var list []string
	for _, r := range engine.Routes() {
		list = append(list, r.Method+" "+r.Path)
	}
	slices.Sort(list)
	return list
}

// forgery proves that no page takes a writing request without the token of its
// own form, whoever is signed in, nor one that a browser says comes from
// elsewhere.
func (w *world) forgery(t *testing.T) {
	for _, route := range registered(t) {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodGet || strings.HasPrefix(path, "/api/") {
			continue
		}
		v := w.visitors["holder"]
		if strings.HasPrefix(path, "/desk") {
			v = w.visitors["holding"]
		}
		header := http.Header{
			"Cookie":       {"dsp_citizen=" + v.token + "; dsp_operator=" + v.token},
			"Content-Type": {"application/x-www-form-urlencoded"},
		}
		path = w.address(route, path)
		if got := v.caller.send(t, method, path, header, []byte("csrf=forged")); got.Status != http.StatusForbidden {
			t.Errorf("%s without its token: %d", route, got.Status)
		}
		right := v.formToken(t, path, header)
		header.Set("Origin", "https://elsewhere.example")
		if got := v.caller.send(t, method, path, header, []byte("csrf="+url.QueryEscape(right))); got.Status != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", route, got.Status)
		}
	}
	contentType, body := multipartFile(t, "modulo.pdf", []byte("%PDF-1.7"))
	v := w.visitors["holder"]
	got := v.caller.send(t, http.MethodPost, "/conversione/invio", http.Header{"Cookie": {"dsp_citizen=" + v.token}, "Content-Type": {contentType}}, body)
	if got.Status != http.StatusForbidden {
		t.Errorf("upload without a token: %d", got.Status)
	}
}

// fourEyes proves that the two approvals come from two people.
func fourEyes(t *testing.T, s *server, who demo.Citizen) {
	citizen := s.citizen(who)
	if a := citizen.upload(signedDocument(t, who, citizen.form())); a.Status != http.StatusCreated {
		t.Fatalf("upload: %d %s", a.Status, a.Body)
	}
	id := citizen.await(dossier.StateReviewing).ID
	first, second := s.operator("operatore"), s.operator("operatore2")
	claim := first.claim(id)
	first.look(claim)
	if a := first.approve(claim); a.Status != http.StatusOK || !strings.Contains(string(a.Body), string(dossier.StateSecondReview)) {
		t.Fatalf("first approval: %d %s", a.Status, a.Body)
	}
	if a := first.post("/dossiers/"+id+"/claim", nil); a.Status != http.StatusConflict || a.code() != dossier.CodeFourEyes {
		t.Errorf("the same reviewer again: %d %s", a.Status, a.Body)
	}
	claim = second.claim(id)
	if a := second.approve(claim); a.Status != http.StatusConflict || a.code() != dossier.CodePagesUnseen {
		t.Errorf("what the first has seen counts for the second: %d %s", a.Status, a.Body)
	}
	second.look(claim)
	if a := second.approve(claim); a.Status != http.StatusOK {
		t.Fatalf("second approval: %d %s", a.Status, a.Body)
	}
	citizen.await(dossier.StateConverted)
}
