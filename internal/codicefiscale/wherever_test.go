package codicefiscale

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWherever: the code of a person born anywhere is among those of the zone of the
// person's document, and none twice.
func TestWherever(t *testing.T) {
	p := table(t)
	birth := time.Date(1980, 1, 31, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		surname, given, sex string // as the zone has them
		code                func() (Code, error)
	}{
		"born in Rome":       {"ROSSI", "MARIA", "F", func() (Code, error) { return Compute("Rossi", "Maria", birth, "F", "H501") }},
		"born abroad":        {"ROSSI", "MARIA", "F", func() (Code, error) { return Compute("Rossi", "Maria", birth, "F", "Z404") }},
		"sex not said":       {"ROSSI", "ANDREA", "", func() (Code, error) { return Compute("Rossi", "Andrea", birth, "M", "Z133") }},
		"vowels of a zone":   {"AEOE", "UE", "M", func() (Code, error) { return Compute("Äö", "Ü", birth, "M", "Z112") }},
		"vowels as written":  {"NOE", "NOEL", "M", func() (Code, error) { return Compute("Noe", "Noel", birth, "M", "Z110") }},
		"given names of two": {"DE LUCA", "ANNA MARIA", "F", func() (Code, error) { return Compute("De Luca", "Anna Maria", birth, "F", "F205") }},
	} {
		want, err := tt.code()
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Collect(p.Wherever(tt.surname, tt.given, birth, tt.sex))
		if !slices.Contains(all, want) {
			t.Errorf("%s: %s is not among %d codes", name, want, len(all))
		}
		slices.Sort(all)
		if n := len(all); len(slices.Compact(all)) != n || n < len(p.list) {
			t.Errorf("%s: %d codes, of which some are twice, or too few", name, n)
		}
	}
	for _, c := range slices.Collect(p.Wherever("", "MARIA", birth, "F")) {
		t.Errorf("no surname, and %s", c)
	}
	for _, c := range slices.Collect(p.Wherever("ROSSI", "MARIA", time.Time{}, "F")) {
		t.Errorf("no birth, and %s", c)
	}
}

// Every code that Wherever gives parses, with the birth and the sex it was given.
func TestWhereverParses(t *testing.T) {
	p := table(t)
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringMatching(`[A-Z]{1,12}( [A-Z]{1,8})?`)
		birth := time.Date(rapid.IntRange(1900, 2025).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		sex := rapid.SampledFrom([]string{Male, Female}).Draw(t, "sex")
		at := rapid.IntRange(0, len(p.list)-1).Draw(t, "place")
		n := 0
		for c := range p.Wherever(letters.Draw(t, "surname"), letters.Draw(t, "name"), birth, sex) {
			if n == at {
				code, err := Parse(c.String())
				born, ok := code.Birth()
				if err != nil || !ok || born.Sex != sex || born.Day != birth.Day() || born.Month != birth.Month() || born.Year != birth.Year()%100 || code.Place() != p.list[at].Code {
					t.Fatalf("%s: %+v, %v", c, born, err)
				}
				return
			}
			n++
		}
		t.Fatalf("only %d codes", n)
	})
}
