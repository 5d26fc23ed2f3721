package pin

import "dispositivo/dossier"

// Account is what a signed-in holder sees of the own PIN: never the secret.
type Account struct {
	HolderID string
	Person   dossier.Person
	Kind     dossier.Kind
	// MustChange forces the change of the PIN before anything else (B2, B4).
	MustChange bool
}
