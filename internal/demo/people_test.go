package demo

import (
	"regexp"
	"strings"
	"testing"

	"dispositivo/internal/assets"
	"dispositivo/internal/codicefiscale"
)

// TestCitizens: everybody is consistent, and nobody can be reached for real.
func TestCitizens(t *testing.T) {
	fiction := regexp.MustCompile(`^\+(447700900\d{3}|1\d{3}55501\d\d|61491570\d{3}|33639980\d{3}|49176040690\d\d)$`)
	address := regexp.MustCompile(`^[a-z.]+@[a-z]+\.example$`)
	seen := map[string]bool{}
	all := Citizens()
	for i, c := range Correspondents() {
		c.PIN = strings.Repeat(PINAlphabet[i:i+1], 8) // they have none yet
		all = append(all, c.Citizen)
	}
	for _, c := range all {
		code, err := codicefiscale.Parse(string(c.CodiceFiscale))
		if err != nil {
			t.Errorf("%s: %v", c.Email, err)
		}
		parts := code.Matches(codicefiscale.Person{Surname: c.Surname, Name: c.Name, Birth: c.Birth, Sex: c.Sex, Place: c.PlaceCode})
		if parts != nil {
			t.Errorf("%s: %v", c.Email, parts)
		}
		for _, unique := range []string{string(c.CodiceFiscale), c.Email, c.Mobile, c.PIN} {
			if seen[unique] {
				t.Errorf("%s: %s is not the only one", c.Email, unique)
			}
			seen[unique] = true
		}
		if !fiction.MatchString(c.Mobile) || c.Phone != "" && !fiction.MatchString(c.Phone) {
			t.Errorf("%s: telephone outside the ranges for fiction", c.Email)
		}
		if !address.MatchString(c.Email) || c.PEC != "" && !address.MatchString(c.PEC) {
			t.Errorf("%s: address outside the reserved domains", c.Email)
		}
		halves := c.Scene == SceneActivate || c.Scene == SceneFirstAccess
		if len(c.PIN) != 8 && (!halves || len(c.PIN) != 16) || strings.Trim(c.PIN, PINAlphabet) != "" || strings.Contains(string(c.CodiceFiscale), c.PIN) {
			t.Errorf("%s: PIN %s", c.Email, c.PIN)
		}
		if c.Address.State == "" || c.Address.State == "Italia" || c.Note == "" {
			t.Errorf("%s: address or note", c.Email)
		}
		got, ok := Find(c.CodiceFiscale)
		if got.PIN == "" { // a correspondent
			got.PIN = c.PIN
		}
		if !ok || got != c {
			t.Errorf("%s: not found by codice fiscale", c.Email)
		}
	}
}

// TestPlacesOfBirth: every place is in the official table, under the code that the
// codice fiscale is made with, and existed on the day of birth.
func TestPlacesOfBirth(t *testing.T) {
	table, err := assets.Places()
	if err != nil {
		t.Fatal(err)
	}
	places, err := codicefiscale.ReadPlaces(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Citizens() {
		name, area, _ := strings.Cut(strings.TrimSuffix(c.BirthPlace, ")"), " (")
		found := places.Find(name, area, c.Birth)
		if len(area) > 2 { // a town in a foreign state
			found = places.State(area, c.Birth)
		}
		if len(found) != 1 || found[0].Code != c.PlaceCode || !found[0].Abroad() && found[0].Area != area {
			t.Errorf("%s: %s is %v, not %s", c.Email, c.BirthPlace, found, c.PlaceCode)
		}
		if got := c.CodiceFiscale.Place(); got != c.PlaceCode {
			t.Errorf("%s: the code says %s, not %s", c.Email, got, c.PlaceCode)
		}
	}
	for _, o := range Operators() {
		if place, ok := places.Lookup(o.CodiceFiscale.Place()); !ok || place.Name != "Roma" {
			t.Errorf("%s: born in %v", o.Username, place)
		}
	}
}

// TestScenes: every scene has its citizen, and enough stay free for playing.
func TestScenes(t *testing.T) {
	count := map[Scene]int{}
	for _, c := range Citizens() {
		count[c.Scene]++
	}
	for scene := range notes {
		if count[scene] == 0 {
			t.Errorf("nobody plays %s", scene)
		}
	}
	if count[SceneNone] < 3 {
		t.Errorf("%d citizens without dossier, want at least 3", count[SceneNone])
	}
}

func TestOperators(t *testing.T) {
	roles := map[string]bool{}
	citizens := map[codicefiscale.Code]bool{}
	for _, c := range Citizens() {
		citizens[c.CodiceFiscale] = true
	}
	for _, o := range Operators() {
		roles[o.Role] = true
		if len(o.Password) < 12 || citizens[o.CodiceFiscale] {
			t.Errorf("%s: short password, or also a citizen", o.Username)
		}
	}
	if len(roles) != 4 {
		t.Errorf("roles %v, want all four", roles)
	}
}
