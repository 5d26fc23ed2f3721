// Package operator keeps the accounts of those who work at the desk: password,
// second factor, role, office, and the keyed codice fiscale by which nobody
// reviews the own dossier (DESIGN, section 5).
//
// It must not decide what a role may do; each domain method does that.
package operator

import "dispositivo/dossier"

// Account is one operator as others may see it.
type Account struct {
	ID       string
	Username string
	Office   string
	Role     dossier.Role
}
