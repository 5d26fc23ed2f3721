package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash"
	"log/slog"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// A wrapped data key is: version (1 byte), key id (4), nonce (24), sealed key (32), tag (16).
const (
	wrapVersion = 1
	keyIDSize   = 4
	wrapHeader  = 1 + keyIDSize
)

// Keys are the master keys and the pepper. They are safe for concurrent use and never change. A pointer is
// passed around; it prints as "[secret]".
type Keys struct {
	// A function, because fmt never asks the methods of what lies in a private field of another struct, and
	// with an unfit verb it follows pointers; a function it prints as an address.
	secret func() *keysSecret
}

type keysSecret struct {
	masters []master // the first wraps
	root    []byte   // sub-keys derive from it
	pepper  []byte
}

// master is one master key in the form in which it wraps.
type master struct {
	id   [keyIDSize]byte
	wrap *subtle.XChaCha20Poly1305
}

func newKeys(masters [][]byte, pepper []byte) (*Keys, error) {
	s := &keysSecret{root: masters[len(masters)-1], pepper: pepper}
	for _, key := range masters {
		// XChaCha20-Poly1305, because its random 24-byte nonces never run out: one master key wraps
		// millions of data keys.
		wrap, err := subtle.NewXChaCha20Poly1305(derive(key, "wrap", keySize))
		if err != nil {
			return nil, fmt.Errorf("seal: master key: %w", err)
		}
		m := master{wrap: wrap}
		copy(m.id[:], derive(key, "id", keyIDSize))
		s.masters = append(s.masters, m)
	}
	return &Keys{secret: func() *keysSecret { return s }}, nil
}

// derive is HKDF-SHA256 (RFC 5869) of n bytes, at most 255·32, with a purpose of our own as info.
func derive(key []byte, purpose string, n int) []byte {
	out, err := hkdf.Key(sha256.New, key, nil, "dispositivo/seal/v1/"+purpose, n)
	if err != nil {
		// Only a length out of range gets here, and lengths are constants of the callers.
		panic("seal: derive " + purpose + ": " + err.Error())
	}
	return out
}

// KeyID names the master key that wraps now, 8 hexadecimal digits; it is no secret.
func (k *Keys) KeyID() string { return fmt.Sprintf("%x", k.secret().masters[0].id) }

// Derive returns n bytes (1 to 8160) that depend on the root key and the purpose alone, for example the key
// of the form tokens. Distinct purposes give independent keys. It panics when n is out of range.
func (k *Keys) Derive(purpose string, n int) []byte {
	return derive(k.secret().root, "sub/"+purpose, n)
}

// Pepper returns a copy of the 32 bytes that go into every hash of a PIN (requirement A7).
func (k *Keys) Pepper() []byte { return slices.Clone(k.secret().pepper) }

// MAC returns the keyed hash for one purpose, named after the column it fills ("codice_fiscale").
func (k *Keys) MAC(purpose string) *MAC {
	key := derive(k.secret().root, "mac/"+purpose, keySize)
	return &MAC{key: func() []byte { return key }}
}

// NewDataKey makes a random data key and returns it with its wrapped form, 77 bytes, to be stored. ad
// says what the key is for; [Keys.Unwrap] wants the same. There is an error only when randomness fails.
func (k *Keys) NewDataKey(ad []byte) (DataKey, []byte, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return DataKey{}, nil, fmt.Errorf("seal: new data key: %w", err)
	}
	wrapped, err := k.secret().masters[0].seal(key, ad)
	if err != nil {
		return DataKey{}, nil, err
	}
	return newDataKey(key), wrapped, nil
}

// Unwrap opens a wrapped data key, under whichever master key it was wrapped. The error is [ErrOpen].
func (k *Keys) Unwrap(wrapped, ad []byte) (DataKey, error) {
	key, err := k.unwrap(wrapped, ad)
	if err != nil {
		return DataKey{}, err
	}
	return newDataKey(key), nil
}

// Rewrap returns the same data key wrapped under the active master key and newAD: for a document that was
// matched to its holder (DESIGN section 3), and for the rotation of the master key (oldAD equal to newAD).
func (k *Keys) Rewrap(wrapped, oldAD, newAD []byte) ([]byte, error) {
	key, err := k.unwrap(wrapped, oldAD)
	if err != nil {
		return nil, err
	}
	return k.secret().masters[0].seal(key, newAD)
}

func (k *Keys) unwrap(wrapped, ad []byte) ([]byte, error) {
	if len(wrapped) < wrapHeader || wrapped[0] != wrapVersion {
		return nil, ErrOpen
	}
	for _, m := range k.secret().masters {
		if [keyIDSize]byte(wrapped[1:wrapHeader]) != m.id {
			continue
		}
		key, err := m.wrap.Decrypt(wrapped[wrapHeader:], bind(wrapped[:wrapHeader], ad))
		if err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, ErrOpen
}

func (m master) seal(key, ad []byte) ([]byte, error) {
	header := append([]byte{wrapVersion}, m.id[:]...)
	sealed, err := m.wrap.Encrypt(key, bind(header, ad))
	if err != nil {
		return nil, fmt.Errorf("seal: wrap data key: %w", err)
	}
	return append(header, sealed...), nil
}

// bind joins a header of fixed length and the caller's associated data.
func bind(header, ad []byte) []byte {
	return append(slices.Clone(header), ad...)
}

// MAC is HMAC-SHA256 under a key of its own: it fills columns that can be looked up but not guessed from
// outside (codice fiscale, hash of the content). It is safe for concurrent use and prints as "[secret]".
type MAC struct {
	key func() []byte // a function for the reason given at Keys
}

// Sum returns the 32 bytes of the MAC of data.
func (m *MAC) Sum(data []byte) []byte {
	h := m.New()
	h.Write(data)
	return h.Sum(nil)
}

// New returns a running MAC, for data that pass by in pieces.
func (m *MAC) New() hash.Hash { return hmac.New(sha256.New, m.key()) }

const redacted = "[secret]"

// Format prints "[secret]" whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns "[secret]".
func (k *Keys) String() string { return redacted }

// LogValue is "[secret]".
func (k *Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format prints "[secret]" whatever the verb.
func (m *MAC) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns "[secret]".
func (m *MAC) String() string { return redacted }

// LogValue is "[secret]".
func (m *MAC) LogValue() slog.Value { return slog.StringValue(redacted) }
