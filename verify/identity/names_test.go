package identity

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// namePairs are names as two papers have them, and how they compare.
var namePairs = []struct {
	a, b    string // surname, comma, given names; a star ends a cut one
	verdict Verdict
	reason  Reason
}{
	{"Rossi, Mario", "ROSSI, MARIO", Same, Exact},
	{"Niccolò, Mosè", "NICCOLO', MOSE'", Same, Exact},
	{"D'Angelo, Maria Grazia", "DANGELO, MARIA GRAZIA", Same, Exact},
	{"D’Angelò, Maria Grazia", "D'ANGELO, MARIA GRAZIA", Same, Exact},
	{"D Angelo, Maria", "DANGELO, MARIA", Same, Spacing},
	{"Müller, Jürgen", "MUELLER, JUERGEN", Same, Transliteration},
	{"Müller, Jürgen", "MULLER, JURGEN", Same, Exact},
	{"Müller, Jürgen", "MUELLER, JURGEN", Same, Transliteration},
	{"Müller, Jürgen", "MUXXLLER, JURGEN", Same, Transliteration},
	{"Weiß, Groß", "WEISS, GROSS", Same, Exact},
	{"Weiẞ, Anna", "WEISS, ANNA", Same, Exact},
	{"Muñoz, Begoña", "MUNOZ, BEGONA", Same, Exact},
	{"Muñoz, Begoña", "MUNXXOZ, BEGONXXA", Same, Transliteration},
	{"Sørensen, Bjørn", "SOERENSEN, BJOERN", Same, Transliteration},
	{"Sørensen, Bjørn", "SORENSEN, BJORN", Same, Exact},
	{"Åkesson, Åsa", "AAKESSON, AASA", Same, Transliteration},
	{"Łukaszewicz, Józef", "LUKASZEWICZ, JOZEF", Same, Exact},
	{"Đorđević, Žarko", "DORDEVIC, ZARKO", Same, Exact},
	{"Þórsdóttir, Guðrún", "THORSDOTTIR, GUDRUN", Same, Exact},
	{"Șerban, Ștefănuț", "SERBAN, STEFANUT", Same, Exact},
	{"Kowalska-Kwiatkowska, Beata", "KOWALSKA<KWIATKOWSKA, BEATA", Same, Exact},
	{"De Luca, Anna", "DELUCA, ANNA", Same, Spacing},
	{"Di Giovanni, Pier Paolo", "DI GIOVANNI, PIERPAOLO", Same, Spacing},
	{"Papadopoulos-Konstantinidis, Alexandra Theodora", "PAPADOPOULOS KONSTANTINIDIS, ALEX*", Same, Cut},
	{"Nilavadhanananda, Chayapa Dejthamrong", "NILAVADHANANANDA, CHAYAPA DEJTHA*", Same, Cut},
	{"Nilavadhanananda, Chayapa", "NILAVADHANA*", Same, Cut},
	{"van der Berg, Jan", "BERG, JAN", Similar, Particles},
	{"Dos Santos, Ana", "SANTOS, ANA", Similar, Particles},
	{"Rossi, Mario", "MARIO, ROSSI", Similar, Order},
	{"García López, José", "LOPEZ GARCIA, JOSE", Similar, Order},
	{"Rossi, Anna Maria", "ROSSI, MARIA ANNA", Similar, Order},
	{"García López, José", "GARCIA, JOSE", Similar, Missing},
	{"Rossi, Anna Maria", "ROSSI, ANNA", Similar, Missing},
	{"Rossi, Mario", "ROSSI,", Similar, Missing},
	{"Rossi Bianchi, Mario", "MARIO, ROSSI", Similar, Missing},
	{"Rossi, Giovanni Battista", "ROSSI, G.B.", Similar, Initials},
	{"Rossi, Giovanni", "ROSSI, G.", Similar, Initials},
	{"Bernasconi, Luca", "BERNASCOMI, LUCA", Similar, Typing},
	{"Colombo, Elena", "COLOMBO, ELNEA", Similar, Typing},
	{"Pellegrini, Sofia", "PELEGRINNI, SOFIA", Similar, Typing},
	{"Rossi, Mario", "ROSSI, GIULIA", Different, Other},
	{"Rossi, Mario", "BIANCHI, MARIO", Different, Other},
	{"Li, Wei", "LU, WEI", Different, Other}, // too short for a slip
	{"Rossi, Mario", "VERDI, LUISA", Different, Other},
	{"Papadopoulos, Maria", "PAPADO, MARIA", Different, Other}, // short, but not cut
	{"Rossi, Mario", ",", Unknown, NoValue},
	{"Иванов, Пётр", "IVANOV, PETR", Unknown, NoValue},
	{"", "", Unknown, NoValue},
}

// TestNames: invented people, as a form, an account and a zone may write them.
func TestNames(t *testing.T) {
	for _, tt := range namePairs {
		a, b := name(tt.a), name(tt.b)
		for _, pair := range [][2]Name{{a, b}, {b, a}} {
			if got := CompareNames(pair[0], pair[1]); got != (Comparison{tt.verdict, tt.reason}) {
				t.Errorf("%s = %s: %v, want %s %s", tt.a, tt.b, got, tt.verdict, tt.reason)
			}
		}
	}
}

func name(s string) Name {
	s, cut := strings.CutSuffix(s, "*")
	surname, given, _ := strings.Cut(s, ",")
	return Name{Surname: surname, Given: given, Cut: cut}
}

// TestNamesProperty: equal to itself in any case and order of arguments, and
// never the same as a name without a common letter.
func TestNamesProperty(t *testing.T) {
	names := rapid.Custom(func(t *rapid.T) Name {
		return Name{
			Surname: rapid.StringMatching(`[A-Za-zàèéìòùäöüßñøå' -]{0,12}[B-M]`).Draw(t, "surname"),
			Given:   rapid.StringMatching(`[A-Za-zàèéìòùäöüßñøå' -]{0,12}[B-M]`).Draw(t, "given"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		if got := CompareNames(a, Name{Surname: strings.ToUpper(a.Surname), Given: strings.ToUpper(a.Given)}); got.Verdict != Same {
			t.Fatalf("not the same as itself in capitals: %v", got)
		}
		if x, y := CompareNames(a, b), CompareNames(b, a); x.Verdict != y.Verdict {
			t.Fatalf("not symmetric: %v, %v", x, y)
		}
		if got := CompareNames(a, Name{Surname: "ZZZZZZ", Given: "ZZZZZZZ"}); got.Verdict != Different {
			t.Fatalf("%v", got)
		}
	})
}

// FuzzNames: no name panics, and the order of arguments does not matter.
func FuzzNames(f *testing.F) {
	f.Add("Rossi", "Mario", "ROSSI", "")
	f.Add("D’Angelò", "G.B.", "\u0130\u0308", "ẞ")
	f.Fuzz(func(t *testing.T, s1, g1, s2, g2 string) {
		if len(s1)+len(g1)+len(s2)+len(g2) > 400 {
			t.Skip()
		}
		a, b := Name{Surname: s1, Given: g1, Cut: len(s1)%2 == 0}, Name{Surname: s2, Given: g2}
		if CompareNames(a, b).Verdict != CompareNames(b, a).Verdict {
			t.Fatal("not symmetric")
		}
	})
}
