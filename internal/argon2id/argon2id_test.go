package argon2id

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/crypto/argon2"
)

// Every result is x/crypto's, whatever the memory held before: larger, smaller
// and used.
func TestKeyIsXCryptos(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var m Memory
	for n := range 300 {
		secret, salt := make([]byte, r.IntN(200)), make([]byte, r.IntN(64))
		for _, b := range [][]byte{secret, salt} {
			for i := range b {
				b[i] = byte(r.Uint32())
			}
		}
		passes, memory, keyLen := 1+r.Uint32N(4), r.Uint32N(1200), 1+r.Uint32N(200)
		if n%4 == 0 {
			keyLen = []uint32{32, 64, 65, 96, 128}[n/4%5] // where the last bytes come from changes
		}
		got, want := m.Key(secret, salt, passes, memory, keyLen), argon2.IDKey(secret, salt, passes, memory, 1, keyLen)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d passes over %d KiB, %d bytes: %x, want %x", passes, memory, keyLen, got, want)
		}
	}
}

// The test vector of the reference implementation with one lane (test.c of
// P-H-C/phc-winner-argon2, version 0x13).
func TestReferenceVector(t *testing.T) {
	t.Parallel()
	var m Memory
	got := hex.EncodeToString(m.Key([]byte("password"), []byte("somesalt"), 2, 1<<16, 32))
	if want := "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Memory that is used again is not taken anew. Not parallel: what others take
// would be counted.
func TestMemoryIsUsedAgain(t *testing.T) {
	if !accelerated {
		t.Skip("x/crypto computes here, in new memory")
	}
	var m Memory
	m.Key(nil, nil, 1, 19*1024, 32)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m.Key([]byte("secret"), []byte("sixteen bytes!!!"), 1, 19*1024, 32)
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
		t.Errorf("%d bytes a hash", taken)
	}
}

func BenchmarkKey(b *testing.B) {
	secret, salt := []byte("secret"), []byte("sixteen bytes!!!")
	b.Run("ours", func(b *testing.B) {
		var m Memory
		for b.Loop() {
			m.Key(secret, salt, 2, 19*1024, 32)
		}
	})
	b.Run("x/crypto", func(b *testing.B) {
		for b.Loop() {
			argon2.IDKey(secret, salt, 2, 19*1024, 1, 32)
		}
	})
}
