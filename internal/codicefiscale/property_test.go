package codicefiscale

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// people draws persons whose code can be computed.
func people() *rapid.Generator[Person] {
	return rapid.Custom(func(t *rapid.T) Person {
		day := rapid.IntRange(0, 55000).Draw(t, "day")
		return Person{
			Surname: rapid.StringMatching(`[A-Za-zàèéìòùäöüñ' -]{0,20}[A-Z]`).Draw(t, "surname"),
			Name:    rapid.StringMatching(`[A-Za-zàèéìòùäöüñ' -]{0,20}[A-Z]`).Draw(t, "name"),
			Birth:   time.Date(1880, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day),
			Sex:     rapid.SampledFrom([]string{Male, Female}).Draw(t, "sex"),
			Place:   rapid.StringMatching(`[A-MZ][0-9]{3}`).Draw(t, "place"),
		}
	})
}

func computed(t *rapid.T) (Code, Person) {
	p := people().Draw(t, "person")
	code, err := Compute(p.Surname, p.Name, p.Birth, p.Sex, p.Place)
	if err != nil {
		t.Fatal(err)
	}
	return code, p
}

// TestComputedCodesParse: what Compute makes, Parse takes, and it matches the
// person it was made from, in every omocodia variant.
func TestComputedCodesParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code, p := computed(t)
		variant, err := code.Omocodia(rapid.IntRange(0, Omocodias-1).Draw(t, "variant"))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := Parse(string(variant))
		if err != nil || parsed != variant {
			t.Fatalf("Parse: %v", err)
		}
		if parts := parsed.Matches(p); parts != nil {
			t.Fatalf("contradicts its own person: %v", parts)
		}
		if parsed.Base() != code {
			t.Fatal("omocodia is not undone")
		}
	})
}

// TestWrongCheckNeverParses: of the 26 check letters one is right.
func TestWrongCheckNeverParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code, _ := computed(t)
		text := []byte(code)
		text[atCheck] = 'A' + (text[atCheck]-'A'+byte(rapid.IntRange(1, 25).Draw(t, "shift")))%26
		if _, err := Parse(string(text)); !errors.Is(err, ErrCheck) {
			t.Fatalf("got %v", err)
		}
	})
}

// TestVariantsDiffer: the 128 variants of a code are 128 different codes.
func TestVariantsDiffer(t *testing.T) {
	seen := map[Code]bool{}
	for i := range Omocodias {
		v, err := Code("RSSMRA75C22H501I").Omocodia(i)
		if err != nil {
			t.Fatal(err)
		}
		seen[v] = true
	}
	if len(seen) != Omocodias {
		t.Errorf("%d variants, want %d", len(seen), Omocodias)
	}
}

// FuzzParse: no input panics, and an accepted one is stable, readable and
// inside the bounds its methods promise.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"RSSMRA72L09H501S", "rssmra75c22h50ma", "00743110157", "", "RSSMRA72L81H501S", "ı"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := Parse(s)
		if err != nil {
			if code != "" {
				t.Fatal("an error and a code")
			}
			return
		}
		if again, err := Parse(string(code)); err != nil || again != code {
			t.Fatal("an accepted code does not parse again")
		}
		if born, ok := code.Birth(); ok != !code.Provisional() || ok && (born.Day < 1 || born.Day > 31 || born.Month < 1 || born.Month > 12) {
			t.Fatalf("birth out of range: %+v", born)
		}
		code.Matches(Person{Surname: s, Name: s, Sex: s, Place: s})
		if place := code.Place(); place != "" && !validPlace(place) {
			t.Fatal("place out of shape")
		}
	})
}
