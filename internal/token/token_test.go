package token

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var testKey = bytes.Repeat([]byte("k"), MinKeyLength)

// qrAlphanumeric is the character set of ISO/IEC 18004 alphanumeric mode.
const qrAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// tokens mints from drawn bytes, so that a failure can be shrunk.
func tokens() *rapid.Generator[Token] {
	return rapid.Custom(func(t *rapid.T) Token {
		seed := rapid.SliceOfN(rapid.ByteRange(0, 229), 32, 32).Draw(t, "random")
		tok, err := Mint(bytes.NewReader(seed), testKey)
		if err != nil {
			t.Fatal(err)
		}
		return tok
	})
}

// TestRoundTrip: both printed forms lead back to the token.
// proves C1
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tok := tokens().Draw(t, "token")
		text := tok.Text()
		if len(text) != 29 || strings.Trim(text, qrAlphanumeric) != "" {
			t.Fatalf("%q does not fit a version 2-Q alphanumeric code", text)
		}
		if got, err := Parse(text, testKey); err != nil || got != tok {
			t.Fatalf("Parse: %v", err)
		}
		if got, err := Restore(tok.ID, testKey); err != nil || got != tok {
			t.Fatalf("Restore: %v", err)
		}
		if id, err := ParseCode(strings.ToLower(" " + tok.Code() + "\n")); err != nil || id != tok.ID {
			t.Fatalf("ParseCode: %v", err)
		}
	})
}

// TestOneSlipIsNoticed: one wrong symbol, or any two exchanged, never pass.
func TestOneSlipIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tok := tokens().Draw(t, "token")
		at := rapid.IntRange(0, IDLength-1).Draw(t, "at")
		with := rapid.IntRange(0, base-1).Draw(t, "with")
		wrong := []byte(tok.ID)
		wrong[at] = Alphabet[with]
		if _, err := ParseCode(string(wrong)); (err == nil) != (string(wrong) == tok.ID) {
			t.Fatalf("substitution: %v", err)
		}
		other := rapid.IntRange(0, IDLength-1).Draw(t, "other")
		swapped := []byte(tok.ID)
		swapped[at], swapped[other] = swapped[other], swapped[at]
		if _, err := ParseCode(string(swapped)); (err == nil) != (string(swapped) == tok.ID) {
			t.Fatalf("exchange: %v", err)
		}
	})
}

// TestForgedTextIsRefused: no change of one character leaves a valid text, and
// another key's token is none of ours.
func TestForgedTextIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tok := tokens().Draw(t, "token")
		text := []byte(tok.Text())
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		text[at] = qrAlphanumeric[rapid.IntRange(0, len(qrAlphanumeric)-1).Draw(t, "with")]
		if _, err := Parse(string(text), testKey); (err == nil) != (string(text) == tok.Text()) {
			t.Fatalf("changed text: %v", err)
		}
		if _, err := Parse(tok.Text(), bytes.Repeat([]byte("x"), 32)); !errors.Is(err, ErrMAC) {
			t.Fatalf("other key: %v", err)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	tok := mint(t)
	tests := []struct {
		name, in string
		key      []byte
		want     error
	}{
		{"empty", "", testKey, ErrFormat},
		{"other QR", "https://example.org/" + tok.ID, testKey, ErrFormat},
		{"other version", strings.Replace(tok.Text(), "1:", "2:", 1), testKey, ErrFormat},
		{"longer", tok.Text() + "A", testKey, ErrFormat},
		{"lower case", strings.ToLower(tok.Text()), testKey, ErrFormat},
		{"typed code", tok.Code(), testKey, ErrFormat},
		{"short key", tok.Text(), testKey[:31], ErrKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := Parse(tt.in, tt.key); got != (Token{}) || !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := Mint(rand.Reader, nil); !errors.Is(err, ErrKey) {
		t.Errorf("Mint without key: %v", err)
	}
	if _, err := Mint(strings.NewReader("short"), testKey); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Mint without randomness: %v", err)
	}
	if s := fmt.Sprintf("%v %s", tok, tok); strings.Contains(s, tok.ID) {
		t.Errorf("a token printed itself: %s", s)
	}
}

func TestNormalize(t *testing.T) {
	tests := []struct{ in, want string }{
		{"k7mpd-4xwta-93fhc", "K7MPD4XWTA93FHC"},
		{" K7M PD.4XW_TA\u00a093F\u2011HC ", "K7MPD4XWTA93FHC"},
		{"o0qgbu", "DDD68V"},
		{"1il2z5s", "1IL2Z5S"},
		{strings.Repeat("A", 201), ""},
	}
	for _, tt := range tests {
		if got := Normalize(tt.in); got != tt.want {
			t.Errorf("Normalize(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSecret: the alphabet, the length, and no symbol preferred: each of 23 is
// expected 10,435 times; 6 sigma are 600.
func TestSecret(t *testing.T) {
	for _, tt := range []struct{ bits, length int }{{0, 12}, {50, 12}, {64, 15}, {128, 29}} {
		s, err := Secret(rand.Reader, tt.bits)
		if err != nil || len(s) != tt.length || !inAlphabet(s) || Normalize(Group(s, 4)) != s {
			t.Errorf("Secret(%d) = %d symbols, %v; want %d", tt.bits, len(s), err, tt.length)
		}
	}
	counts := map[rune]int{}
	for range 20000 {
		s, err := Secret(rand.Reader, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s {
			counts[r]++
		}
	}
	for _, r := range Alphabet {
		if counts[r] < 9835 || counts[r] > 11035 {
			t.Errorf("symbol %c came %d times of 240,000", r, counts[r])
		}
	}
}

// FuzzParse: no text panics, and only what Text returns is accepted.
func FuzzParse(f *testing.F) {
	tok, err := Mint(bytes.NewReader(make([]byte, 32)), testKey)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{tok.Text(), tok.Code(), "", Prefix, Prefix + "ÀÀÀÀÀÀÀÀÀÀÀÀ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := Parse(s, testKey); err == nil && got.Text() != s {
			t.Fatal("two texts for one token")
		}
		if id, err := ParseCode(s); err == nil {
			if again, err := ParseCode(Group(id, groupSize)); err != nil || again != id {
				t.Fatal("an accepted code does not parse again")
			}
		}
	})
}

func mint(t *testing.T) Token {
	t.Helper()
	tok, err := Mint(rand.Reader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// A code with one slip is found again among few; one that is right has no neighbours.
func TestNear(t *testing.T) {
	tok, err := Mint(rand.Reader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	id := tok.ID
	for i := range IDLength {
		for _, wrong := range []byte(Alphabet + "1I2Z5S") {
			typed := id[:i] + string(wrong) + id[i+1:]
			near := Near(typed)
			if wrong != id[i] && (!slices.Contains(near, id) || len(near) > 29) || wrong == id[i] && near != nil {
				t.Fatalf("%s for %s: %q", typed, id, near)
			}
		}
		if i > 0 && id[i] != id[i-1] {
			typed := id[:i-1] + string(id[i]) + string(id[i-1]) + id[i+1:]
			if !slices.Contains(Near(strings.ToLower(Group(typed, 5))), id) {
				t.Errorf("%s for %s is not found", typed, id)
			}
		}
	}
	for _, none := range []string{"", "RSSMRA80A01H501U", id[1:], id + "A", "12" + id[2:], strings.Repeat("1", IDLength)} {
		if near := Near(none); near != nil {
			t.Errorf("%q is near %q", none, near)
		}
	}
}
