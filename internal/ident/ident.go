// Package ident makes the opaque ids of rows: sortable by time, so that an
// index grows at its end, and unguessable. An id is a name, never a secret and
// never an authorisation.
package ident

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New returns 26 characters: 48 bits of milliseconds, then 80 random bits.
func New(now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16) // fit 48 bits until the year 10889
	_, _ = rand.Read(b[6:])                                        // never fails
	return encoding.EncodeToString(b[:])
}
