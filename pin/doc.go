// Package pin holds the PIN itself: how it is stored, checked, locked, and who
// signs in with it. What a PIN is converted by lives in pin/conversion.
//
// A PIN exists in clear only in the memory of the process that checks it. The
// package must not write it, or anything derived from it but the peppered
// Argon2id hash, anywhere; and it must not know HTTP or SQL.
package pin
