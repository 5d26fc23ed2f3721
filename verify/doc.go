// Package verify screens what arrived: it has the sandbox read a submission,
// adds up the findings, and moves submission and dossier on.
//
// It never approves or rejects an identity (C8), reads no foreign byte itself,
// and in doubt it leaves a dossier to a person. It must not know HTTP, SQL or
// the queue.
package verify
