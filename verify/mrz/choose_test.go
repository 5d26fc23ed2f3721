package mrz

import (
	"slices"
	"strings"
	"testing"
)

// likened makes likenesses in which each place is most like its character, at
// 0.9 against 0.5 for all the others.
func likened(text string) likenesses {
	like := make(likenesses, len(text))
	for i := range like {
		for c := range like[i] {
			like[i][c] = 0.5
		}
		like[i].set(text[i], 0.9)
	}
	return like
}

func (row *cellLikeness) set(ch byte, v float32) { row[strings.IndexByte(alphabet, ch)] = v }

// TestChoose: what the pixels say is taken when the digits agree; what they say
// with doubt, or against a digit, is not valid.
func TestChoose(t *testing.T) {
	text := strings.ReplaceAll(specimenTD3, "\n", "")
	const number, birth, name = 44, 44 + 13, 8
	for _, tt := range []struct {
		what   string
		change func(likenesses)
		valid  bool
		weak   int
		faults []Fault
	}{
		{"clear", func(likenesses) {}, true, 0, nil},
		{"tie that the digit decides", func(l likenesses) { l[number+1].set('B', 0.902) }, true, 0, nil},
		{"against the digit", func(l likenesses) { l[number+1].set('B', 0.93) }, false, 0, []Fault{FaultNumber, FaultComposite}},
		{"as likely with the same value", func(l likenesses) { l[number].set('B', 0.89) }, false, 0, []Fault{FaultDoubt}},
		{"letter where a digit stands", func(l likenesses) { l[birth+2].set('O', 0.95) }, true, 0, nil},
		{
			"plainly a letter where a digit stands", func(l likenesses) { l[birth+2].set('A', 0.99); l[birth+2].set('0', 0.6) }, false, 0,
			[]Fault{FaultBirth},
		}, // A counts as 0 does: the class alone tells
		{"digit in a name", func(l likenesses) { l[name].set('1', 0.92) }, true, 0, nil},
		{"name in doubt", func(l likenesses) { l[name].set('X', 0.89) }, true, 1, nil},
		{"blurred beyond reading", func(l likenesses) {
			for i := range l {
				for c := range l[i] {
					l[i][c] *= 0.6
				}
			}
		}, false, 0, []Fault{FaultDoubt}},
	} {
		like := likened(text)
		tt.change(like)
		got := like.choose(2, 44, day)
		if got.Valid != tt.valid || got.Weak != tt.weak || !slices.Equal(got.Faults, tt.faults) {
			t.Errorf("%s: valid %v weak %d faults %v", tt.what, got.Valid, got.Weak, got.Faults)
		}
		if got.Valid && strings.Join(got.Lines, "") != text {
			t.Errorf("%s: %q", tt.what, got.Lines)
		}
	}
}
