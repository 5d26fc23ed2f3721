package codicefiscale

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// unmarked undoes the spellings that a machine readable zone has for marked vowels
// (ICAO 9303-3, section 6): a zone's MUELLER is the MULLER of a code.
var unmarked = strings.NewReplacer("AE", "A", "OE", "O", "UE", "U", "AA", "A")

// Wherever yields the plain codes (no omocodia) that a person may have, one for each
// place of the table: what is known of somebody from a document that does not say
// where the holder was born. Names may be spelt as in a machine readable zone, both
// readings of whose vowels are tried; a sex that is neither Male nor Female is either.
// Nothing is yielded for a name without a Latin letter or no date.
func (p *Places) Wherever(surname, name string, birth time.Time, sex string) iter.Seq[Code] {
	heads := headsOf(surname, name, birth, sex)
	return func(yield func(Code) bool) {
		for _, head := range heads {
			for i := range p.list {
				text := head + p.list[i].Code
				if !yield(Code(text + string(checkLetter(text)))) {
					return
				}
			}
		}
	}
}

// headsOf are the beginnings, all but the place, of a person's codes.
func headsOf(surname, name string, birth time.Time, sex string) []string {
	sexes := []string{sex}
	if sex != Male && sex != Female {
		sexes = []string{Male, Female}
	}
	surname, name = Fold(surname), Fold(name)
	if letters(surname) == "" || letters(name) == "" || birth.IsZero() {
		return nil
	}
	var heads []string
	for _, s := range []string{surname, unmarked.Replace(surname)} {
		for _, n := range []string{name, unmarked.Replace(name)} {
			for _, sex := range sexes {
				if h := head(s, n, birth, sex); !slices.Contains(heads, h) {
					heads = append(heads, h)
				}
			}
		}
	}
	return heads
}
