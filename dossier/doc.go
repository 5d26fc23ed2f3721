// Package dossier is the heart of dispositivo: what a submission and a dossier
// are, the states they pass through, and the events that move them. Read
// state.go first; everything else serves those two tables.
//
// "Dispositivo" is an adjective, empowered to act: the pipeline turns a PIN
// ordinario, which may only read, into a PIN dispositivo.
//
// The package holds rules and types only. It must not know HTTP, SQL, queues,
// files or logs, and it must not import any other package of this module. It
// never decides on its own: a decision comes from a person, an event from the
// package that witnessed it, and the store applies both in one transaction.
package dossier
