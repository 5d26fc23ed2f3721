package verify

import (
	"testing"

	"dispositivo/internal/demo"
	"dispositivo/verify/raster"
)

// SpecimenLook is what one invented person's passport and form look like, as
// bytes of an identity.Look. Faxed is the passport at 204 by 196.
type SpecimenLook struct{ Scanned, Faxed, Form []byte }

// SpecimenLooks draws them.
func SpecimenLooks(t *testing.T, people []demo.Citizen) []SpecimenLook {
	t.Helper()
	a := newArtist(t)
	var all []SpecimenLook
	for i, c := range people {
		passport := a.draw(demo.SpecimenPassport(c, drawnAt, demo.SpecimenOptions{}))
		scan, fax, form := a.look(passport, raster.Geometry{}), a.faxed(passport, 196, 0.005, float64(i)), a.faxed(a.draw(filled(t, c, "it")), 98, 0.04, 0)
		all = append(all, SpecimenLook{scan.Bytes(), fax.Bytes(), form.Bytes()})
	}
	return all
}
