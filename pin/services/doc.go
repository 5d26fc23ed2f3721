// Package services is the catalogue of what holders use a PIN for: which service
// is open to whom, and if not, by which rule (B7); and the filing of domande,
// protocolled at once and held until the PIN may act (B8).
//
// The rules are in one function, Service.Decide. The package must not know HTTP,
// SQL or how a PIN is proved, and it converts nothing: package pin/conversion
// does, and the store releases what was held in that transaction.
package services
