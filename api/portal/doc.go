// Package portal is the citizen's pages: what this is, signing in, converting
// a PIN, following a dossier.
//
// A handler holds no rule: it calls the same domain method as api/v1 and shows
// what that says. The package must not know SQL, the queue, or other people's
// dossiers.
package portal
