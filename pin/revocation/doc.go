// Package revocation ends PINs, and lets operators act on one: its holder revokes
// a lost PIN with the tessera sanitaria and a code sent by e-mail or PEC (D2); an
// operator revokes, suspends, resumes and unlocks, with a reason (D3).
//
// The package must not tell anybody who is not an operator whether a codice fiscale
// is on file, know HTTP or SQL, or see a PIN. It never makes a new one: who wants
// one asks for it, as everybody does (A2).
package revocation
