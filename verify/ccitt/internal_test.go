package ccitt

import (
	"math/bits"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The code words must be those of T.4: no word begins another, and what is left
// over is what T.4 leaves: words of at least eight zeros and a few reserved ones.
func TestCodeWords(t *testing.T) {
	for colour, words := range [][]string{
		append(append(append([]string{}, whiteTerminating[:]...), whiteMakeUp[:]...), longMakeUp[:]...),
		append(append(append([]string{}, blackTerminating[:]...), blackMakeUp[:]...), longMakeUp[:]...),
	} {
		for i, a := range words {
			for k, b := range words {
				if i != k && strings.HasPrefix(b, a) {
					t.Errorf("colour %d: %s begins %s", colour, a, b)
				}
			}
		}
		for code, e := range runTables[colour] {
			// Code words have at most seven zeros at their head.
			if zeros := bits.LeadingZeros16(uint16(code)) - 3; zeros >= 8 && e != 0 {
				t.Errorf("colour %d: %013b is a code", colour, code)
			}
		}
	}
}

func TestPaintAndChangesAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 300).Draw(t, "width")
		row := rapid.SliceOfN(rapid.Byte(), (width+7)/8, (width+7)/8).Draw(t, "row")
		row[len(row)-1] &= 0xff << ((8 - width%8) % 8)
		list := make([]int32, width+2*guard)
		n := changes(list, row, width)
		painted := make([]byte, len(row))
		paint(painted, list, n)
		if string(painted) != string(row) {
			t.Fatalf("%x became %x", row, painted)
		}
		white := make([]int32, guard)
		for i := range white {
			white[i] = int32(width)
		}
		ink := 0
		for _, b := range row {
			ink += bits.OnesCount8(b)
		}
		if got := distance(list, white, width); got != ink {
			t.Fatalf("distance %d, ink %d", got, ink)
		}
	})
}

// Repairs must not cost more than their budget, whatever the stream.
func TestWorkIsBounded(t *testing.T) {
	for _, e := range []Encoding{ModifiedHuffman, Group31D, Group32D, Group4, Runs} {
		over(t, e, []byte{0x91, 0xc2}) // rows as long as the page, in which every byte is tried
		rapid.Check(t, func(t *rapid.T) { over(t, e, rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(t, "unit")) })
	}
}

func over(t rapid.TB, e Encoding, unit []byte) {
	data := []byte(strings.Repeat(string(unit), 4000/len(unit)))
	var d Decoder
	var b Bitmap
	if _, err := d.Decode(&b, data, Params{Encoding: e, Columns: 1728, Rows: 1000}); err != nil {
		t.Fatal(err)
	}
	// One trial may run over by the longest row.
	if over := -d.budget; over > 8*len(data)+1000 {
		t.Fatalf("%s: %d bits over the budget", e, over)
	}
}
