// Package demo invents people, operators and papers for `--demo`, and for tests
// that need somebody.
//
// Nobody in it exists: names are put together from common ones, addresses are
// made up, e-mail addresses lie under domains that RFC 2606 reserves, telephone
// numbers in ranges that regulators keep for fiction, and identity documents are
// drawn by our own code for the state of Utopia (UTO) with SPECIMEN across them.
//
// It only describes: it must not open a store, and nothing outside demo mode and
// tests may import it.
package demo
