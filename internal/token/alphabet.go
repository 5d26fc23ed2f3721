package token

import (
	"fmt"
	"io"
	"strings"
)

// Alphabet holds the 23 symbols of every code a person may have to read and
// type. Of each group of look-alikes (0 O Q D, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V)
// at most one is in it. 23 is prime, which the check symbol needs.
const Alphabet = "ACDEFHJKMNPRTVWXY346789"

// base is the number of symbols, bitsPerSymbol their logarithm rounded down.
const (
	base          = len(Alphabet)
	bitsPerSymbol = 4.52
)

// twins maps what people type and machines read for a symbol. 1, I, L, 2, Z,
// 5 and S look like nothing in the alphabet and stay as they are: wrong.
var twins = strings.NewReplacer("0", "D", "O", "D", "Q", "D", "G", "6", "B", "8", "U", "V")

// Normalize brings a typed code into the form in which it is stored and
// compared: upper case, without spaces, hyphens, dots and underscores,
// look-alikes replaced by the symbol of the alphabet. It does not check
// anything. Texts over 200 bytes become empty.
func Normalize(typed string) string {
	const longest = 200
	if len(typed) > longest {
		return ""
	}
	var b strings.Builder
	for _, r := range typed {
		switch {
		case strings.ContainsRune(" \t\r\n-._\u00a0\u2010\u2011\u2012\u2013\u2014", r):
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		default:
			b.WriteRune(r)
		}
	}
	return twins.Replace(b.String())
}

// Group writes a normalised code in groups of n symbols joined by hyphens, as
// it is printed and shown.
func Group(code string, n int) string {
	var groups []string
	for len(code) > n {
		groups = append(groups, code[:n])
		code = code[n:]
	}
	return strings.Join(append(groups, code), "-")
}

// random draws n symbols, each equally likely.
func random(source io.Reader, n int) (string, error) {
	// Bytes from fair upwards would make the first symbols more likely.
	const fair = 256 / base * base
	symbols := make([]byte, 0, n)
	var buf [32]byte
	for len(symbols) < n {
		if _, err := io.ReadFull(source, buf[:]); err != nil {
			return "", fmt.Errorf("read random bytes: %w", err)
		}
		for _, b := range buf {
			if int(b) < fair && len(symbols) < n {
				symbols = append(symbols, Alphabet[int(b)%base])
			}
		}
	}
	return string(symbols), nil
}

// checkSymbol weighs each symbol with its position, modulo 23. The weights
// differ from each other and from zero, so one wrong symbol, or any two
// exchanged ones, always change the sum; works for up to 21 symbols.
func checkSymbol(symbols string) byte {
	sum := 0
	for i := range len(symbols) {
		sum += (i + 2) * strings.IndexByte(Alphabet, symbols[i])
	}
	// The check symbol has weight 1: the whole sum becomes 0.
	return Alphabet[(base-sum%base)%base]
}

// inAlphabet reports whether every byte is a symbol.
func inAlphabet(s string) bool {
	for i := range len(s) {
		if strings.IndexByte(Alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}
