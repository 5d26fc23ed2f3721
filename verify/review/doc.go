// Package review is the human decision: reviewers claim dossiers under a
// lease, look at every page, and approve, reject or ask for more. No machine
// approves or rejects an identity (C8), nobody reviews the own dossier, and an
// approval binds exactly what its reviewer saw (C10).
//
// It must not know HTTP, SQL or the queue, and it never touches a PIN.
package review
