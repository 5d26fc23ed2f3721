// Package request is how people come to a PIN: they ask for one online, by
// telephone or at an office (A1 to A6, A11); the contact centre calls back who
// asked online; and a policy says who may ask at all (A2).
//
// A stranger's request changes nothing that is on file: what it says takes its
// place only when an operator had the person on the telephone or at the counter.
// The package must not know HTTP or SQL, and it renders no letters.
package request
