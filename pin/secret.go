package pin

import (
	"crypto/rand"
	"math/big"
	"strings"
	"unicode"
)

// Length is the number of characters of a PIN in use, and of a half (A7, B2).
const Length = 8

// Alphabet holds the 25 symbols of a PIN. Of each group of look-alikes (0 O Q D,
// 1 I L, 2 Z, 5 S, 6 G, 8 B, U V) at most one is in it: a PIN is read off paper
// and heard on the telephone (DESIGN, section 5).
const Alphabet = "ACDEFHJKMNPRTVWXY23456789"

// twins maps what people type for a symbol that looks alike.
var twins = strings.NewReplacer("0", "D", "O", "D", "Q", "D", "Z", "2", "S", "5", "G", "6", "B", "8", "U", "V")

// Normalize brings a typed PIN into the form in which it is hashed: upper case,
// without what people put between groups, look-alikes replaced by the symbol of
// the alphabet. It does not check anything.
func Normalize(typed string) string {
	return twins.Replace(strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.Is(unicode.Cf, r) { // telephones make a dash of a hyphen
			return -1
		}
		return r
	}, typed)))
}

// Group writes a PIN or a half in groups of four, as it is shown and printed.
func Group(pin string) string {
	var b strings.Builder
	for i, r := range pin {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Generate draws a PIN of eight characters, or a half, each equally likely: 37
// random bits.
func Generate() string { return draw(Alphabet, Length) }

// letters are those of the alphabet: the provisional code of a recovery has no
// digits (D1), and 32 random bits beside its link.
const letters = "ACDEFHJKMNPRTVWXY"

// handleLength makes a handle of 130 random bits.
const handleLength = 28

// Handle draws what names something to whom it was given, and to nobody else.
func Handle() string { return draw(Alphabet, handleLength) }

func draw(alphabet string, length int) string {
	b := make([]byte, length)
	for i := range b {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // crypto/rand does not fail: Go ends the program first
		}
		b[i] = alphabet[n.Int64()]
	}
	return string(b)
}
