// Package audit is the proof over the log: every transaction appends stamped
// rows, one sealer links them in order into a keyed chain, signed checkpoints
// say where it stood, and a Verifier finds any row that was changed, removed,
// reordered, put in or cut off (B6, DESIGN section 3).
//
// The package knows neither SQL nor what the rows mean; it must not hold
// personal data.
package audit

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// Entry is one row of the log.
type Entry struct {
	Row int64 // the database's own number
	Seq int64 // the place in the chain, from 1 without gaps; 0: not sealed yet
	// UID is the row's own: no other was written with it.
	UID      string
	At       time.Time
	Actor    string
	Action   string
	Subject  string
	HolderID string
	Detail   string
	// Sealed holds personal fields under the holder's key. The proof covers the
	// ciphertext, so that it outlives the key.
	Sealed []byte
	// Stamp is what Stamp returned when the row was written.
	Stamp []byte
	Chain []byte
}

// MAC is a keyed hash: who can write the database but does not hold the key
// can neither stamp a row nor make a chain that verifies.
type MAC interface{ Sum(data []byte) []byte }

// Stamp returns the keyed hash over what an entry says, whatever its place.
func Stamp(mac MAC, e Entry) []byte {
	b := put(nil, []byte("row"))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, s := range []string{e.UID, e.Actor, e.Action, e.Subject, e.HolderID, e.Detail} {
		b = put(b, []byte(s))
	}
	return mac.Sum(put(b, e.Sealed))
}

// Stamped reports whether the entry is as it was written.
func Stamped(mac MAC, e Entry) bool { return same(Stamp(mac, e), e.Stamp) }

// Link returns the chain value of e after the one before. The stamp stands for
// what e says.
func Link(mac MAC, before []byte, e Entry) []byte {
	b := put(put(nil, []byte("link")), before)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq)) //nolint:gosec // a place in the chain is positive
	b = binary.BigEndian.AppendUint64(b, uint64(e.Row)) //nolint:gosec // so is a row's number
	return mac.Sum(put(b, e.Stamp))
}

// put appends a length-prefixed part, so that no two rows look alike.
func put(b, part []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
	return append(b, part...)
}

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// BrokenError says where the log does not hold.
type BrokenError struct {
	Seq int64 // the place in the chain; 0 or less: the row has none
	Row int64 // the database's number of the row; 0: it is not there
	// Reason says what happened there, as far as can be told.
	Reason string
}

func (e *BrokenError) Error() string {
	switch {
	case e.Seq < 1:
		return fmt.Sprintf("audit log broken at row %d: %s", e.Row, e.Reason)
	case e.Row == 0:
		return fmt.Sprintf("audit log broken at entry %d: %s", e.Seq, e.Reason)
	}
	return fmt.Sprintf("audit log broken at entry %d (row %d): %s", e.Seq, e.Row, e.Reason)
}
