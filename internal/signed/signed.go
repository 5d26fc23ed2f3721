// Package signed proves calls between machines: HMAC-SHA256 over a time and the
// raw body, under a secret that both sides hold. Our own form of fax webhook comes
// in by it, and webhooks about state changes go out by it (docs/integration.md).
//
// A caller must remember what it took itself: a call that is sent again within the
// tolerance is as good as the first. The package must not know what a call says,
// and imports nothing of this module.
package signed

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// The headers of a call. HeaderID names what it tells of; the body, which is signed,
// says it too.
const (
	HeaderID        = "X-Dispositivo-Id"
	HeaderTimestamp = "X-Dispositivo-Timestamp"
	HeaderSignature = "X-Dispositivo-Signature"
)

// Tolerance is how far a signed time may be from ours.
const Tolerance = 5 * time.Minute

// ShortestSecret is the least length of a secret, in bytes.
const ShortestSecret = 16

// Sign returns the signature of a body at a time in seconds, in hex.
func Sign(secret []byte, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(timestamp + "."))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// Stamp signs a call at a moment.
func Stamp(h http.Header, secret []byte, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, Sign(secret, stamp, body))
}

// Proves reports whether the headers prove the body at this moment.
func Proves(h http.Header, secret []byte, now time.Time, body []byte) bool {
	stamp := h.Get(HeaderTimestamp)
	want := Sign(secret, stamp, body)
	return Fresh(stamp, now) && subtle.ConstantTimeCompare([]byte(h.Get(HeaderSignature)), []byte(want)) == 1
}

// Fresh reports whether a time in seconds, as it was signed, is near enough to ours.
func Fresh(stamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	return time.Unix(seconds, 0).Sub(now).Abs() <= Tolerance
}
