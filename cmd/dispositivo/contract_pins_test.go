package main

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

// pins changes a PIN that must be changed, and contacts.
func (w *witness) pins(t *testing.T, s *server) {
	nobody := s.nobody()
	lapsed, must := inScene(t, demo.SceneLapsed), inScene(t, demo.SceneFirstAccess)
	expect(t, "expired", w.ask(t, nobody, http.MethodPost, "/sessions", citizenBody(lapsed, lapsed.PIN)), http.StatusForbidden, dossier.CodePINExpired)

	citizen := s.citizen(must)
	expect(t, "before the change", w.ask(t, citizen, http.MethodGet, "/me", nil), http.StatusForbidden, dossier.CodePINMustChange)
	confirmation := func(typed string) answer {
		return w.ask(t, citizen, http.MethodPost, "/pin-changes/confirmation", map[string]string{"pin": typed})
	}
	expect(t, "nothing proposed", confirmation("AAAAAAAA"), http.StatusConflict, dossier.CodePINProposalOver)
	proposal := w.ask(t, citizen, http.MethodPost, "/pin-changes", map[string]string{})
	expect(t, "proposed", proposal, http.StatusCreated, "")
	var shown struct{ PIN string }
	proposal.decode(t, &shown)
	expect(t, "typed wrongly", confirmation("AAAAAAAA"), http.StatusUnprocessableEntity, dossier.CodePINNotRepeated)
	expect(t, "typed nothing", w.misuse(t, citizen.token, http.MethodPost, "/pin-changes/confirmation", map[string]string{}),
		http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "typed back", confirmation(shown.PIN), http.StatusNoContent, "")
	expect(t, "after the change", w.ask(t, citizen, http.MethodGet, "/me", nil), http.StatusOK, "")
	w.contacts(t, s, citizen)

	w.from(t, s, "127.0.0.21").renewals(t, s)
	w.from(t, s, "127.0.0.22").devices(t, s)
	w.activation(t, s)
}

// from is the witness at another address, for what is asked too often there.
func (w *witness) from(t *testing.T, s *server, address string) *witness {
	t.Helper()
	elsewhere := *w
	elsewhere.caller = s.from(t, address)
	return &elsewhere
}

// renew signs in to renew a PIN; device "" for none.
func (w *witness) renew(t *testing.T, who demo.Citizen, pin, device string) answer {
	t.Helper()
	body := map[string]string{"codice_fiscale": who.CodiceFiscale.String(), "pin": pin}
	if device != "" {
		body["device"] = device
	}
	return w.ask(t, &client{t: t}, http.MethodPost, "/pin-renewals", body)
}

// renewals renews a PIN that expired; the blank form is fetched on the way.
func (w *witness) renewals(t *testing.T, s *server) {
	nobody, lapsed := s.nobody(), inScene(t, demo.SceneLapsed)
	blank := func() answer { return w.ask(t, nobody, http.MethodGet, "/conversions/blank-form", nil) }
	expect(t, "blank form", blank(), http.StatusOK, "")
	expect(t, "too many blank forms", tooOften(blank), http.StatusTooManyRequests, dossier.CodeRateLimited)
	for from, want := range map[*caller]int{w.caller: http.StatusTooManyRequests, s.from(t, aProxy): http.StatusOK} {
		got := from.send(t, http.MethodGet, "/api/v1/conversions/blank-form", http.Header{"X-Forwarded-For": {"203.0.113.9"}}, nil)
		if got.Status != want {
			t.Errorf("in the name of another client: %d, want %d", got.Status, want)
		}
	}
	for _, path := range []string{"/device-codes", "/device-codes/confirmation", "/pin-renewals"} {
		expect(t, "nothing", w.misuse(t, "", http.MethodPost, path, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	}
	halves := inScene(t, demo.SceneActivate)
	expect(t, "not activated", w.renew(t, halves, halves.PIN, ""), http.StatusForbidden, dossier.CodePINNotActivated)
	expect(t, "wrong PIN", w.renew(t, lapsed, "AAAAAAAA", ""), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	expect(t, "renewed", w.renew(t, lapsed, lapsed.PIN, ""), http.StatusCreated, "")
}

// devices makes a device known, which opens while the others are locked.
func (w *witness) devices(t *testing.T, s *server) {
	const device = "a-secret-of-128-bits-or-more"
	nobody, who := s.nobody(), inScene(t, demo.SceneLapsed)
	short := map[string]string{"codice_fiscale": who.CodiceFiscale.String(), "pin": who.PIN, "device": "phone"}
	expect(t, "a device that can be guessed", w.misuse(t, "", http.MethodPost, "/sessions", short), http.StatusBadRequest, dossier.CodeRequestInvalid)
	ask := func() answer {
		return w.ask(t, nobody, http.MethodPost, "/device-codes", map[string]string{"codice_fiscale": who.CodiceFiscale.String()})
	}
	confirm := func(code string) answer {
		body := map[string]string{"codice_fiscale": who.CodiceFiscale.String(), "code": code, "device": device}
		return w.ask(t, nobody, http.MethodPost, "/device-codes/confirmation", body)
	}
	expect(t, "asked", ask(), http.StatusAccepted, "")
	code := s.codeFor(t, who.Mobile)
	expect(t, "wrong code", confirm("AAAAAAAA"), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	expect(t, "known", confirm(code), http.StatusNoContent, "")
	for range 10 {
		w.renew(t, who, "AAAAAAAA", "")
	}
	expect(t, "locked for strangers", w.renew(t, who, who.PIN, ""), http.StatusTooManyRequests, dossier.CodeLocked)
	expect(t, "open from a known device", w.renew(t, who, who.PIN, device), http.StatusCreated, "")
	expect(t, "asked too often", tooOften(ask), http.StatusTooManyRequests, dossier.CodeRateLimited)
	expect(t, "answered too often", tooOften(func() answer { return confirm(code) }), http.StatusTooManyRequests, dossier.CodeRateLimited)
}

// activation activates a PIN with its two halves and a passport.
func (w *witness) activation(t *testing.T, s *server) {
	who := inScene(t, demo.SceneActivate)
	half := s.signIn("/sessions", citizenBody(who, who.PIN[:8]))
	expect(t, "with the first half", w.ask(t, half, http.MethodGet, "/me", nil), http.StatusForbidden, dossier.CodePINNotActivated)
	const current = "/pin-activations/current"
	for _, route := range [][2]string{{http.MethodGet, ""}, {http.MethodPut, "/contacts"}, {http.MethodPost, "/confirmation"}} {
		expect(t, "no activation", w.misuse(t, half.token, route[0], current+route[1], map[string]string{}), http.StatusConflict, dossier.CodeActivationOver)
	}
	begin := func(who demo.Citizen, half string, passport map[string]string) answer {
		body := map[string]any{"codice_fiscale": who.CodiceFiscale, "first_half": half, "document": passport}
		return w.ask(t, s.nobody(), http.MethodPost, "/pin-activations", body)
	}
	p := who.Passport(time.Now(), false) //nolint:forbidigo // the day of the running program
	passport := map[string]string{"type": "passport", "number": p.Number, "expiry": p.Expiry.Format(time.DateOnly)}
	another := map[string]string{"type": "passport", "number": "X", "expiry": "2099-01-01"}
	expect(t, "nothing", w.misuse(t, "", http.MethodPost, "/pin-activations", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "another passport", begin(who, who.PIN[:8], another), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	expired := map[string]string{"type": "passport", "number": "X", "expiry": "2020-01-01"}
	expect(t, "expired passport", begin(who, who.PIN[:8], expired), http.StatusUnprocessableEntity, dossier.CodeActivationProof)
	begun := begin(who, who.PIN[:8], passport)
	expect(t, "begun", begun, http.StatusCreated, "")
	var session struct{ Token string }
	begun.decode(t, &session)
	half.token = session.Token
	expect(t, "how far", w.ask(t, half, http.MethodGet, current, nil), http.StatusOK, "")

	give := func(contacts map[string]string) answer {
		return w.ask(t, half, http.MethodPut, current+"/contacts", contacts)
	}
	finish := func(second string, codes map[string]string) answer {
		return w.ask(t, half, http.MethodPost, current+"/confirmation", map[string]any{"second_half": second, "codes": codes})
	}
	for _, route := range [][2]string{{http.MethodPut, "/contacts"}, {http.MethodPost, "/confirmation"}} {
		expect(t, "no object", w.misuse(t, half.token, route[0], current+route[1], "text"), http.StatusBadRequest, dossier.CodeRequestInvalid)
	}
	expect(t, "no mobile", give(map[string]string{"email": who.Email}), http.StatusUnprocessableEntity, dossier.CodeActivationContacts)
	expect(t, "no contacts", finish(who.PIN[8:], map[string]string{}), http.StatusUnprocessableEntity, dossier.CodeActivationContacts)
	expect(t, "given", give(map[string]string{"mobile": who.Mobile, "email": "lucia.nuova@posta.example"}), http.StatusOK, "")
	expect(t, "no code", finish(who.PIN[8:], map[string]string{}), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	codes := map[string]string{"email": s.codeFor(t, "lucia.nuova@posta.example")}
	expect(t, "wrong half", finish("AAAAAAAA", codes), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	var got answer
	for range 6 {
		if got = give(map[string]string{"mobile": who.Mobile, "email": "lucia.nuova@posta.example"}); got.Status == http.StatusTooManyRequests {
			break
		}
	}
	expect(t, "given too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
	expect(t, "activated", finish(who.PIN[8:], map[string]string{}), http.StatusOK, "")
	for range 10 {
		got = begin(demo.Citizen{CodiceFiscale: "RSSMRA72L09H501S"}, "AAAAAAAA", passport)
	}
	expect(t, "begun too often", got, http.StatusTooManyRequests, dossier.CodeLocked)
}

func (w *witness) contacts(t *testing.T, s *server, citizen *client) {
	confirm := func(code string) answer {
		return w.ask(t, citizen, http.MethodPost, "/contacts/confirmation", map[string]string{"code": code})
	}
	set := func(kind, value string) answer {
		return w.ask(t, citizen, http.MethodPut, "/contacts/"+kind, map[string]string{"value": value})
	}
	expect(t, "contacts", w.ask(t, citizen, http.MethodGet, "/contacts", nil), http.StatusOK, "")
	expect(t, "a fax counts at once", set("fax", "+44 20 7946 0000"), http.StatusNoContent, "")
	expect(t, "removed", w.ask(t, citizen, http.MethodDelete, "/contacts/fax", nil), http.StatusNoContent, "")
	expect(t, "no number", set("mobile", "333"), http.StatusUnprocessableEntity, dossier.CodeContactInvalid)
	expect(t, "no kind", w.misuse(t, citizen.token, http.MethodDelete, "/contacts/pigeon", nil), http.StatusUnprocessableEntity, dossier.CodeContactInvalid)
	for _, route := range [][2]string{{http.MethodPut, "/contacts/fax"}, {http.MethodPost, "/contacts/confirmation"}} {
		expect(t, "nothing given", w.misuse(t, citizen.token, route[0], route[1], map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	}
	expect(t, "asked", set("email", "nuovo@posta.example"), http.StatusAccepted, "")
	expect(t, "wrong code", confirm("AAAAAAAA"), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	expect(t, "confirmed", confirm(s.codeFor(t, "nuovo@posta.example")), http.StatusNoContent, "")
	var got answer
	for range 6 {
		if got = set("email", "altro@posta.example"); got.Status == http.StatusTooManyRequests {
			break
		}
	}
	expect(t, "asked too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
}

var codeInMessage = regexp.MustCompile(`\b[A-Z0-9]{4} [A-Z0-9]{4}\b`)

// codeFor reads the newest code that was sent to an address, in the
// demonstration's box.
func (s *server) codeFor(t testing.TB, to string) string {
	t.Helper()
	message := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(strings.TrimPrefix(html.EscapeString(to), "+")) + `.*?<div class="dsp-message">(.*?)</div>`)
	var code string
	err := testkit.WaitFor(patience, func() error {
		found := message.FindStringSubmatch(s.messageBox())
		if found == nil {
			return missingError("the message")
		}
		if code = codeInMessage.FindString(found[1]); code == "" {
			return missingError("the code")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}
