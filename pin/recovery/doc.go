// Package recovery gives who lost a PIN another one (D1): codice fiscale and two
// registered contacts, of which the mobile is one, lead to a message with a link
// and a code; both lead to two new halves, by SMS and by e-mail or PEC. The kind of
// the lost PIN is kept, and every contact on file is told.
//
// The package must not tell anybody whether a codice fiscale or a contact is on
// file: what was said is written down for everybody alike, and a worker compares
// it. It must not know HTTP or SQL, draw a half (pin.Minter does), or raise a kind.
package recovery
