package seal

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// segmentSize is the length of one sealed segment of a document, in bytes. A writer and a reader hold two
// such buffers each, so that 64 uploads at once cost 8 MiB.
const segmentSize = 64 << 10

// fieldVersion is the first byte of what [DataKey.Seal] returns.
const fieldVersion = 1

// DataKey seals what belongs to one document, message or holder. Its zero value opens and seals nothing. It is
// safe for concurrent use and prints as "[secret]".
type DataKey struct {
	ciphers func() dataCiphers // a function for the reason given at Keys
}

type dataCiphers struct {
	field  *subtle.XChaCha20Poly1305
	stream *streaming.AESGCMHKDF
}

// newDataKey needs a key of 32 bytes. Fields and streams get sub-keys of their own, because two
// algorithms must never share one.
func newDataKey(key []byte) DataKey {
	field, err := subtle.NewXChaCha20Poly1305(derive(key, "field", keySize))
	if err != nil {
		panic("seal: field cipher: " + err.Error()) // only a key of another length gets here
	}
	stream, err := streaming.NewAESGCMHKDF(derive(key, "stream", keySize), "SHA256", keySize, segmentSize, 0)
	if err != nil {
		panic("seal: stream cipher: " + err.Error()) // likewise
	}
	ciphers := dataCiphers{field: field, stream: stream}
	return DataKey{ciphers: func() dataCiphers { return ciphers }}
}

var errZeroKey = errors.New("seal: the zero DataKey seals and opens nothing")

// Seal encrypts a short value, at most a few MiB, which is held in memory: XChaCha20-Poly1305 with a random
// nonce. The result is 41 bytes longer. ad is authenticated, not stored.
func (k DataKey) Seal(plain, ad []byte) ([]byte, error) {
	if k.ciphers == nil {
		return nil, errZeroKey
	}
	sealed, err := k.ciphers().field.Encrypt(plain, bind([]byte{fieldVersion}, ad))
	if err != nil {
		return nil, fmt.Errorf("seal: field: %w", err)
	}
	return append([]byte{fieldVersion}, sealed...), nil
}

// Open decrypts what [DataKey.Seal] made with the same ad. The error is [ErrOpen].
func (k DataKey) Open(sealed, ad []byte) ([]byte, error) {
	if k.ciphers == nil {
		return nil, errZeroKey
	}
	if len(sealed) == 0 || sealed[0] != fieldVersion {
		return nil, ErrOpen
	}
	plain, err := k.ciphers().field.Decrypt(sealed[1:], bind(sealed[:1], ad))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// SealWriter encrypts a document on its way to w, in segments of 64 KiB (AES-256-GCM-HKDF streaming). The
// document is whole only after Close returned nil; Close does not close w. Who gives up in the middle must
// not call Close: without it the stream does not open. After an error every further call returns it.
func (k DataKey) SealWriter(w io.Writer, ad []byte) (io.WriteCloser, error) {
	if k.ciphers == nil {
		return nil, errZeroKey
	}
	enc, err := k.ciphers().stream.NewEncryptingWriter(w, ad)
	if err != nil {
		return nil, fmt.Errorf("seal: begin stream: %w", err)
	}
	return &sealWriter{enc: enc}, nil
}

// OpenReader decrypts what [DataKey.SealWriter] wrote with the same ad. Bytes are handed out only after their
// segment was verified; a stream that is altered, cut at any place or lengthened ends in [ErrOpen], never in
// io.EOF. So nothing read counts before io.EOF. Errors of r are passed on as they are.
func (k DataKey) OpenReader(r io.Reader, ad []byte) (io.Reader, error) {
	if k.ciphers == nil {
		return nil, errZeroKey
	}
	src := &source{r: r}
	dec, err := k.ciphers().stream.NewDecryptingReader(src, ad)
	if err != nil {
		return nil, src.or(ErrOpen)
	}
	return &openReader{src: src, dec: dec}, nil
}

// sealWriter keeps the first error. Without this a Close after a failed Write would seal a shorter
// document that opens.
type sealWriter struct {
	enc io.WriteCloser
	err error
}

func (w *sealWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.enc.Write(p)
	w.err = err
	return n, err
}

func (w *sealWriter) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = w.enc.Close()
	return w.err
}

// openReader keeps the first error: tink's reader answers io.EOF to the call after a bad last segment.
type openReader struct {
	src *source
	dec io.Reader
	err error
}

func (r *openReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.dec.Read(p)
	r.err = err
	if err != nil && err != io.EOF { // a reader returns io.EOF itself
		r.err = r.src.or(ErrOpen)
	}
	return n, r.err
}

// source remembers an error of the reader below, to tell a broken disk from a broken seal.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
	}
	return n, err
}

// or is the remembered error, other if there was none.
func (s *source) or(other error) error {
	if s.err != nil {
		return s.err
	}
	return other
}

// Format prints "[secret]" whatever the verb.
func (k DataKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns "[secret]".
func (k DataKey) String() string { return redacted }

// LogValue is "[secret]".
func (k DataKey) LogValue() slog.Value { return slog.StringValue(redacted) }
