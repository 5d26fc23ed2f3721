// Package store is the only place that speaks SQL, the same text for SQLite
// (embedded) and PostgreSQL wherever the two allow it.
//
// SQL is the truth: Store.Apply is the one method that changes the state of a
// submission or a dossier, together with effects, audit rows and outbox rows,
// in one transaction. The other methods read, or keep what has no state:
// sessions, leases, locks, the courier's and the relay's bookkeeping.
//
// The package holds no rule of the procedure: which state follows which is
// dossier's table, who may do what is the domain methods' business. It must
// not know HTTP, files or the queue. Personal columns are sealed under the
// holder's key before they reach the database.
package store
