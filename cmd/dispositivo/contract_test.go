package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	v1 "dispositivo/api/v1"
	"dispositivo/dossier"
	"dispositivo/internal/demo"
)

// witness holds every exchange against the contract and remembers what it saw.
type witness struct {
	doc    *openapi3.T
	router routers.Router
	caller *caller
	// seen are operation and status, such as "withdraw 409".
	seen map[string]bool
}

func newWitness(t *testing.T, s *server) *witness {
	t.Helper()
	for _, media := range []string{"application/pdf", "application/zip", "image/png", "image/jpeg"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.FileBodyDecoder)
	}
	doc, err := openapi3.NewLoader().LoadFromData(v1.Contract)
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &witness{doc: doc, router: router, caller: s.from(t, "127.0.0.2"), seen: map[string]bool{}}
}

// ask sends a request that keeps to the contract; request and answer are checked.
func (w *witness) ask(t *testing.T, c *client, method, path string, v any) answer {
	t.Helper()
	return w.check(t, w.send(t, w.caller, c.token, method, path, v), true)
}

// misuse sends a request that need not keep to the contract; the answer must.
func (w *witness) misuse(t *testing.T, token, method, path string, v any) answer {
	t.Helper()
	return w.check(t, w.send(t, w.caller, token, method, path, v), false)
}

func (w *witness) send(t *testing.T, from *caller, token, method, path string, v any) exchange {
	t.Helper()
	header, body := bearer(token), []byte(nil)
	if v != nil {
		header, body = asJSON(t, token, v)
	}
	return from.send(t, method, "/api/v1"+path, header, body)
}

// upload sends one file; well says whether the request keeps to the contract.
func (w *witness) upload(t *testing.T, c *client, data []byte, key string) answer {
	t.Helper()
	contentType, body := multipartFile(t, "modulo.pdf", data)
	header := bearer(c.token)
	header.Set("Content-Type", contentType)
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/conversions", header, body), true)
}

// check fails the test when the exchange is not as the contract says: an
// unknown route, status, header or field, or a code that is not listed there.
func (w *witness) check(t *testing.T, x exchange, well bool) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), x.Method, "http://server"+x.Path, bytes.NewReader(x.Body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = x.Header
	route, params, err := w.router.FindRoute(req)
	if err != nil {
		t.Fatalf("%s %s: %v", x.Method, x.Path, err)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error {
				if req.Header.Get("Authorization") == "" {
					return errors.New("no token")
				}
				return nil
			},
		},
	}
	if well {
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			t.Errorf("%s %s: the request is not as the contract says: %v", x.Method, x.Path, err)
		}
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.Status, Header: x.answer.Header,
		Body: io.NopCloser(bytes.NewReader(x.answer.Body)), Options: input.Options,
	})
	if err != nil {
		t.Errorf("%s %s: the answer %d is not as the contract says: %v", x.Method, x.Path, x.Status, err)
	}
	w.seen[fmt.Sprintf("%s %d", route.Operation.OperationID, x.Status)] = true
	return x.answer
}

// expect is check's second half: what this request must be answered.
func expect(t *testing.T, what string, got answer, status int, code dossier.Code) {
	t.Helper()
	if got.Status != status || got.code() != code {
		t.Errorf("%s: %d %s, want %d %s\n%s", what, got.Status, got.code(), status, code, got.Body)
	}
}

// elsewhere are the answers that this story cannot bring about, and who does.
var elsewhere = map[string]string{
	"beginIdentity 201":      "with a provider: TestIdentityOfElsewhere",
	"signInElsewhere 201":    "likewise",
	"openLogEntry 200":       "likewise",
	"signInElsewhere 403":    "likewise",
	"confirmComposition 409": "what sendDocument answers, by the same door",
	"signInOperator 403":     "a demonstration asks for no second factor; TestOperators does",
	"beginActivation 409":    "a letter that was not printed yet: pin/activation, TestNotItsTurn",
	"beginActivation 403":    "halves that are too old: pin/activation, TestNotItsTurn",
	"finishActivation 429":   "ten wrong halves: pin/activation, TestSecondHalfLocks",
	"setContact 409":         "two changes at the same moment",
	"removeContact 409":      "two changes at the same moment",
	"confirmContact 409":     "two changes at the same moment",
	"enterService 409":       "a closed service; pin/services, TestDecide",
	"fileDomanda 409":        "a closed service; pin/services, TestDecide",
	"getPage 409":            "a lease that ends between two statements",
	"takeFax 413":            "more than 25 MB: intake, TestPostLimits",
	"takeFax 410":            "pages that are gone at a provider: intake/fax, TestLost",
	"receiveScan 413":        "more than 25 MB: composing, by the same reading of a form",
	"getHolderServices 409":  "the operator's own: pin/services, TestStaffView",
	"getScan 409":            "the operator's own: intake/counter, TestRefuses",
	"getScanReceipt 409":     "the operator's own: intake/counter, TestRefuses",
	"exportEvidence 409":     "the own: verify/evidence, TestWhoMayExport",
	"getPINRequest 409":      "an operator's own request; TestLooksAreLogged of pin/request",
}

// proves E3: what the server answers is what the contract says, to the letter,
// and what the contract says is answered: every status of every operation but
// 500 and 503.
func TestContract(t *testing.T) { //nolint:tparallel // each part goes on from the one before
	t.Parallel()
	s := serveCrew(t, free()[0], byHand, "--trusted-proxies="+aProxy)
	w := newWitness(t, s)
	t.Run("sign in", func(t *testing.T) { w.signIn(t, s) })
	t.Run("strangers", func(t *testing.T) { w.strangers(t, s) })
	t.Run("PIN and contacts", func(t *testing.T) { w.pins(t, s) })
	t.Run("services", func(t *testing.T) { w.services(t, s) })
	t.Run("offices", func(t *testing.T) { w.offices(t, s) })
	t.Run("delegations", func(t *testing.T) { w.delegations(t, s) })
	t.Run("guardians", func(t *testing.T) { w.guardians(t, s) })
	t.Run("upload", func(t *testing.T) { w.uploads(t, s) })
	t.Run("compositions", func(t *testing.T) { w.compositions(t, s) })
	t.Run("review", func(t *testing.T) { w.review(t, s) })
	t.Run("quarantine", func(t *testing.T) { w.quarantine(t, s) })
	t.Run("faxes", func(t *testing.T) { w.faxes(t, s) })
	t.Run("counter", func(t *testing.T) { w.counter(t, s) })
	t.Run("letters", func(t *testing.T) { w.letters(t, s) })
	t.Run("log and messages", func(t *testing.T) { w.journal(t, s) })
	t.Run("PIN requests", func(t *testing.T) { w.requests(t, s) })
	t.Run("lost PINs", func(t *testing.T) { w.lost(t, s) })
	t.Run("nothing left out", w.nothingLeftOut)
	t.Run("the log holds nothing personal", func(t *testing.T) { silentLog(t, s) })
}

func (w *witness) nothingLeftOut(t *testing.T) {
	for _, item := range w.doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status := range op.Responses.Map() {
				key := op.OperationID + " " + status
				if !w.seen[key] && elsewhere[key] == "" && status != "500" && status != "503" {
					t.Errorf("%s is in the contract, but was never answered", key)
				}
			}
		}
	}
}

func (w *witness) signIn(t *testing.T, s *server) {
	who := free()[0]
	nobody := s.nobody()
	w.ask(t, nobody, http.MethodGet, "/openapi.yaml", nil)
	expect(t, "other identities", w.ask(t, nobody, http.MethodGet, "/identities", nil), http.StatusOK, "")
	expect(t, "no JSON", w.misuse(t, "", http.MethodPost, "/identities/spid/sessions", "text"), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "signed in", w.ask(t, nobody, http.MethodPost, "/sessions", citizenBody(who, who.PIN)), http.StatusCreated, "")
	expect(t, "wrong PIN", w.ask(t, nobody, http.MethodPost, "/sessions", citizenBody(who, "AAAAAAAA")), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	expect(t, "no PIN", w.misuse(t, "", http.MethodPost, "/sessions", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "no JSON", w.misuse(t, "", http.MethodPost, "/operator-sessions", "text"), http.StatusBadRequest, dossier.CodeRequestInvalid)
	var got answer
	for range 11 {
		body := map[string]string{"username": "nessuno", "password": "sbagliata"}
		got = w.ask(t, nobody, http.MethodPost, "/operator-sessions", body)
	}
	expect(t, "an unknown operator too often", got, http.StatusTooManyRequests, dossier.CodeLocked)
	operator := demo.Operators()[0]
	body := map[string]string{"username": operator.Username, "password": operator.Password}
	got = w.ask(t, nobody, http.MethodPost, "/operator-sessions", body)
	expect(t, "operator", got, http.StatusCreated, "")
	var session struct{ Token string }
	got.decode(t, &session)
	gone := &client{t: t, url: s.URL, token: session.Token}
	expect(t, "signed out", w.ask(t, gone, http.MethodDelete, "/sessions/current", nil), http.StatusNoContent, "")
	expect(t, "signed out twice", w.ask(t, gone, http.MethodDelete, "/sessions/current", nil), http.StatusUnauthorized, dossier.CodeUnauthorized)
	crowd := s.from(t, "127.0.0.3")
	for range 100 {
		if got = w.check(t, w.send(t, crowd, "", http.MethodPost, "/sessions", citizenBody(demo.Citizen{CodiceFiscale: "X"}, "x")), true); got.Status == http.StatusTooManyRequests {
			break
		}
	}
	expect(t, "one source too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
}

func citizenBody(c demo.Citizen, pin string) map[string]string {
	return map[string]string{"codice_fiscale": c.CodiceFiscale.String(), "pin": pin}
}

var inPath = regexp.MustCompile(`\{\w+\}`)

// strangers calls every operation with a token that opens nothing, with the
// wrong role, and with an id that does not exist.
func (w *witness) strangers(t *testing.T, s *server) {
	citizen, reviewer, auditor, admin := s.citizen(free()[0]), s.operator("operatore"), s.operator("revisore"), s.operator("admin")
	for path, item := range w.doc.Paths.Map() {
		address := strings.Replace(inPath.ReplaceAllString(path, "1"), "/submissions", "/submissions?state=unmatched", 1)
		if strings.Contains(path, "/submissions/") {
			address = strings.Replace(inPath.ReplaceAllString(path, "1"), "?state=unmatched", "", 1)
		}
		for method, op := range item.Operations() {
			body := strangersBody(op.OperationID)
			got := w.misuse(t, "opens-nothing", method, address, body)
			unproved := dossier.CodeUnauthorized
			if slices.Contains(op.Tags, "gateways") { // they sign instead
				unproved = dossier.CodeGatewayUnproved
			}
			expect(t, op.OperationID+" with a wrong token", got, http.StatusUnauthorized, unproved)
			wrong := admin
			if slices.Contains(op.Tags, "letters") {
				wrong = citizen
			}
			if op.Responses.Value("403") != nil && op.Security == nil { // open to all, it refuses for another reason
				expect(t, op.OperationID+" with the wrong role", w.misuse(t, wrong.token, method, address, body), http.StatusForbidden, dossier.CodeForbidden)
			}
			if op.Responses.Value("404") == nil || slices.Contains([]string{
				"receiveScan", // a form comes first there
				"answerFax",   // signed, by nobody who signs in: faxes
			}, op.OperationID) {
				continue
			}
			who := citizen
			switch {
			case op.OperationID == "getDossier", op.OperationID == "exportEvidence", op.OperationID == "searchLog", op.OperationID == "openLogEntry":
				who = auditor
			case slices.Contains(op.Tags, "delegations"):
				who = s.citizen(inScene(t, demo.SceneDispositivo))
			case slices.Contains(op.Tags, "letters"):
				who = s.operator("supervisore")
			case !slices.Contains(op.Tags, "conversions") && !slices.Contains(op.Tags, "services"):
				who = reviewer
			}
			expect(t, op.OperationID+" of nothing", w.ask(t, who, method, address, body), http.StatusNotFound, dossier.CodeNotFound)
		}
	}
}

// uploads sends one good document and everything that is refused.
func (w *witness) uploads(t *testing.T, s *server) {
	citizen := s.citizen(free()[0])
	form := w.ask(t, citizen, http.MethodGet, "/conversions/form", nil).Body
	w.ask(t, citizen, http.MethodGet, "/me", nil)
	document := signedDocument(t, free()[0], form)
	expect(t, "received", w.upload(t, citizen, document, "first"), http.StatusCreated, "")
	expect(t, "again", w.upload(t, citizen, document, "first"), http.StatusOK, "")
	expect(t, "key used", w.upload(t, citizen, append(slices.Clone(document), '\n'), "first"),
		http.StatusUnprocessableEntity, dossier.CodeIdempotency)
	expect(t, "no file", w.misuse(t, citizen.token, http.MethodPost, "/conversions", map[string]string{}), http.StatusBadRequest, dossier.CodeFormParts)
	expect(t, "empty", w.upload(t, citizen, nil, ""), http.StatusUnprocessableEntity, dossier.Code(dossier.FileEmpty))
	expect(t, "text", w.upload(t, citizen, []byte("Buongiorno"), ""), http.StatusUnsupportedMediaType, dossier.Code(dossier.FileType))
	expect(t, "large", w.upload(t, citizen, make([]byte, 2<<20), ""), http.StatusRequestEntityTooLarge, dossier.Code(dossier.FileTooLarge))
	id := citizen.await(dossier.StateReviewing).ID
	w.ask(t, citizen, http.MethodGet, "/conversions", nil)
	w.ask(t, citizen, http.MethodGet, "/conversions/"+id, nil)
}

// review claims, looks, asks for more, approves; and withdraws another dossier.
func (w *witness) review(t *testing.T, s *server) {
	citizen, desk, auditor := s.citizen(free()[0]), s.operator("operatore"), s.operator("revisore")
	id := citizen.await(dossier.StateReviewing).ID
	expect(t, "a state there is not", w.misuse(t, desk.token, http.MethodGet, "/reviews?state=nowhere", nil), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "a list there is not", w.misuse(t, desk.token, http.MethodGet, "/submissions?state=joined", nil), http.StatusBadRequest, dossier.CodeRequestInvalid)
	w.ask(t, desk, http.MethodGet, "/reviews?state=reviewing&escalated=false", nil)
	expect(t, "another office", w.ask(t, s.member("altrove"), http.MethodPost, "/reviews/next", nil), http.StatusNoContent, "")
	expect(t, "own", w.ask(t, s.member("parte.in.causa"), http.MethodPost, "/dossiers/"+id+"/claim", nil), http.StatusConflict, dossier.CodeOwnDossier)
	claim := w.claim(t, desk, id)
	expect(t, "in hand", w.ask(t, desk, http.MethodPost, "/reviews/next", nil), http.StatusOK, "")
	expect(t, "taken", w.ask(t, s.operator("operatore2"), http.MethodPost, "/dossiers/"+id+"/claim", nil), http.StatusConflict, dossier.CodeLeaseLost)
	expect(t, "case", w.ask(t, desk, http.MethodGet, "/reviews/"+claim.ID, nil), http.StatusOK, "")
	expect(t, "dossier", w.ask(t, auditor, http.MethodGet, "/dossiers/"+id, nil), http.StatusOK, "")
	expect(t, "released", w.ask(t, desk, http.MethodDelete, "/reviews/"+claim.ID, nil), http.StatusNoContent, "")
	expect(t, "no longer in hand", w.ask(t, desk, http.MethodGet, "/reviews/"+claim.ID, nil), http.StatusConflict, dossier.CodeLeaseLost)

	claim = w.claim(t, desk, id)
	w.decide(t, desk, claim, map[string]any{"action": "approve"}, http.StatusConflict, dossier.CodePagesUnseen)
	w.decide(t, desk, claim, map[string]any{"action": "reject"}, http.StatusBadRequest, dossier.CodeRequestInvalid)
	w.decide(t, desk, claim, map[string]any{"action": "ask_more", "reason": "id.illegible", "note": "prova"}, http.StatusOK, "")
	w.ask(t, citizen, http.MethodGet, "/conversions/"+id, nil)
	w.upload(t, citizen, signedDocument(t, free()[0], citizen.form()), "second")
	citizen.await(dossier.StateReviewing)
	claim = w.claim(t, desk, id)
	for _, p := range claim.Pages {
		w.ask(t, desk, http.MethodGet, fmt.Sprintf("/documents/%s/pages/%d?size=thumb", p.DocumentID, p.N), nil)
		w.ask(t, desk, http.MethodGet, fmt.Sprintf("/documents/%s/pages/%d", p.DocumentID, p.N), nil)
	}
	stale := claim
	stale.Version--
	w.decide(t, desk, stale, map[string]any{"action": "approve"}, http.StatusConflict, dossier.CodeDossierChanged)
	w.decide(t, desk, claim, map[string]any{"action": "approve"}, http.StatusOK, "")
	citizen.await(dossier.StateConverted)
	w.ask(t, citizen, http.MethodGet, "/me", nil)
	w.ask(t, auditor, http.MethodGet, "/dossiers/"+id, nil)
	w.ask(t, auditor, http.MethodGet, "/reviews", nil)
	path, why := "/dossiers/"+id+"/evidence", map[string]string{"reason": "disputed"}
	expect(t, "no reason", w.misuse(t, auditor.token, http.MethodPost, path, map[string]string{"reason": "because"}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "originals", w.ask(t, auditor, http.MethodPost, path, why), http.StatusOK, "")
	expect(t, "not for who decides", w.ask(t, desk, http.MethodPost, path, why), http.StatusForbidden, dossier.CodeForbidden)
	expect(t, "nothing to convert", w.ask(t, citizen, http.MethodGet, "/conversions/form", nil), http.StatusConflict, dossier.CodeAlreadyDispositivo)
	expect(t, "nothing to send for", w.upload(t, citizen, []byte("%PDF-1.7"), ""), http.StatusConflict, dossier.CodeAlreadyDispositivo)
	w.withdraw(t, s)
}

func (w *witness) withdraw(t *testing.T, s *server) {
	other := s.citizen(free()[1])
	other.form()
	path := "/conversions/" + other.await(dossier.StateOpen).ID + "/withdrawal"
	expect(t, "withdrawn", w.ask(t, other, http.MethodPost, path, nil), http.StatusNoContent, "")
	expect(t, "withdrawn twice", w.ask(t, other, http.MethodPost, path, nil), http.StatusConflict, dossier.CodeConversionClosed)
	w.ask(t, other, http.MethodGet, "/conversions", nil)

	third := s.citizen(inScene(t, demo.SceneOpen))
	third.form()
	path = "/dossiers/" + third.await(dossier.StateOpen).ID + "/stop"
	desk, why := s.operator("operatore"), map[string]string{"reason": "contact_asks"}
	expect(t, "no reason", w.misuse(t, desk.token, http.MethodPost, path, map[string]string{"reason": "because"}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "stopped", w.ask(t, desk, http.MethodPost, path, why), http.StatusNoContent, "")
	expect(t, "stopped twice", w.ask(t, desk, http.MethodPost, path, why), http.StatusConflict, dossier.CodeConversionClosed)
	expect(t, "cases", w.ask(t, desk, http.MethodGet, "/stop-cases", nil), http.StatusOK, "")
}

// claim takes a dossier as soon as it is offered.
func (w *witness) claim(t *testing.T, desk *client, id string) claimJSON {
	t.Helper()
	claim := desk.claim(id)
	expect(t, "claimed again", w.ask(t, desk, http.MethodPost, "/dossiers/"+id+"/claim", nil), http.StatusOK, "")
	return claim
}

func (w *witness) decide(t *testing.T, desk *client, claim claimJSON, body map[string]any, status int, code dossier.Code) {
	t.Helper()
	body["version"] = claim.Version
	got := w.ask(t, desk, http.MethodPost, "/reviews/"+claim.ID+"/decision", body)
	expect(t, fmt.Sprint(body), got, status, code)
}

// quarantine clears one submission and refuses another.
func (w *witness) quarantine(t *testing.T, s *server) {
	desk := s.operator("operatore2")
	for i, act := range []string{"clearance", "refusal"} {
		var body any
		if act == "refusal" {
			body = map[string]string{"reason": "unsafe"}
		}
		page, err := demo.ActivePage(time.Date(2026, time.May, 1+i, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		citizen := s.citizen(free()[2+i])
		var receipt struct {
			SubmissionID string `json:"submission_id"`
		}
		w.upload(t, citizen, page, "").decode(t, &receipt)
		id := citizen.await(dossier.StateReviewing).ID
		claim := w.claim(t, desk, id)
		w.ask(t, desk, http.MethodGet, "/submissions?state=quarantined", nil)
		path := "/submissions/" + receipt.SubmissionID + "/" + act
		if act == "refusal" {
			expect(t, "no reason", w.misuse(t, desk.token, http.MethodPost, path, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
		}
		expect(t, act, w.ask(t, desk, http.MethodPost, path, body), http.StatusNoContent, "")
		if act == "clearance" {
			// It is read again; then the reviewer takes it again.
			citizen.await(dossier.StateReviewing)
			claim = w.claim(t, desk, id)
		}
		expect(t, act+" twice", w.ask(t, desk, http.MethodPost, path, body), http.StatusConflict, dossier.CodeConflict)
		expect(t, "released", w.ask(t, desk, http.MethodDelete, "/reviews/"+claim.ID, nil), http.StatusNoContent, "")
	}
}

// letters makes a batch, fetches and posts it, and books what came back.
func (w *witness) letters(t *testing.T, s *server) {
	s.confirmed(t, 1960, 2)
	desk, boss := s.operator("operatore"), s.operator("supervisore")
	desk.makesLetters(2)
	expect(t, "nothing left to make", w.ask(t, desk, http.MethodPost, "/letter-batches", nil), http.StatusOK, "")
	expect(t, "list", w.ask(t, s.operator("revisore"), http.MethodGet, "/letter-batches", nil), http.StatusOK, "")
	batch := boss.newestBatch()
	manifest := w.ask(t, boss, http.MethodGet, batch+"/manifest", nil)
	expect(t, "manifest", manifest, http.StatusOK, "")
	back := "/letters/" + letterIDs(t, manifest.Body)[1] + "/return"
	expect(t, "posted before it is printed", w.ask(t, boss, http.MethodPost, batch+"/posting", nil), http.StatusConflict, dossier.CodeBatchNotTaken)
	expect(t, "returned before it is posted", w.ask(t, desk, http.MethodPost, back, nil), http.StatusConflict, dossier.CodeLetterNotPosted)
	expect(t, "letters", w.ask(t, s.operator("admin"), http.MethodGet, batch+"/letters", nil), http.StatusOK, "")
	expect(t, "posted", w.ask(t, boss, http.MethodPost, batch+"/posting", nil), http.StatusNoContent, "")
	expect(t, "posted twice", w.ask(t, boss, http.MethodPost, batch+"/posting", nil), http.StatusConflict, dossier.CodeBatchPosted)
	for _, file := range []string{"/letters", "/manifest"} {
		expect(t, file+" of a posted batch", w.ask(t, boss, http.MethodGet, batch+file, nil), http.StatusConflict, dossier.CodeBatchPosted)
	}
	expect(t, "returned", w.ask(t, desk, http.MethodPost, back, nil), http.StatusOK, "")
	expect(t, "returned twice", w.ask(t, desk, http.MethodPost, back, nil), http.StatusConflict, dossier.CodeConflict)
	w.ask(t, boss, http.MethodGet, "/letter-batches", nil)

	nobody := s.nobody()
	expect(t, "no codice fiscale", w.misuse(t, "", http.MethodPost, "/pin-reissues", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	var got answer
	for range 6 {
		got = w.ask(t, nobody, http.MethodPost, "/pin-reissues", map[string]string{"codice_fiscale": "nobody"})
	}
	expect(t, "asked too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
}

var statusCode = regexp.MustCompile(`(?:questo codice|this code): (\S+)`)
