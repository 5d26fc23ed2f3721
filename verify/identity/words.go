package identity

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"dispositivo/internal/codicefiscale"
)

// word is one word of a name in the spellings that it can have in capitals A-Z:
// MULLER and MUELLER for Müller.
type word []string

// machine spells letters as machine readable zones do (ICAO 9303-3, section 6);
// the other usual way is to drop the mark, as codicefiscale.Fold does.
var machine = strings.NewReplacer(
	"Ä", "AE", "Æ", "AE", "Å", "AA", "Ö", "OE", "Ø", "OE", "Œ", "OE", "Ü", "UE", "Ñ", "N",
	"Þ", "TH", "Ð", "D", "ẞ", "SS", "Ĳ", "IJ", "Ŋ", "N", "ĸ", "Q",
)

// doubled is the spelling of Ñ and Ü that 9303 allows besides.
var doubled = strings.NewReplacer("Ñ", "NXX", "Ü", "UXX", "Å", "A", "Ö", "O", "Ä", "A")

// words splits a name. Hyphens and fillers separate, apostrophes join; a dot
// separates too (G.B. Rossi). Words without a Latin letter are left out.
func words(name string) []word {
	upper := strings.ToUpper(norm.NFC.String(name))
	upper = strings.NewReplacer("<", " ", ".", " ", ",", " ", "/", " ", "_", " ").Replace(upper)
	var all []word
	for _, part := range strings.FieldsFunc(upper, separates) {
		var w word
		for _, spelling := range []string{part, machine.Replace(part), doubled.Replace(part)} {
			s := strings.ReplaceAll(codicefiscale.Fold(spelling), " ", "")
			if s != "" && !slices.Contains(w, s) {
				w = append(w, s)
			}
		}
		if w != nil {
			all = append(all, w)
		}
	}
	return all
}

// separates reports whether a rune stands between words.
func separates(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\u00a0' || r == '-' || r >= '\u2010' && r <= '\u2015'
}

// same reports whether two words share a spelling.
func (w word) same(v word) bool {
	return slices.ContainsFunc(w, func(s string) bool { return slices.Contains(v, s) })
}

// begins reports whether a spelling of w begins one of v.
func (w word) begins(v word) bool {
	return slices.ContainsFunc(w, func(s string) bool {
		return slices.ContainsFunc(v, func(t string) bool { return strings.HasPrefix(t, s) })
	})
}

// initial reports whether the word is a single letter.
func (w word) initial() bool { return len(w[0]) == 1 }

// joined returns the name without spaces, in the first and in the machine's
// spelling of every word.
func joined(name []word) []string {
	var plain, long strings.Builder
	for _, w := range name {
		plain.WriteString(w[0])
		long.WriteString(w[min(1, len(w)-1)])
	}
	return []string{plain.String(), long.String()}
}

// particles may be left out or run together without another name coming out.
var particles = strings.Fields(`A AL AP BEN BIN D DA DAL DALLA DAS DE DEGLI DEI DEL DELL DELLA DELLE DELLO DEN DER DES
 DI DO DOS DU E EL I IBN IN L LA LAS LE LI LO LOS MAC MC O SAN SANT SANTA TE TEN TER VAN VOM VON Y ZU ZUM ZUR`)

// withoutParticles drops particles, unless nothing else is left.
func withoutParticles(name []word) []word {
	var rest []word
	for _, w := range name {
		if !slices.Contains(particles, w[0]) {
			rest = append(rest, w)
		}
	}
	if rest == nil {
		return name
	}
	return rest
}

// typos is the number of letters to add, drop, replace or exchange between two
// words (optimal string alignment), at most limit+1.
func typos(a, b string, limit int) int {
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return min(rows[len(a)][len(b)], limit+1)
}
