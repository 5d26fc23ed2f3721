// Package argon2id computes Argon2id (RFC 9106) with one lane in memory that is
// used again and again. golang.org/x/crypto/argon2 takes new memory for every
// hash, 19 MiB of it with our parameters: clearing it, collecting it and fetching
// it anew into the processor's caches costs more than a third of the hash.
//
// The rounds in assembly are x/crypto's (see LICENSE), and where there are none
// x/crypto computes the whole: its results are what ours are tested against. It
// must not choose parameters or keep a secret.
package argon2id

import (
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/blake2b"
)

// The numbers of RFC 9106, section 3.
const (
	version    = 0x13
	variant    = 2 // Argon2id
	slices     = 4
	blockWords = 128
)

type block [blockWords]uint64

// Memory is what hashes are computed in. The zero value is ready, and grows to
// what the largest hash needed. One goroutine at a time may use it.
//
// A hash leaves its last pass in it until the next one writes over it: who reads
// it still needs most of a hash to try one secret.
type Memory struct{ blocks []block }

// Key derives keyLen bytes from a secret and a salt in passes, at least one, over
// memory KiB, with one lane: what argon2.IDKey returns with one thread.
func (m *Memory) Key(secret, salt []byte, passes, memory, keyLen uint32) []byte {
	if !accelerated {
		return elsewhere(secret, salt, passes, memory, keyLen)
	}
	if passes < 1 {
		panic("argon2id: no pass")
	}
	count := max(memory/slices*slices, 2*slices)
	if uint32(len(m.blocks)) < count { //nolint:gosec // at most what was asked for before
		m.blocks = make([]block, count)
	}
	f := filling{blocks: m.blocks[:count], passes: passes, work: new(work)}
	f.begin(start(secret, salt, passes, memory, keyLen))
	for pass := range passes {
		for slice := range uint32(slices) {
			f.segment(pass, slice)
		}
	}
	key := make([]byte, keyLen)
	last := f.blocks[count-1].bytes()
	stretch(key, last[:])
	return key
}

// start is H0 with room for the two numbers of begin.
func start(secret, salt []byte, passes, memory, keyLen uint32) (h0 [blake2b.Size + 8]byte) {
	b2, _ := blake2b.New512(nil) // fails for a wrong key alone
	put := func(n uint32) { _, _ = b2.Write(binary.LittleEndian.AppendUint32(nil, n)) }
	for _, n := range []uint32{1, keyLen, memory, passes, version, variant} {
		put(n)
	}
	for _, field := range [][]byte{secret, salt, nil, nil} { // no key, no further data
		put(uint32(len(field))) //nolint:gosec // a password and a salt
		_, _ = b2.Write(field)
	}
	b2.Sum(h0[:0])
	return h0
}

// filling is one hash under way. Its memory holds what another left: in the first
// pass every block is written before it is read.
type filling struct {
	blocks []block
	passes uint32
	// work is aligned as the blocks are: on the stack it lies across cache lines.
	work *work
}

// work is what one block after the other is computed with.
type work struct{ t, zero, addresses, input block }

// begin writes the first two blocks.
func (f *filling) begin(h0 [blake2b.Size + 8]byte) {
	var b [8 * blockWords]byte
	for i := range uint32(2) {
		binary.LittleEndian.PutUint32(h0[blake2b.Size:], i)
		stretch(b[:], h0[:])
		for n := range f.blocks[i] {
			f.blocks[i][n] = binary.LittleEndian.Uint64(b[8*n:])
		}
	}
}

// segment fills a quarter of the memory.
func (f *filling) segment(pass, slice uint32) {
	count := uint32(len(f.blocks)) //nolint:gosec // from a uint32
	length := count / slices
	blind := pass == 0 && slice < slices/2 // which blocks are read depends on no secret
	w := f.work
	w.input = block{uint64(pass), 0, uint64(slice), uint64(count), uint64(f.passes), variant}
	for i := range length {
		if blind && i%blockWords == 0 {
			w.input[6]++
			w.mix(&w.addresses, &w.input, &w.zero)
			w.mix(&w.addresses, &w.addresses, &w.zero)
		}
		if pass == 0 && slice == 0 && i < 2 {
			continue // begun with
		}
		at := slice*length + i
		before := at - 1
		if at == 0 {
			before = count - 1
		}
		previous := &f.blocks[before]
		random := previous[0]
		if blind {
			random = w.addresses[i%blockWords]
		}
		other := &f.blocks[reference(random, pass, slice, i, length)]
		if pass == 0 {
			w.mix(&f.blocks[at], previous, other)
		} else {
			w.mixInto(&f.blocks[at], previous, other)
		}
	}
}

// reference is the block that a random number names (section 3.4.2).
func reference(random uint64, pass, slice, i, length uint32) uint64 {
	from, among := (slice+1)%slices*length, 3*length+i-1
	if pass == 0 {
		from, among = 0, slice*length+i-1
	}
	x := random & 0xffffffff
	x = x * x >> 32
	x = x * uint64(among) >> 32
	at, count := uint64(from)+uint64(among)-1-x, uint64(slices*length)
	if at >= count { // by less than count
		at -= count
	}
	return at
}

func (b *block) bytes() (out [8 * blockWords]byte) {
	for n, word := range b {
		binary.LittleEndian.PutUint64(out[8*n:], word)
	}
	return out
}

// stretch is H' of section 3.3, for as many bytes as out has.
func stretch(out, in []byte) {
	b2 := sized(min(len(out), blake2b.Size))
	_, _ = b2.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(out)))) //nolint:gosec // a block or a key
	_, _ = b2.Write(in)
	for {
		sum := b2.Sum(nil)
		if len(out) <= len(sum) {
			copy(out, sum)
			return
		}
		out = out[copy(out, sum[:blake2b.Size/2]):]
		b2 = sized(min(len(out), blake2b.Size))
		_, _ = b2.Write(sum)
	}
}

func sized(n int) hash.Hash {
	b2, _ := blake2b.New(n, nil) // fails for a wrong key or size alone
	return b2
}
