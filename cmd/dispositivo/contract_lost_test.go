package main

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

// lost recovers a PIN and revokes it, and has an operator act on another. It must
// be the last to need its citizens.
func (w *witness) lost(t *testing.T, s *server) {
	nobody := s.nobody()
	for _, path := range []string{"/pin-recoveries", "/pin-recoveries/confirmation", "/pin-revocations", "/pin-revocations/confirmation"} {
		expect(t, "nothing", w.misuse(t, "", http.MethodPost, path, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	}
	who := lostOne()
	cf := who.CodiceFiscale.String()
	ask := func(cf, mobile, address string) answer {
		return w.ask(t, nobody, http.MethodPost, "/pin-recoveries", map[string]string{"codice_fiscale": cf, "mobile": mobile, "address": address})
	}
	expect(t, "no code", ask("x", who.Mobile, who.Email), http.StatusUnprocessableEntity, dossier.Code(dossier.CodiceFiscaleBad))
	expect(t, "no number", ask(cf, "x", who.Email), http.StatusUnprocessableEntity, dossier.CodeContactInvalid)
	expect(t, "asked", ask(cf, who.Mobile, who.Email), http.StatusAccepted, "")
	mail := s.letterTo(t, who.Email, bringsLink)
	link, code := linkIn.FindStringSubmatch(mail)[1], codeIn.FindString(mail)
	confirm := func(code string) answer {
		return w.ask(t, nobody, http.MethodPost, "/pin-recoveries/confirmation", map[string]string{"link": link, "codice_fiscale": cf, "code": code})
	}
	expect(t, "wrong code", confirm("AAAAAAAA"), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	expect(t, "recovered", confirm(code), http.StatusNoContent, "")
	expect(t, "recovered twice", confirm(code), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	first := codeIn.FindString(s.letterTo(t, who.Mobile, bringsFirst))
	second := codeIn.FindString(s.letterTo(t, who.Email, bringsSecond))
	in := w.ask(t, nobody, http.MethodPost, "/sessions", map[string]string{"codice_fiscale": cf, "pin": first + second})
	expect(t, "first access", in, http.StatusCreated, "")
	var opened struct {
		MustChange bool `json:"must_change"`
		Kind       dossier.Kind
	}
	in.decode(t, &opened)
	if !opened.MustChange || opened.Kind != dossier.Kind(who.Kind) {
		t.Errorf("the recovered PIN opens %+v", opened)
	}
	for name, again := range map[string]func() answer{
		"asking": func() answer { return ask(cf, who.Mobile, who.Email) }, "answering": func() answer { return confirm(code) },
	} {
		expect(t, name+" too often", tooOften(again), http.StatusTooManyRequests, dossier.CodeRateLimited)
	}
	w.revoked(t, s, who)
}

// lostOne is the last whom the other parts are through with.
func lostOne() demo.Citizen { return free()[len(free())-1] }

var (
	// What the messages say.
	bringsLink   = regexp.MustCompile(`/pin/ripristino/[A-Z0-9]`)
	bringsFirst  = regexp.MustCompile(`i primi 8 caratteri|the first 8 characters`)
	bringsSecond = regexp.MustCompile(`Ecco gli ultimi 8|Here are the last 8`)
	bringsCode   = regexp.MustCompile(`revocare il suo PIN|to revoke your PIN`)

	linkIn = regexp.MustCompile(`/pin/ripristino/([A-Z0-9]+)`)
	codeIn = regexp.MustCompile(`\b[A-Z0-9]{4} [A-Z0-9]{4}\b`)
)

// letterTo waits for a message to somebody that says something, in either language.
func (s *server) letterTo(t *testing.T, to string, says *regexp.Regexp) string {
	t.Helper()
	message := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(strings.TrimPrefix(html.EscapeString(to), "+")) + `.*?<div class="dsp-message">(.*?)</div>`)
	var text string
	err := testkit.WaitFor(patience, func() error {
		for _, found := range message.FindAllStringSubmatch(s.messageBox(), -1) {
			if text = html.UnescapeString(found[1]); says.MatchString(text) {
				return nil
			}
		}
		return missingError("the message")
	})
	if err != nil {
		t.Fatalf("%v: %s", err, says)
	}
	return text
}

// revoked lets an operator suspend, resume and unlock, and the holder revoke.
func (w *witness) revoked(t *testing.T, s *server, who demo.Citizen) {
	cf := who.CodiceFiscale.String()
	desk := s.operator("operatore")
	expect(t, "nothing", w.misuse(t, desk.token, http.MethodPost, "/holders/search", map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	find := func(cf string) answer {
		return w.ask(t, desk, http.MethodPost, "/holders/search", map[string]string{"codice_fiscale": cf})
	}
	expect(t, "no code", find("x"), http.StatusUnprocessableEntity, dossier.Code(dossier.CodiceFiscaleBad))
	expect(t, "nobody", find("RSSMRA72L09H501S"), http.StatusNotFound, dossier.CodeNotFound)
	var found struct {
		ID  string
		PIN struct{ Version int64 }
	}
	act := func(action string) {
		t.Helper()
		got := find(cf)
		expect(t, "found", got, http.StatusOK, "")
		got.decode(t, &found)
		path, body := "/holders/"+found.ID+"/pin-actions", map[string]any{"action": action, "reason": "lost", "version": found.PIN.Version}
		expect(t, action, w.ask(t, desk, http.MethodPost, path, body), http.StatusNoContent, "")
		if action == "suspend" {
			expect(t, action+" again", w.ask(t, desk, http.MethodPost, path, body), http.StatusConflict, dossier.CodeConflict)
			expect(t, "no reason", w.misuse(t, desk.token, http.MethodPost, path, map[string]string{"action": action}), http.StatusBadRequest, dossier.CodeRequestInvalid)
		}
	}
	for _, action := range []string{"suspend", "resume", "unlock"} {
		act(action)
	}
	expect(t, "services", w.ask(t, desk, http.MethodGet, "/holders/"+found.ID+"/services", nil), http.StatusOK, "")
	nobody := s.nobody()
	ask := func(number string) answer {
		return w.ask(t, nobody, http.MethodPost, "/pin-revocations", map[string]any{
			"codice_fiscale": cf, "card": map[string]string{"number": number, "expiry": "2099-01-31"},
		})
	}
	expect(t, "no card", ask("x"), http.StatusUnprocessableEntity, dossier.CodeActivationProof)
	got := ask("80380000123456789012")
	expect(t, "asked", got, http.StatusAccepted, "")
	var asked struct{ Handle string }
	got.decode(t, &asked)
	code := codeIn.FindString(s.letterTo(t, who.Email, bringsCode))
	confirm := func(code string) answer {
		return w.ask(t, nobody, http.MethodPost, "/pin-revocations/confirmation", map[string]string{"handle": asked.Handle, "code": code})
	}
	expect(t, "wrong code", confirm("AAAAAAAA"), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	expect(t, "revoked", confirm(code), http.StatusOK, "")
	expect(t, "revoked twice", confirm(code), http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	own := s.member("parte.in.causa")
	body := map[string]string{"codice_fiscale": free()[0].CodiceFiscale.String()}
	expect(t, "the own PIN", w.ask(t, own, http.MethodPost, "/holders/search", body), http.StatusConflict, dossier.CodeOwnDossier)
	for name, again := range map[string]func() answer{
		"asking": func() answer { return ask("80380000123456789012") }, "answering": func() answer { return confirm(code) },
	} {
		expect(t, name+" too often", tooOften(again), http.StatusTooManyRequests, dossier.CodeRateLimited)
	}
}

// tooOften asks until it is refused for that.
func tooOften(again func() answer) answer {
	var got answer
	for range 100 {
		if got = again(); got.Status == http.StatusTooManyRequests {
			break
		}
	}
	return got
}
