package mrz

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestParseProperty: what is written by the rules is read back, in every format.
func TestParseProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := holders().Draw(t, "holder")
		f := rapid.SampledFrom(formats).Draw(t, "format")
		got, err := Parse(h.lines(f), day)
		surname, given, _ := strings.Cut(h.names, "<<")
		switch {
		case err != nil || got.Format != f:
			t.Fatalf("%v %v", got.Format, err)
		// An expiry before birth is moved on by a century, so dates always hold.
		case !got.Valid || got.Repaired != 0:
			t.Fatalf("not valid: %v", got.Faults)
		case got.DocumentNumber != h.number || got.Surname != surname || got.GivenNames != strings.ReplaceAll(given, "<", " "):
			t.Fatalf("%+v from %+v", got, h)
		case got.Sex != bare(h.sex) || got.Nationality != bare(h.state) || got.Birth[2:4]+got.Birth[5:7]+got.Birth[8:] != h.birth:
			t.Fatalf("%+v from %+v", got, h)
		case got.Expiry <= got.Birth || got.Birth > day.Format(dayFormat):
			t.Fatalf("born %s, expires %s", got.Birth, got.Expiry)
		}
	})
}

// TestFlipProperty: with one character changed, a zone is valid with other
// protected content only where the characters count the same modulo ten, which
// no check digit can tell.
func TestFlipProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(formats).Draw(t, "format")
		l := layoutOf(f)
		text := strings.Join(holders().Draw(t, "holder").lines(f), "")
		i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		to := alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "character")]
		flipped := with(text, i, string(to))
		got, err := Parse(l.split(flipped), day)
		if err != nil || !got.Valid || l.plan()[i].inert() {
			return
		}
		if now := strings.Join(got.Lines, ""); now != text && value(to)%10 != value(text[i])%10 {
			t.Fatalf("valid with other content, place %d: %q for %q", i, to, text[i])
		}
	})
}

// TestFlipsCounted tells how often one changed character goes unnoticed: for
// every place and character of a specimen.
func TestFlipsCounted(t *testing.T) {
	for _, specimen := range []string{specimenTD1, specimenTD2, specimenTD3, specimenMVA, specimenMVB} {
		lines := strings.Split(specimen, "\n")
		want, _ := Parse(lines, day)
		l := layoutOf(want.Format)
		text := strings.Join(lines, "")
		var tried, valid, bare, bareValid int
		for i := range len(text) {
			for _, ch := range []byte(alphabet) {
				if ch == text[i] {
					continue
				}
				got, err := Parse(l.split(with(text, i, string(ch))), day)
				ok := err == nil && got.Valid && strings.Join(got.Lines, "") != text
				if l.plan()[i].inert() {
					bare++
					bareValid += btoi(ok)
				} else {
					tried++
					valid += btoi(ok)
				}
			}
		}
		share := float64(valid) / float64(tried)
		t.Logf("%s: %d of %d changes under a check digit unnoticed (%.1f %%), %d of %d elsewhere", want.Format, valid, tried, 100*share, bareValid, bare)
		if share > 0.08 {
			t.Errorf("%s: %.3f unnoticed", want.Format, share)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l layout) split(text string) []string {
	var lines []string
	for row := range l.rows {
		lines = append(lines, text[row*l.cols:(row+1)*l.cols])
	}
	return lines
}

// TestDecodeProperty: the search finds the text when every character is among
// the options, and everything it returns satisfies the digits.
func TestDecodeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(formats).Draw(t, "format")
		l := layoutOf(f)
		text := strings.Join(holders().Draw(t, "holder").lines(f), "")
		options := make([][]option, len(text))
		for i := range options {
			options[i] = []option{{text[i], 0}}
		}
		for range rapid.IntRange(0, 4).Draw(t, "doubts") {
			i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
			options[i] = append(options[i], option{alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "character")], 0.1})
		}
		all := l.decode(options, 1)
		if len(all) == 0 || all[0].text != text {
			t.Fatal("the text itself is not the first")
		}
		for _, m := range all {
			for _, k := range l.checks {
				if !k.holds(m.text) {
					t.Fatalf("%s does not hold in %s", k.fault, m.text)
				}
			}
		}
	})
}

// TestDecodeBlankDigit: a filler stands for the digit of optional data that is blank,
// and for no other 0 (9303-4, 4.2.2.2).
func TestDecodeBlankDigit(t *testing.T) {
	first := "P<UTOAA<<AA" + strings.Repeat("<", 33)
	for optional, want := range map[string]int{"33": 1, "<<": 2} { // 33 adds up to 30
		text := first + "00000<<<<0UTO0001018M0001018" + optional + strings.Repeat("<", 12) + "06"
		options := make([][]option, len(text))
		for i := range options {
			options[i] = []option{{text[i], 0}}
		}
		options[86] = append(options[86], option{filler, 0.1})
		if all := layoutOf(TD3).decode(options, 1); len(all) != want || all[0].text != text {
			t.Errorf("%s: %v", optional, all)
		}
	}
}

// FuzzParse: no text panics, and what is valid has no faults and parses again
// to the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{specimenTD1, specimenTD2, specimenTD3, specimenLng, specimenMVA, specimenMVB, "", "\n<", "P<UTOÀ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Parse(strings.Split(s, "\n"), day)
		if err != nil {
			return
		}
		if got.Valid != (len(got.Faults) == 0) {
			t.Fatalf("valid %v with faults %v", got.Valid, got.Faults)
		}
		again, err := Parse(got.Lines, day)
		if err != nil || again.Valid != got.Valid || again.DocumentNumber != got.DocumentNumber {
			t.Fatalf("parses differently again: %v", err)
		}
	})
}
