package codicefiscale

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestParse covers what is accepted and, for each refusal, why: the check of the
// codice fiscale in A1.
func TestParse(t *testing.T) {
	tests := []struct {
		name, in string
		want     Code
		err      error
	}{
		{"man", "RSSMRA72L09H501S", "RSSMRA72L09H501S", nil},
		{"second vector", "RSSMRA77L18H501W", "RSSMRA77L18H501W", nil},
		{"third vector", "RSSMRA75C22H501I", "RSSMRA75C22H501I", nil},
		{"real example", "DVNLRD52D15M059P", "DVNLRD52D15M059P", nil},
		{"omocodia", "RSSMRA75C22H50MA", "RSSMRA75C22H50MA", nil},
		{"lower case and spaces", " rss mra 72l09 h501s\n", "RSSMRA72L09H501S", nil},
		{"provisional", "00743110157", "00743110157", nil},
		{"empty", "", "", ErrLength},
		{"short", "RSSMRA72L09H501", "", ErrLength},
		{"long", "RSSMRA72L09H501SS", "", ErrLength},
		{"very long", strings.Repeat("A", 100000), "", ErrLength},
		{"hyphen", "RSSMRA72L09-501S", "", ErrAlphabet},
		{"dotless i", "RSSMRA75C22H501ı", "", ErrAlphabet},
		{"digit in the name", "RS5MRA72L09H501S", "", ErrShape},
		{"letter that is no omocodia digit", "RSSMRA7OL09H501S", "", ErrShape},
		{"no such month", "RSSMRA72F09H501S", "", ErrMonth},
		{"day 0", "RSSMRA72L00H501S", "", ErrDay},
		{"day 32", "RSSMRA72L32H501S", "", ErrDay},
		{"day 40", "RSSMRA72L40H501S", "", ErrDay},
		{"day 72", "RSSMRA72L72H501S", "", ErrDay},
		{"day 81", "RSSMRA72L81H501S", "", ErrDay},
		{"check letter", "RSSMRA72L09H501T", "", ErrCheck},
		{"provisional check digit", "00743110158", "", ErrCheck},
		{"eleven zeros", "00000000000", "", ErrCheck},
		{"letter in a provisional code", "0074311015A", "", ErrShape},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.in)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Parse = %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestErrorsKeepTheCodeToThemselves(t *testing.T) {
	for _, in := range []string{"RSSMRA72L09-501S", "RS5MRA72L09H501S", "RSSMRA72L09H501T"} {
		if _, err := Parse(in); err == nil || strings.Contains(err.Error(), in[:6]) {
			t.Errorf("error tells the code: %v", err)
		}
	}
}

func TestBirthAndPlace(t *testing.T) {
	tests := []struct {
		code  Code
		birth Birth
		place string
	}{
		{"RSSMRA72L09H501S", Birth{72, time.July, 9, Male}, "H501"},
		{"RSSMRA75C22H50MA", Birth{75, time.March, 22, Male}, "H501"},
		{must(t, "Bianchi", "Anna", date(2001, 12, 31), Female, "Z404"), Birth{1, time.December, 31, Female}, "Z404"},
	}
	for _, tt := range tests {
		born, ok := tt.code.Birth()
		if !ok || born != tt.birth {
			t.Errorf("Birth = %+v, %v; want %+v", born, ok, tt.birth)
		}
		if got := tt.code.Place(); got != tt.place {
			t.Errorf("Place = %q, want %q", got, tt.place)
		}
	}
	provisional := Code("00743110157")
	if _, ok := provisional.Birth(); ok || provisional.Place() != "" || !provisional.Provisional() || provisional.Base() != provisional {
		t.Error("a provisional code tells birth or place")
	}
}

func TestCompute(t *testing.T) {
	tests := []struct {
		surname, name string
		birth         time.Time
		sex, place    string
		want          Code
	}{
		{"Rossi", "Mario", date(1972, 7, 9), Male, "H501", "RSSMRA72L09H501S"},
		{"Rossi", "Mario", date(1975, 3, 22), Male, "h501", "RSSMRA75C22H501I"},
		{"da Vinci", "Leonardo", date(1452, 4, 15), Male, "M059", "DVNLRD52D15M059P"},
	}
	for _, tt := range tests {
		got, err := Compute(tt.surname, tt.name, tt.birth, tt.sex, tt.place)
		if err != nil || got != tt.want {
			t.Errorf("Compute = %q, %v; want %q", got, err, tt.want)
		}
	}
}

func TestComputeNameParts(t *testing.T) {
	tests := []struct{ surname, name, want string }{
		{"Fo", "Al", "FOXLAX"},
		{"Aiello", "Gianfranco", "LLAGFR"},
		{"D'Angelò", "Maria Grazia", "DNGMGR"},
		{"Müller", "Zoë", "MLLZOE"},
		{"Groß", "Ægir", "GRSGRA"},
		{"Łukasiewicz", "Đorđe", "LKSDRD"},
		{"De-Luca", "Io", "DLCIOX"},
	}
	for _, tt := range tests {
		if got := must(t, tt.surname, tt.name, date(1980, 1, 1), Male, "H501"); string(got[:6]) != tt.want {
			t.Errorf("%s %s = %s, want %s", tt.surname, tt.name, got[:6], tt.want)
		}
	}
}

func TestComputeRefuses(t *testing.T) {
	born := date(1980, 1, 1)
	tests := []struct {
		surname, name string
		birth         time.Time
		sex, place    string
		want          error
	}{
		{"", "Mario", born, Male, "H501", ErrName},
		{"Rossi", "Мария", born, Female, "H501", ErrName},
		{"Rossi", "Mario", time.Time{}, Male, "H501", ErrBirth},
		{"Rossi", "Mario", born, "X", "H501", ErrSex},
		{"Rossi", "Mario", born, Male, "5012", ErrPlace},
		{"Rossi", "Mario", born, Male, "H5010", ErrPlace},
	}
	for _, tt := range tests {
		if _, err := Compute(tt.surname, tt.name, tt.birth, tt.sex, tt.place); !errors.Is(err, tt.want) {
			t.Errorf("error %v, want %v", err, tt.want)
		}
	}
}

func TestMatches(t *testing.T) {
	born := date(1975, 3, 22)
	tests := []struct {
		name string
		code Code
		p    Person
		want []Part
	}{
		{"same", "RSSMRA75C22H501I", Person{"Rossi", "Mario", born, Male, "H501"}, nil},
		{"same, omocodia", "RSSMRA75C22H50MA", Person{"ROSSI", "MARIO", born, Male, "H501"}, nil},
		{"other century", "RSSMRA75C22H501I", Person{Birth: date(1875, 3, 22)}, nil},
		{"unknown", "RSSMRA75C22H501I", Person{}, nil},
		{"third entry for sex", "RSSMRA75C22H501I", Person{Sex: "X"}, nil},
		{"provisional", "00743110157", Person{"Rossi", "Mario", born, Male, "H501"}, nil},
		{"umlaut spelt out", must(t, "Mueller", "Jan", born, Male, "Z112"), Person{Surname: "Müller"}, nil},
		{
			"all wrong", "RSSMRA75C22H501I",
			Person{"Bianchi", "Anna", date(1975, 3, 23), Female, "F205"},
			[]Part{PartSurname, PartName, PartBirth, PartSex, PartPlace},
		},
		{"sex", "RSSMRA75C22H501I", Person{"Rossi", "Mario", born, Female, "H501"}, []Part{PartSex}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.code.Matches(tt.p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOmocodiaVector(t *testing.T) {
	got, err := Code("RSSMRA75C22H501I").Omocodia(1)
	if err != nil || got != "RSSMRA75C22H50MA" || got.Base() != "RSSMRA75C22H501I" {
		t.Errorf("Omocodia(1) = %q, %v", got, err)
	}
	for _, i := range []int{-1, Omocodias} {
		if _, err := got.Omocodia(i); !errors.Is(err, ErrOmocodia) {
			t.Errorf("Omocodia(%d): %v", i, err)
		}
	}
	if _, err := Code("00743110157").Omocodia(1); !errors.Is(err, ErrOmocodia) {
		t.Errorf("provisional: %v", err)
	}
}

func must(t *testing.T, surname, name string, birth time.Time, sex, place string) Code {
	t.Helper()
	code, err := Compute(surname, name, birth, sex, place)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
