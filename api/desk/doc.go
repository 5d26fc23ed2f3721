// Package desk is the operators' pages: the queue, a dossier with its pages
// and data, the decision, and what waits in quarantine.
//
// A handler holds no rule: it calls the same domain method as api/v1 and shows
// what that says. The package must not know SQL, files, or the PIN.
package desk
