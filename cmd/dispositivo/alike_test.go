package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dispositivo/internal/demo"
)

// proves B3, D1, D2: status, headers and text of an answer are the same for codes that
// are known and for others, on every way in, until the lock and within it.
func TestAnswersTellNothing(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	known, unknown := free()[3].CodiceFiscale.String(), "RSSMRA72L09H501S"
	nobody := &visitor{client: s.nobody(), caller: s.from(t, "127.0.0.5")}
	elsewhere := &visitor{client: s.nobody(), caller: s.from(t, "127.0.0.31")}
	for _, way := range []struct{ path, form string }{
		{"/accesso", "pin=AAAAAAAA"},
		{"/accesso", "pin=AAAAAAAAAAAAAAAA"},
		{"/accesso/rinnovo", "pin=AAAAAAAA"},
		{"/accesso/sblocco", ""},
		{"/accesso/sblocco/codice", "codice=AAAAAAAA"},
		{"/pin/attivazione", "pin=AAAAAAAA&prova=document&documento_tipo=passport&documento_numero=1&documento_scadenza=2099-01-01"},
		{"/pin/ripristino", "cellulare=%2B393331234567&indirizzo=a@prova.example"},
		{"/pin/ripristino/conferma", "link=AAAA&codice=AAAAAAAA"},
		{"/pin/revoca", "tessera_numero=80380000123456789012&tessera_scadenza=2099-01-01"},
		{"/pin/riemissione", ""},
		{"/api/v1/pin-reissues", `{"codice_fiscale":"CF"}`},
		{"/api/v1/device-codes", `{"codice_fiscale":"CF"}`},
		{"/api/v1/device-codes/confirmation", `{"codice_fiscale":"CF","code":"AAAAAAAA","device":"a-secret-of-128-bits-or-more"}`},
		{"/api/v1/pin-renewals", `{"pin":"AAAAAAAAAAAAAAAA","codice_fiscale":"CF"}`},
		{"/api/v1/pin-recoveries", `{"codice_fiscale":"CF","mobile":"+393331234567","address":"a@prova.example"}`},
		{"/api/v1/pin-recoveries/confirmation", `{"link":"AAAA","codice_fiscale":"CF","code":"AAAAAAAA"}`},
		{"/api/v1/pin-revocations", `{"codice_fiscale":"CF","card":{"number":"80380000123456789012","expiry":"2099-01-01"}}`},
		{"/api/v1/sessions", `{"pin":"AAAAAAAA","codice_fiscale":"CF"}`},
		{"/api/v1/pin-activations", `{"first_half":"AAAAAAAA","codice_fiscale":"CF","document":{"type":"passport","number":"1","expiry":"2099-01-01"}}`},
	} {
		from := nobody
		if strings.HasPrefix(way.path, "/api/v1/device-codes") { // the page has used up what one source may ask
			from = elsewhere
		}
		one := from.tries(t, way.path, way.form, known)
		other := from.tries(t, way.path, way.form, unknown)
		if one != other {
			t.Errorf("%s tells a known code:\n%s\nfrom another:\n%s", way.path, one, other)
		}
	}
	// Who asks for a PIN twice is on file the second time.
	body, err := json.Marshal(applicant(t, 400))
	if err != nil {
		t.Fatal(err)
	}
	who := inventedCF(t, 5400)
	if one, other := nobody.tries(t, "/api/v1/pin-requests", string(body), who), nobody.tries(t, "/api/v1/pin-requests", string(body), who); one != other {
		t.Errorf("asking tells a new code:\n%s\nfrom a known one:\n%s", one, other)
	}
	// Ten wrong ones lock, whoever it is.
	lapsed := inScene(t, demo.SceneExpired).CodiceFiscale.String()
	for n := range 11 {
		one := nobody.tries(t, "/accesso", "pin=AAAAAAAA", lapsed)
		other := nobody.tries(t, "/accesso", "pin=AAAAAAAA", "RSSMRA77L18H501W")
		if one != other {
			t.Errorf("try %d tells a known code:\n%s\nfrom another:\n%s", n, one, other)
		}
	}
}

// tries asks once and returns the whole answer but for what is new each time.
func (v *visitor) tries(t *testing.T, path, form, codiceFiscale string) string {
	t.Helper()
	var got exchange
	if strings.HasPrefix(path, "/api/") {
		body := strings.ReplaceAll(form, "CF", codiceFiscale)
		got = v.caller.send(t, http.MethodPost, path, http.Header{"Content-Type": {"application/json"}}, []byte(body))
	} else {
		got = v.page(t, http.MethodPost, path, form+"&codice_fiscale="+url.QueryEscape(codiceFiscale))
	}
	header := got.answer.Header.Clone()
	for _, changes := range []string{"Date", "X-Request-Id"} {
		header.Del(changes)
	}
	if header.Get("Retry-After") != "" { // a second may pass between the two
		header.Set("Retry-After", "soon")
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(header)) {
		b.WriteString(name + ": " + strings.Join(header.Values(name), " | ") + "\n")
	}
	body := newEachTime.ReplaceAllString(string(got.answer.Body), "…")
	return http.StatusText(got.Status) + "\n" + b.String() + strings.ReplaceAll(body, `value="`+codiceFiscale+`"`, "typed")
}

// newEachTime is what differs between two answers to the same request.
var newEachTime = regexp.MustCompile(`name="csrf" value="[^"]*"|urn:dispositivo:request:[0-9a-f]+|\d+ secondi|"seconds":"\d+"|name="richiesta" value="[A-Z0-9]{28}"|"handle":"[A-Z0-9]{28}"`)
