package audit

import (
	"bufio"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Checkpoint says, signed, where the chain stood. Kept outside the database it
// lets a cut end be found; the signature can be checked by who has only the
// public key.
type Checkpoint struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Chain     []byte    `json:"chain"`
	Signature []byte    `json:"signature"` // Ed25519
}

// PublicKey checks signatures; it is no secret.
type PublicKey = ed25519.PublicKey

// Signer signs checkpoints.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner returns the signer of a secret seed of 32 bytes; it panics when the
// length is another.
func NewSigner(seed []byte) Signer { return Signer{key: ed25519.NewKeyFromSeed(seed)} }

// Public returns the key that checks what the signer signed.
func (s Signer) Public() PublicKey {
	key, _ := s.key.Public().(ed25519.PublicKey) // it is of no other type
	return key
}

// Sign returns the checkpoint of a sealed entry.
func (s Signer) Sign(e Entry, at time.Time) Checkpoint {
	c := Checkpoint{Seq: e.Seq, At: at.UTC().Truncate(time.Microsecond), Chain: e.Chain}
	c.Signature = ed25519.Sign(s.key, c.signed())
	return c
}

// Verify reports whether the checkpoint is as it was signed.
func (c Checkpoint) Verify(key PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, c.signed(), c.Signature)
}

func (c Checkpoint) signed() []byte {
	b := put(nil, []byte("dispositivo audit checkpoint 1"))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Seq)) //nolint:gosec // as in Link
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixMicro()))
	return put(b, c.Chain)
}

func (c Checkpoint) when() string { return c.At.Format(time.RFC3339) }

// Append writes the checkpoint as one line of JSON, in one call of Write.
func (c Checkpoint) Append(w io.Writer) error {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return nil
}

// maxLine bounds a line of a file of checkpoints, in bytes.
const maxLine = 4 << 10

// Lines reads what Append wrote, line by line. A last line that was not written
// to its end (a power cut) is passed over.
func Lines(r io.Reader) Source {
	return func(yield func(Checkpoint, error) bool) {
		lines := bufio.NewReaderSize(r, maxLine)
		for n := 1; ; n++ {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, io.EOF) {
				return
			}
			var c Checkpoint
			if err == nil {
				err = json.Unmarshal(line, &c)
			}
			if err != nil {
				yield(Checkpoint{}, fmt.Errorf("checkpoints, line %d: %w", n, err))
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}
