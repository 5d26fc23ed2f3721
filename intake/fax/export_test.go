package fax

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strconv"
	"testing"

	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/signed"
	"dispositivo/internal/testkit/house"
)

// TakeSigned has a body taken that is signed as its provider would sign it, so
// that what reads it is reached.
func TakeSigned(t *testing.T, provider string, body []byte, contentType string, door Door) (intake.Receipt, error) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public, _ := private.Public().(ed25519.PublicKey)
	w, err := NewWebhooks(WebhookConfig{
		Door: door, Clock: clock.NewStub(house.Start()), TelnyxKey: base64.StdEncoding.EncodeToString(public),
		PhaxioToken: "token", SinchUser: "u", SinchPassword: "p", GenericSecret: "sixteen bytes and more",
	})
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(house.Start().Unix(), 10)
	c := Call{URL: "https://pin.example/", Body: body, Header: http.Header{}}
	c.Header.Set("Content-Type", contentType)
	c.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:p")))
	c.Header.Set("Telnyx-Timestamp", stamp)
	c.Header.Set("Telnyx-Signature-Ed25519", base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(stamp+"|"+string(body)))))
	c.Header.Set(signed.HeaderTimestamp, stamp)
	c.Header.Set(signed.HeaderSignature, signed.Sign([]byte("sixteen bytes and more"), stamp, body))
	if f, err := readForm(c); err == nil {
		c.Header.Set("X-Phaxio-Signature", phaxio{token: "token"}.signature(c.URL, f))
	}
	return w.Take(t.Context(), provider, c)
}
