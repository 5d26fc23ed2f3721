package codicefiscale

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plain spells Latin letters that do not decompose into a letter and a mark.
// Keys are upper case.
var plain = strings.NewReplacer(
	"Æ", "AE", "Œ", "OE", "Ø", "O", "ẞ", "SS", "ß", "SS", "Đ", "D", "Ð", "D",
	"Ł", "L", "Ħ", "H", "Þ", "TH", "Ŋ", "N", "İ", "I", "ı", "I", "Ə", "A",
)

// long spells letters as machine readable zones do (ICAO 9303 part 3).
var long = strings.NewReplacer("Ä", "AE", "Ö", "OE", "Ü", "UE", "Ø", "OE", "Å", "AA", "Ñ", "N")

// Fold reduces a name to the letters A-Z, with one space between its words:
// accents go, ligatures are spelt out, apostrophes join (D'Angelò becomes
// DANGELO), hyphens separate. Letters of other scripts are dropped, so the
// result can be empty.
func Fold(name string) string {
	return strip(plain.Replace(raise(name)))
}

// foldLong is Fold with the transliteration of machine readable zones.
func foldLong(name string) string {
	return strip(plain.Replace(long.Replace(raise(name))))
}

func raise(name string) string { return strings.ToUpper(norm.NFC.String(name)) }

func strip(upper string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(upper) {
		switch {
		case r >= 'A' && r <= 'Z':
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
			gap = true
		}
	}
	return b.String()
}
