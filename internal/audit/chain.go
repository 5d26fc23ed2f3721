// Package audit is the proof over the log: every transaction appends rows, one
// sealer links them in order into a keyed chain, and Verify finds any row that
// was changed, removed, reordered or put in (B6, DESIGN section 3).
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
	Row      int64 // the database's own number; not part of the chain
	Seq      int64 // the place in the chain, from 1 without gaps
	At       time.Time
	Actor    string
	Action   string
	Subject  string
	HolderID string
	Detail   string
	Chain    []byte
}

// MAC is a keyed hash: who can write the database but does not hold the key
// cannot make a chain that verifies.
type MAC interface{ Sum(data []byte) []byte }

// Link returns the chain value of e after the one before.
func Link(mac MAC, before []byte, e Entry) []byte {
	b := put(nil, before)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq)) //nolint:gosec // a place in the chain is positive
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, s := range []string{e.Actor, e.Action, e.Subject, e.HolderID, e.Detail} {
		b = put(b, []byte(s))
	}
	return mac.Sum(b)
}

// put appends a length-prefixed part, so that no two rows look alike.
func put(b, part []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
	return append(b, part...)
}

// BrokenError says where the chain does not hold.
type BrokenError struct {
	Seq    int64
	Reason string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("audit chain broken at entry %d: %s", e.Seq, e.Reason)
}

// Verifier checks a chain entry by entry.
type Verifier struct {
	mac  MAC
	last Entry
}

// NewVerifier returns a verifier at the beginning of a chain.
func NewVerifier(mac MAC) *Verifier { return &Verifier{mac: mac} }

// Next checks the entry that follows; its error is a *BrokenError.
func (v *Verifier) Next(e Entry) error {
	if e.Seq != v.last.Seq+1 {
		return &BrokenError{Seq: v.last.Seq + 1, Reason: fmt.Sprintf("missing; the next entry there is %d", e.Seq)}
	}
	if subtle.ConstantTimeCompare(Link(v.mac, v.last.Chain, e), e.Chain) != 1 {
		return &BrokenError{Seq: e.Seq, Reason: "changed, or put in its place from elsewhere"}
	}
	v.last = e
	return nil
}

// Head returns the last entry checked; its Seq is 0 before the first.
func (v *Verifier) Head() Entry { return v.last }
