package fax_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Phaxio's own choice
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/fax"
	"dispositivo/internal/netx"
	"dispositivo/internal/signed"
	"dispositivo/internal/testkit/house"
)

const (
	genericSecret = "a secret for the tests"
	phaxioToken   = "token"
	phaxioURL     = "https://pin.example/api/v1/gateways/fax/phaxio"
)

// gateway is a provider's account, and the server that its media lie on.
type gateway struct {
	hooks *fax.Webhooks
	key   ed25519.PrivateKey
	media *httptest.Server
	// answers is what the media's server says; 0: here they are.
	answers int
}

func newGateway(t *testing.T, h house.House, door fax.Door) *gateway {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{key: private}
	g.media = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case g.answers != 0:
			w.WriteHeader(g.answers)
		case r.URL.Path == "/away":
			http.Redirect(w, r, "/media", http.StatusFound)
		default:
			_, _ = w.Write(page)
		}
	}))
	t.Cleanup(g.media.Close)
	fetch, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fetch.Close)
	g.hooks, err = fax.NewWebhooks(fax.WebhookConfig{
		Door: door, Clock: h.Clock, Fetch: fetch, TelnyxKey: base64.StdEncoding.EncodeToString(public),
		PhaxioToken: phaxioToken, SinchUser: "sinch", SinchPassword: "password", GenericSecret: genericSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// telnyx is an event as Telnyx documents it.
func (g *gateway) telnyx(at time.Time, event, direction, id, media string, partial bool) fax.Call {
	body := fmt.Sprintf(`{"data":{"event_type":%q,"id":"95f5b2ee-36c9-4ad2-8d4b-3a9e2ae8d3d8","occurred_at":"2026-03-02T09:00:00Z",
		"payload":{"connection_id":"234423","direction":%q,"fax_id":%q,"from":"+35319605860","to":"+13129457420",
		"media_url":%q,"page_count":2,"partial_content":%t,"status":"received","user_id":"19a75cea"},"record_type":"event"},
		"meta":{"attempt":1,"delivered_to":"https://example.com"}}`, event, direction, id, media, partial)
	stamp := strconv.FormatInt(at.Unix(), 10)
	signature := ed25519.Sign(g.key, []byte(stamp+"|"+body))
	return fax.Call{Body: []byte(body), Header: http.Header{
		"Telnyx-Timestamp": {stamp}, "Telnyx-Signature-Ed25519": {base64.StdEncoding.EncodeToString(signature)},
	}}
}

// phaxio is a callback as Phaxio documents it, fields in the order of their names.
func phaxio(t *testing.T, token string) fax.Call {
	t.Helper()
	fields := [][2]string{
		{"direction", "received"},
		{"event_type", "fax_completed"},
		{"fax", `{"id":12345678,"num_pages":2,"from_number":"+390655512","to_number":"+39069999","direction":"received","is_test":false}`},
		{"is_test", "false"},
		{"success", "true"},
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(phaxioURL))
	for _, f := range fields {
		mac.Write([]byte(f[0] + f[1]))
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "fax.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(page)
	sum := sha1.Sum(page) //nolint:gosec // likewise
	mac.Write([]byte("file" + hex.EncodeToString(sum[:])))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return fax.Call{URL: phaxioURL, Body: body.Bytes(), Header: http.Header{
		"Content-Type": {w.FormDataContentType()}, "X-Phaxio-Signature": {hex.EncodeToString(mac.Sum(nil))},
	}}
}

// sinch is an event as Sinch documents it.
func sinch(password, status string) fax.Call {
	body := fmt.Sprintf(`{"event":"INCOMING_FAX","eventTime":"2026-03-02T09:00:00Z","fax":{"id":"01HDFHACK1YN7CCDYRA6ZRMA8Z",
		"direction":"INBOUND","from":"+14155552222","to":"+14155553333","numberOfPages":1,"status":%q,
		"createTime":"2026-03-02T09:00:00Z"},"file":%q,"fileType":"PDF"}`, status, base64.StdEncoding.EncodeToString(page))
	return fax.Call{Body: []byte(body), Header: http.Header{
		"Content-Type":  {"application/json"},
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("sinch:"+password))},
	}}
}

func generic(t *testing.T, at time.Time, secret string, f fax.GenericFax) fax.Call {
	t.Helper()
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	header := http.Header{}
	header.Set(signed.HeaderTimestamp, stamp)
	header.Set(signed.HeaderSignature, signed.Sign([]byte(secret), stamp, body))
	return fax.Call{Body: body, Header: header}
}

// maker makes a call to a gateway's account.
type maker func(*testing.T, *gateway) fax.Call

// documented is a call as its provider documents it, and ones that are not proved.
type documented struct {
	good maker
	bad  []maker
}

func documentedCalls() map[string]documented {
	now := house.Start()
	some := fax.GenericFax{ID: "1", From: "+39", Status: "received", File: page}
	return map[string]documented{
		"telnyx": {
			func(_ *testing.T, g *gateway) fax.Call {
				return g.telnyx(now, "fax.received", "inbound", "0ccc7b54", g.media.URL+"/media", false)
			},
			[]maker{
				func(_ *testing.T, g *gateway) fax.Call {
					return g.telnyx(now.Add(-6*time.Minute), "fax.received", "inbound", "1", g.media.URL, false)
				},
				func(_ *testing.T, g *gateway) fax.Call {
					c := g.telnyx(now, "fax.received", "inbound", "1", g.media.URL, false)
					c.Body = bytes.Replace(c.Body, []byte("inbound"), []byte("inbounD"), 1)
					return c
				},
			},
		},
		"phaxio": {
			func(t *testing.T, _ *gateway) fax.Call { return phaxio(t, phaxioToken) },
			[]maker{
				func(t *testing.T, _ *gateway) fax.Call { return phaxio(t, "other") },
				func(t *testing.T, _ *gateway) fax.Call {
					c := phaxio(t, phaxioToken)
					c.Body = bytes.Replace(c.Body, page, []byte("II*\x00 b page"), 1)
					return c
				},
			},
		},
		"sinch": {
			func(*testing.T, *gateway) fax.Call { return sinch("password", "COMPLETED") },
			[]maker{
				func(*testing.T, *gateway) fax.Call { return sinch("wrong", "COMPLETED") },
				func(*testing.T, *gateway) fax.Call {
					c := sinch("password", "COMPLETED")
					c.Header.Del("Authorization")
					return c
				},
			},
		},
		"generic": {
			func(t *testing.T, _ *gateway) fax.Call { return generic(t, now, genericSecret, some) },
			[]maker{
				func(t *testing.T, _ *gateway) fax.Call { return generic(t, now, "another secret, wrong", some) },
				func(t *testing.T, _ *gateway) fax.Call {
					return generic(t, now.Add(6*time.Minute), genericSecret, some)
				},
			},
		},
	}
}

// proves C4 E3: each provider's documented call is one submission, however often
// it is made; one that is not proved is none.
func TestProviders(t *testing.T) {
	t.Parallel()
	for name, tt := range documentedCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			g := newGateway(t, h, newDoor(h))
			for _, bad := range tt.bad {
				_, err := g.hooks.Take(t.Context(), name, bad(t, g))
				house.WantCode(t, err, dossier.CodeGatewayUnproved)
			}
			for n := range 3 {
				r, err := g.hooks.Take(t.Context(), name, tt.good(t, g))
				if err != nil || r.Protocol != "2026/0000001" || r.Repeated != (n > 0) {
					t.Fatalf("%+v, %v", r, err)
				}
			}
			subs := received(t, h)
			if len(subs) != 1 {
				t.Fatalf("%d submissions", len(subs))
			}
			f := subs[0].Documents[0]
			if data, err := h.Vault.Open(t.Context(), f, f.Blob); err != nil || !bytes.Equal(data, page) {
				t.Errorf("kept %q, %v", data, err)
			}
			_, err := newGateway(t, h, broken{}).hooks.Take(t.Context(), "nobody", tt.good(t, g))
			house.WantCode(t, err, dossier.CodeGatewayUnproved)
		})
	}
}

// proves C4: a gateway that counts anew gives another fax an id that was used: it is not
// taken for the first, which would lose it, and stays the gateway's.
func TestUsedID(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	g := newGateway(t, h, newDoor(h))
	take := func(f fax.GenericFax) (intake.Receipt, error) {
		return g.hooks.Take(t.Context(), "generic", generic(t, h.Clock.Now(), genericSecret, f))
	}
	first, other := []byte("II*\x00 one"), []byte("II*\x00 another")
	if r, err := take(fax.GenericFax{ID: "1", Status: "partial", File: first}); err != nil || r.Repeated {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err := take(fax.GenericFax{ID: "1", Status: "partial", File: first}); err != nil || !r.Repeated {
		t.Errorf("the same: %+v, %v", r, err)
	}
	_, err := take(fax.GenericFax{ID: "1", Status: "received", File: other})
	house.WantCode(t, err, dossier.CodeGatewayIDUsed)
	if dossier.Temporary(err) {
		t.Error("the gateway is told to try the same again")
	}
	if r, err := take(fax.GenericFax{ID: "2", Status: "received", File: other}); err != nil || r.Repeated {
		t.Errorf("under its own id: %+v, %v", r, err)
	}
}

// proves C4 C7: pages that cannot be fetched are not acknowledged, a redirect is
// not followed; a failed or partial reception is recorded as such.
func TestProvidersFaults(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	g := newGateway(t, h, newDoor(h))
	now := h.Clock.Now()
	for _, media := range []string{g.media.URL + "/away", "https://elsewhere.example/media"} {
		_, err := g.hooks.Take(t.Context(), "telnyx", g.telnyx(now, "fax.received", "inbound", "1", media, false))
		house.WantCode(t, err, dossier.CodeUnavailable)
	}
	g.answers = http.StatusBadGateway
	_, err := g.hooks.Take(t.Context(), "telnyx", g.telnyx(now, "fax.received", "inbound", "1", g.media.URL, false))
	house.WantCode(t, err, dossier.CodeUnavailable)
	g.answers = 0
	if r, err := g.hooks.Take(t.Context(), "telnyx", g.telnyx(now, "fax.received", "inbound", "1", g.media.URL, true)); err != nil || r.Repeated {
		t.Errorf("%+v, %v", r, err)
	}
	for n, c := range map[string]fax.Call{
		"telnyx": g.telnyx(now, "fax.failed", "inbound", "2", "", false),
		"sinch":  sinch("password", "FAILURE"),
	} {
		if n == "sinch" {
			c.Body = bytes.Replace(c.Body, []byte(base64.StdEncoding.EncodeToString(page)), nil, 1)
		}
		if r, err := g.hooks.Take(t.Context(), n, c); err != nil || r.Protocol != "" {
			t.Errorf("%s: %+v, %v", n, r, err)
		}
	}
	if r, err := g.hooks.Take(t.Context(), "telnyx", g.telnyx(now, "fax.delivered", "outbound", "3", "", false)); err != nil || r.Protocol != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if n := len(ledger(t, h)); n != 2 {
		t.Errorf("%d lines in the ledger, want the two failures", n)
	}
	if n := len(received(t, h)); n != 1 {
		t.Errorf("%d submissions", n)
	}
}

// proves C4 C7: pages that are gone at the provider before any call could fetch them are a
// lost fax: in the ledger once, and no call is told that it was taken. One that is here
// keeps its receipt, and so does one that comes after all.
func TestLost(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	g := newGateway(t, h, newDoor(h))
	tell := func(id string) (intake.Receipt, error) {
		return g.hooks.Take(t.Context(), "telnyx", g.telnyx(h.Clock.Now(), "fax.received", "inbound", id, g.media.URL, false))
	}
	first, err := tell("1")
	if err != nil {
		t.Fatal(err)
	}
	for _, g.answers = range []int{http.StatusForbidden, http.StatusNotFound, http.StatusGone} {
		_, err := tell("2")
		house.WantCode(t, err, dossier.CodeFaxLost)
		if dossier.Temporary(err) {
			t.Error("the provider is told to try the same again")
		}
		if r, err := tell("1"); err != nil || !r.Repeated || r.Protocol != first.Protocol {
			t.Errorf("the one that is here: %+v, %v", r, err)
		}
	}
	lost := ledger(t, h)
	if len(lost) != 1 || lost[0].Code != dossier.CodeFaxLost || lost[0].Channel != dossier.ChannelFax {
		t.Errorf("the ledger: %+v", lost)
	}
	g.answers = 0
	if r, err := tell("2"); err != nil || r.Repeated {
		t.Errorf("found after all: %+v, %v", r, err)
	}
	full := newGateway(t, h, broken{})
	full.answers = http.StatusGone
	_, err = full.hooks.Take(t.Context(), "telnyx", full.telnyx(h.Clock.Now(), "fax.received", "inbound", "3", full.media.URL, false))
	house.WantCode(t, err, dossier.CodeUnavailable) // not entered: it is told of again
}

// proves C4 E1: a refusal names the field that is to blame, as the provider calls it, and
// nothing that stood in a call.
func TestFieldToBlame(t *testing.T) {
	t.Parallel()
	form := func(said string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"direction\"\r\n\r\nreceived\r\n--x\r\nContent-Disposition: form-data; name=\"success\"\r\n\r\ntrue\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"fax\"\r\n\r\n" + said + "\r\n--x--\r\n"
	}
	const multi = "multipart/form-data; boundary=x"
	for _, tt := range []struct{ provider, kind, body, field string }{
		{"generic", "", `SECRET`, "body"},
		{"generic", "", `{"status":"received","file":"SUkq"}`, "id"},
		{"generic", "", `{"id":"SECRET 1","status":"received","file":"SUkq"}`, "id"},
		{"generic", "", `{"id":4711,"status":"received","file":"SUkq"}`, "id"},
		{"generic", "", `{"id":"1","file":"SUkq"}`, "status"},
		{"generic", "", `{"id":"1","status":"SECRET","file":"SUkq"}`, "status"},
		{"generic", "", `{"id":"1","status":"received"}`, "file"},
		{"generic", "", `{"id":"1","status":"received","file":"SECRET!"}`, "file"},
		{"generic", "", `{"id":"1","status":"received","from":{"SECRET":1},"file":"SUkq"}`, "from"},
		{"telnyx", "", `{`, "body"},
		{"telnyx", "", `{"data":{"event_type":"fax.received","payload":{"fax_id":"1"}}}`, "data.payload.media_url"},
		{"telnyx", "", `{"data":{"event_type":"fax.received","payload":{"media_url":"https://a.example/"}}}`, "data.payload.fax_id"},
		{"telnyx", "", `{"data":{"event_type":"fax.received","payload":{"fax_id":17,"media_url":"https://a.example/"}}}`, "data.payload.fax_id"},
		{"telnyx", "", `{"data":{"event_type":"fax.received","payload":{"fax_id":"1","media_url":"https://SECRET example/"}}}`, "data.payload.media_url"},
		{"sinch", "", `[]`, "body"},
		{"sinch", "", `{"event":"INCOMING_FAX","fax":{},"file":"SUkq"}`, "fax.id"},
		{"sinch", "", `{"event":"INCOMING_FAX","fax":{"id":"1"}}`, "file"},
		{"sinch", "", `{"event":"INCOMING_FAX","fax":{"id":"1"},"file":"SECRET!"}`, "file"},
		{"sinch", "", `{"event":"INCOMING_FAX","fax":"SECRET"}`, "fax"},
		{"sinch", multi, form(`SECRET`), "fax"},
		{"phaxio", "application/json", `{}`, "Content-Type"},
		{"phaxio", multi, "SECRET", "body"},
		{"phaxio", multi, form(`SECRET`), "fax"},
		{"phaxio", multi, form(`{"id":{}}`), "fax.id"},
		{"phaxio", multi, form(`{"id":1,"from_number":5}`), "fax.from_number"},
		{"phaxio", multi, form(`{}`), "fax.id"},
		{"phaxio", multi, form(`{"id":1,"num_pages":"many"}`), "file"},
	} {
		_, err := fax.TakeSigned(t, tt.provider, []byte(tt.body), tt.kind, broken{})
		house.WantCode(t, err, dossier.CodeRequestInvalid)
		problem, ok := errors.AsType[*dossier.Error](err)
		if !ok || problem.Args["field"] != tt.field || len(problem.Args) != 1 || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s %s: %v names %q, want %q", tt.provider, tt.body, err, problem.Args["field"], tt.field)
		}
	}
}

// A number of pages is a hint: whatever stands there costs no fax.
func TestAnnouncedPages(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	g := newGateway(t, h, newDoor(h))
	calls := map[string]fax.Call{
		"telnyx": g.telnyx(h.Clock.Now(), "fax.received", "inbound", "1", g.media.URL, false), "phaxio": phaxio(t, phaxioToken),
	}
	for name, call := range calls {
		if _, err := g.hooks.Take(t.Context(), name, call); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range received(t, h) {
		if note := origin(t, h, sub); !strings.Contains(note, `"pages":2`) {
			t.Error(note)
		}
	}
	for said, want := range map[string]fax.Announced{`3`: 3, `"4"`: 4, `-1`: 0, `1e9`: 0, `99999999`: 0, `{}`: 0, `null`: 0, `"many"`: 0} {
		var f fax.GenericFax
		if err := json.Unmarshal([]byte(`{"id":"1","pages":`+said+`}`), &f); err != nil || f.Pages != want || f.ID != "1" {
			t.Errorf("%s: %+v, %v", said, f, err)
		}
	}
}

func FuzzWebhook(f *testing.F) {
	f.Add("generic", []byte(`{"id":"1","status":"received","file":"SUkq"}`), "")
	f.Add("telnyx", []byte(`{"data":{"event_type":"fax.received","payload":{"fax_id":"1","media_url":"http://127.0.0.1:1/"}}}`), "")
	f.Add("sinch", []byte(`{"event":"INCOMING_FAX","fax":{"id":"1"},"file":"SUkq"}`), "")
	f.Add("phaxio", []byte("--x\r\nContent-Disposition: form-data; name=\"fax\"\r\n\r\n{}\r\n--x--\r\n"), "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, provider string, body []byte, contentType string) {
		if r, err := fax.TakeSigned(t, provider, body, contentType, broken{}); err == nil && r.Protocol != "" {
			t.Errorf("a receipt without a door: %+v", r)
		}
	})
}
