// Package token makes and reads the form token: what leads a signed sheet of
// paper back to its dossier (DESIGN section 5).
//
// A token is a random id and a truncated MAC, nothing else. Two forms are
// printed of one token:
//
//   - Text, for the QR code: "DSP1:" + 14 random symbols + check symbol + 9
//     symbols of MAC, 29 characters of the QR alphanumeric set, which just fit
//     a version 2 code with error correction Q. 63 random bits, 40 bits of MAC.
//   - Code, for people: the random symbols and the check symbol in three groups
//     of five, such as K7MPD-4XWTA-93FHC. No MAC: the list of open tokens is
//     what tells a true code from an invented one. With a million tokens open,
//     an invented code that passes the check hits one with a chance of
//     10^6 / 23^14, about 1 in 10^13; one mistyped symbol or two exchanged
//     ones never pass the check at all.
//
// A token routes, it never authenticates: it must not open, show or decide
// anything. Personal data must not get into it.
//
// The package also draws the other codes people type (Secret).
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Prefix begins the text of every token: the format and its version.
const Prefix = "DSP1:"

// IDLength is the length of a token's ID: 14 random symbols and a check symbol.
const IDLength = 15

const (
	macLength = 9 // symbols
	groupSize = 5
)

// MinKeyLength is the least length of the MAC key, in bytes.
const MinKeyLength = 32

// MinSecretBits is the least number of random bits of a Secret (DESIGN
// section 5: link and status codes).
const MinSecretBits = 50

// Why a text is not a token of ours.
var (
	ErrFormat = errors.New("token: not a form token")
	ErrCheck  = errors.New("token: check symbol does not fit")
	ErrMAC    = errors.New("token: not signed by this agency")
	ErrKey    = errors.New("token: key is too short")
)

// Token is one form token. The zero value is none. Tokens can be compared.
type Token struct {
	// ID is the stored name of the token: 15 symbols, check symbol included.
	ID  string
	mac string
}

// Mint draws a new token. source must be crypto/rand.Reader outside tests, key
// at least MinKeyLength bytes. Errors: ErrKey, or the source's own.
func Mint(source io.Reader, key []byte) (Token, error) {
	symbols, err := random(source, IDLength-1)
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	return Restore(symbols+string(checkSymbol(symbols)), key)
}

// Restore returns the token with a known id, to print its form again. Errors:
// ErrFormat, ErrCheck, ErrKey.
func Restore(id string, key []byte) (Token, error) {
	if len(key) < MinKeyLength {
		return Token{}, ErrKey
	}
	if err := checkID(id); err != nil {
		return Token{}, err
	}
	return Token{ID: id, mac: macOf(id, key)}, nil
}

// Parse reads the text of a QR code and proves its MAC in constant time. Errors:
// ErrFormat (some other QR code), ErrCheck, ErrMAC, ErrKey.
func Parse(s string, key []byte) (Token, error) {
	if len(key) < MinKeyLength {
		return Token{}, ErrKey
	}
	body, ok := strings.CutPrefix(s, Prefix)
	if !ok || len(body) != IDLength+macLength || !inAlphabet(body) {
		return Token{}, ErrFormat
	}
	id, mac := body[:IDLength], body[IDLength:]
	if err := checkID(id); err != nil {
		return Token{}, err
	}
	if !hmac.Equal([]byte(mac), []byte(macOf(id, key))) {
		return Token{}, ErrMAC
	}
	return Token{ID: id, mac: mac}, nil
}

// ParseCode reads a code typed by a person, or read from the page as text, and
// returns the id to look up. Errors: ErrFormat, ErrCheck.
func ParseCode(typed string) (id string, err error) {
	id = Normalize(typed)
	if err := checkID(id); err != nil {
		return "", err
	}
	return id, nil
}

// Near returns the ids that a typed code may have been meant to be: those with one
// other symbol, or with two neighbours exchanged. At most 29; none for a code that is
// right, for anything else, or with more wrong. They propose and must not join: an
// invented code has such neighbours too.
func Near(typed string) []string {
	code := Normalize(typed)
	if len(code) != IDLength || checkID(code) == nil {
		return nil
	}
	var near []string
	try := func(id []byte) {
		if checkID(string(id)) == nil {
			near = append(near, string(id))
		}
	}
	for i := range IDLength {
		for j := range base {
			id := []byte(code)
			id[i] = Alphabet[j]
			try(id)
		}
		if i > 0 {
			id := []byte(code)
			id[i-1], id[i] = id[i], id[i-1]
			try(id)
		}
	}
	return near
}

// Text returns what the QR code holds: 29 characters of the QR alphanumeric set.
func (t Token) Text() string { return Prefix + t.ID + t.mac }

// Code returns what people read and type: three groups of five symbols.
func (t Token) Code() string { return Group(t.ID, groupSize) }

// String hides the token, so that it does not slip into a log.
func (t Token) String() string { return "form token" }

// Secret draws a code for a link or a status page with at least bits random
// bits, and never less than MinSecretBits. It has no check symbol and is stored
// hashed by the caller. Compare what comes back after Normalize.
func Secret(source io.Reader, bits int) (string, error) {
	n := math.Ceil(float64(max(bits, MinSecretBits)) / bitsPerSymbol)
	s, err := random(source, int(n))
	if err != nil {
		return "", fmt.Errorf("draw secret: %w", err)
	}
	return s, nil
}

func checkID(id string) error {
	switch {
	case len(id) != IDLength || !inAlphabet(id):
		return ErrFormat
	case checkSymbol(id[:IDLength-1]) != id[IDLength-1]:
		return ErrCheck
	}
	return nil
}

// macOf writes the head of an HMAC-SHA256 in symbols. 2^64 is so much more than
// 23^9 that the remainder's bias does not matter.
func macOf(id string, key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("dispositivo form token 1\x00" + id))
	n := binary.BigEndian.Uint64(h.Sum(nil))
	var mac [macLength]byte
	for i := range mac {
		mac[i] = Alphabet[n%uint64(base)]
		n /= uint64(base)
	}
	return string(mac[:])
}
