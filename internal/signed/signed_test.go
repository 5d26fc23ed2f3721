package signed_test

import (
	"net/http"
	"testing"
	"time"

	"dispositivo/internal/signed"
)

// What `printf '%s.%s' 1700000000 '{"id":"1"}' | openssl dgst -sha256 -hmac 'sixteen bytes and more'` prints.
const byOpenSSL = "3092ef68128964e0334cafa68c5e5bb4f5bd87e1457b242f714871c9a2443ee2"

func TestSignAsOthersDo(t *testing.T) {
	t.Parallel()
	if got := signed.Sign([]byte("sixteen bytes and more"), "1700000000", []byte(`{"id":"1"}`)); got != byOpenSSL {
		t.Errorf("signature %s, want %s", got, byOpenSSL)
	}
}

func TestProves(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	secret, body := []byte("sixteen bytes and more"), []byte(`{"id":"1"}`)
	for name, test := range map[string]struct {
		now    time.Time
		secret string
		body   string
		change func(http.Header)
		want   bool
	}{
		"as it was sent":   {want: true},
		"five minutes on":  {now: at.Add(signed.Tolerance), want: true},
		"too late":         {now: at.Add(signed.Tolerance + time.Second)},
		"too early":        {now: at.Add(-signed.Tolerance - time.Second)},
		"another secret":   {secret: "sixteen bytes and some"},
		"another body":     {body: `{"id":"2"}`},
		"another time":     {change: func(h http.Header) { h.Set(signed.HeaderTimestamp, "1700000001") }},
		"no time":          {change: func(h http.Header) { h.Del(signed.HeaderTimestamp) }},
		"no signature":     {change: func(h http.Header) { h.Del(signed.HeaderSignature) }},
		"time in no digit": {change: func(h http.Header) { h.Set(signed.HeaderTimestamp, "now") }},
	} {
		h := http.Header{}
		signed.Stamp(h, secret, at, body)
		if test.change != nil {
			test.change(h)
		}
		now, key, said := at, secret, body
		if !test.now.IsZero() {
			now = test.now
		}
		if test.secret != "" {
			key = []byte(test.secret)
		}
		if test.body != "" {
			said = []byte(test.body)
		}
		if got := signed.Proves(h, key, now, said); got != test.want {
			t.Errorf("%s: proved %t", name, got)
		}
	}
}
