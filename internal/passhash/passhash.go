// Package passhash keeps what people know (PINs, passwords) as peppered
// Argon2id hashes, and bounds how many are computed at once, so that a flood of
// sign-ins starves nobody.
//
// Hasher is all that others use; a server gives it Children, processes in which the
// hashes are computed.
//
// It must not log, store or return a secret, and it does not know whose it is.
package passhash

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
)

// params are the cost of a hash; they are kept in its record, so that they can
// be raised without asking anybody for a new secret.
type params struct {
	time, memory uint32 // memory in KiB
	threads      uint8
}

// standard is the OWASP minimum for Argon2id: 19 MiB, two passes, one lane. Raised, it
// makes unknown accounts cost more than those whose hash is not made anew yet (Refresh),
// which tells them apart by time until their holders have signed in.
var standard = params{time: 2, memory: 19 * 1024, threads: 1}

// Cost returns what a new hash costs: passes, memory in KiB, lanes.
func Cost() (passes, memory uint32, lanes uint8) {
	return standard.time, standard.memory, standard.threads
}

const saltBytes, macBytes, keyBytes = 16, sha256.Size, 32

// ErrFormat says that a stored hash is none of ours.
var ErrFormat = errors.New("passhash: unknown hash format")

// Hasher makes and checks hashes. It is safe for concurrent use.
type Hasher struct {
	pepper []byte
	gate   *gate
	// dummy is what an unknown account is checked against: the same work.
	dummy string
	// children compute the hashes; nil: this process does.
	children *Children
	// computed is called for every hash; nil: nobody counts.
	computed func()
}

// Option changes how a Hasher works.
type Option func(*Hasher)

// OnCompute has each called once for every hash that is computed, before it is:
// how a test proves that known and unknown accounts cost the same. It may be
// called by several goroutines at once.
func OnCompute(each func()) Option { return func(h *Hasher) { h.computed = each } }

// YieldTo lets hashes be computed on all cores while no request but those that
// hash is being answered, so that the last core lies idle for nobody. Without it
// one core is always left to others.
func YieldTo(others *Others) Option { return func(h *Hasher) { h.gate.others = others } }

// New returns a hasher with the pepper, which must not lie in the database.
// At most one computation fewer than there are cores runs at once, at least one;
// see YieldTo.
func New(pepper []byte, options ...Option) *Hasher {
	h := &Hasher{pepper: pepper, gate: &gate{cores: runtime.GOMAXPROCS(0)}}
	h.dummy = encode(standard, random(saltBytes), random(keyBytes))
	for _, set := range options {
		set(h)
	}
	return h
}

// Hash returns a salted hash of the secret, to be stored.
func (h *Hasher) Hash(ctx context.Context, secret string) (string, error) {
	salt := random(saltBytes)
	key, err := h.compute(ctx, standard, salt, secret)
	if err != nil {
		return "", err
	}
	return encode(standard, salt, key), nil
}

// Verify reports whether the secret is the hashed one, in constant time. An
// empty stored hash stands for an unknown account: the same work is done, and
// the answer is no.
func (h *Hasher) Verify(ctx context.Context, stored, secret string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	p, salt, want, err := decode(stored)
	if err != nil {
		return false, err
	}
	got, err := h.compute(ctx, p, salt, secret)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// Refresh returns a new hash of a secret that was just proved to be the stored one's,
// when that was made at another cost than one made now; "" when it was not.
func (h *Hasher) Refresh(ctx context.Context, stored, secret string) (string, error) {
	if p, _, _, err := decode(stored); err != nil || p == standard {
		return "", err
	}
	return h.Hash(ctx, secret)
}

func (h *Hasher) compute(ctx context.Context, p params, salt []byte, secret string) ([]byte, error) {
	if err := h.gate.enter(ctx); err != nil {
		return nil, err
	}
	defer h.gate.leave()
	if h.computed != nil {
		h.computed()
	}
	mac := hmac.New(sha256.New, h.pepper)
	mac.Write([]byte(secret))
	peppered := mac.Sum(nil)
	if h.children != nil {
		if key, ok := h.children.key(ctx, p, salt, peppered); ok {
			return key, nil
		}
	}
	return p.key(salt, peppered), nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

const format = "$argon2id$v=19$m=%d,t=%d,p=%d$"

func encode(p params, salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf(format, p.memory, p.time, p.threads) + enc.EncodeToString(salt) + "$" + enc.EncodeToString(key)
}

func decode(s string) (p params, salt, key []byte, err error) {
	var rest string
	if _, err := fmt.Sscanf(s, format+"%s", &p.memory, &p.time, &p.threads, &rest); err != nil {
		return p, nil, nil, ErrFormat
	}
	if p.memory > 1<<20 || p.time == 0 || p.time > 16 || p.threads == 0 {
		return p, nil, nil, ErrFormat
	}
	enc := base64.RawStdEncoding
	if len(rest) != enc.EncodedLen(saltBytes)+1+enc.EncodedLen(keyBytes) {
		return p, nil, nil, ErrFormat
	}
	salt, errSalt := enc.DecodeString(rest[:enc.EncodedLen(saltBytes)])
	key, errKey := enc.DecodeString(rest[enc.EncodedLen(saltBytes)+1:])
	if errSalt != nil || errKey != nil {
		return p, nil, nil, ErrFormat
	}
	return p, salt, key, nil
}
