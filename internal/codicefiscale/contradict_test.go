package codicefiscale

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestContradictions covers what a request for a PIN has to point out before it is
// sent: the rule of A1, whose pages come with the request.
func TestContradictions(t *testing.T) {
	mario := Claim{"Rossi", "Mario", date(1972, 7, 9), Male, "Roma", "RM", ""}
	with := func(change func(*Claim)) Claim {
		c := mario
		change(&c)
		return c
	}
	tests := []struct {
		name string
		code Code
		said Claim
		want []Part
	}{
		{"all right", "RSSMRA72L09H501S", mario, nil},
		{"nothing said", "RSSMRA72L09H501S", Claim{}, nil},
		{"omocodia", "RSSMRA75C22H50MA", with(func(c *Claim) { c.Birth = date(1975, 3, 22) }), nil},
		{"omocodia, wrong place", "RSSMRA75C22H50MA", with(func(c *Claim) { c.Birth, c.Municipality, c.Province = date(1975, 3, 22), "Milano", "MI" }), []Part{PartPlace}},
		{"provisional", "00743110157", mario, nil},
		{"long ago", "DVNLRD52D15M059P", Claim{"da Vinci", "Leonardo", date(1452, 4, 15), Male, "Vinci", "FI", ""}, nil},
		{"five centuries later", "DVNLRD52D15M059P", Claim{"da Vinci", "Leonardo", date(1952, 4, 15), Male, "Vinci", "FI", ""}, nil},
		{"surname", "RSSMRA72L09H501S", with(func(c *Claim) { c.Surname = "Bianchi" }), []Part{PartSurname}},
		{"name", "RSSMRA72L09H501S", with(func(c *Claim) { c.Name = "Luigi" }), []Part{PartName}},
		{"day", "RSSMRA72L09H501S", with(func(c *Claim) { c.Birth = date(1972, 7, 10) }), []Part{PartBirth}},
		{"day and month changed over", "RSSMRA72L09H501S", with(func(c *Claim) { c.Birth = date(1972, 9, 7) }), []Part{PartBirth}},
		{"sex", "RSSMRA72L09H501S", with(func(c *Claim) { c.Sex = Female }), []Part{PartSex}},
		{"place", "RSSMRA72L09H501S", with(func(c *Claim) { c.Municipality, c.Province = "Milano", "MI" }), []Part{PartPlace}},
		{"place unknown", "RSSMRA72L09H501S", with(func(c *Claim) { c.Municipality, c.Province = "Roma Vecchia", "RM" }), nil},
		{"state", "RSSMRA72L09H501S", with(func(c *Claim) { c.Municipality, c.Province, c.State = "Zurigo", "", "Svizzera" }), []Part{PartPlace}},
		{"state unknown", "RSSMRA72L09H501S", with(func(c *Claim) { c.Municipality, c.State = "", "Atlantide" }), nil},
		{"Italy as state", "RSSMRA72L09H501S", with(func(c *Claim) { c.State = "Italia" }), nil},
		{"Italy as state, wrong place", "RSSMRA72L09H501S", with(func(c *Claim) { c.Municipality, c.Province, c.State = "Milano", "MI", "IT" }), []Part{PartPlace}},
		{
			"everything", "RSSMRA72L09H501S",
			Claim{"Bianchi", "Anna", date(1980, 1, 1), Female, "Milano", "MI", ""},
			[]Part{PartSurname, PartName, PartBirth, PartSex, PartPlace},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, table(t).Contradictions(tt.code, tt.said)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlaceOfBirth: what the place in the code and the place somebody names have
// to do with each other on the day of birth.
func TestPlaceOfBirth(t *testing.T) {
	tests := []struct {
		name      string
		placeCode string
		birth     time.Time
		said      Claim
		fits      bool
	}{
		{"same", "F205", date(1960, 6, 1), Claim{Municipality: "MILANO", Province: "mi"}, true},
		{"other", "F205", date(1960, 6, 1), Claim{Municipality: "Torino", Province: "TO"}, false},
		{"younger than the table", "M999", date(2026, 6, 1), Claim{Municipality: "Torino"}, true},

		{"abolished later", "A011", date(1925, 6, 1), Claim{Municipality: "Abbiateguazzone"}, true},
		{"last day", "A011", date(1928, 6, 18), Claim{Municipality: "Abbiateguazzone"}, true},
		{"abolished before", "A011", date(1928, 6, 19), Claim{Municipality: "Abbiateguazzone"}, false},
		{"abolished before, no place said", "A011", date(1960, 6, 1), Claim{}, false},
		{"founded after", "M437", date(1960, 6, 1), Claim{Municipality: "Setteville"}, false},
		{"founded before", "M437", date(2024, 6, 1), Claim{Municipality: "Setteville"}, true},
		{"part of another by then", "A010", date(1960, 6, 1), Claim{Municipality: "Abbiateguazzone"}, true},
		{"old name", "A357", date(1938, 6, 1), Claim{Municipality: "Mussolinia di Sardegna"}, true},
		{"new name", "A357", date(1938, 6, 1), Claim{Municipality: "Arborea"}, true},
		{"province of the time", "E648", date(1960, 6, 1), Claim{Municipality: "Lodi", Province: "MI"}, true},
		{"namesake", "C337", date(1980, 6, 1), Claim{Municipality: "Castro", Province: "LE"}, false},
		{"namesake, no province", "C337", date(1980, 6, 1), Claim{Municipality: "Castro"}, true},
		{"hamlet with the name of a municipality elsewhere", "D305", date(1960, 6, 1), Claim{Municipality: "Castro", Province: "LE"}, true},

		{"state", "Z401", date(1960, 6, 1), Claim{State: "Canadà"}, true},
		{"state by ISO code", "Z401", date(1960, 6, 1), Claim{State: "CA"}, true},
		{"other state", "Z401", date(1960, 6, 1), Claim{State: "Francia"}, false},
		{"state with the name of a municipality", "Z600", date(1960, 6, 1), Claim{State: "Argentina", Municipality: "Roma"}, true},
		{"abroad, says Italy", "Z401", date(1960, 6, 1), Claim{Municipality: "Roma", Province: "RM"}, false},
		{"abroad, town only", "Z401", date(1960, 6, 1), Claim{Municipality: "Toronto"}, true},
		{"state of then", "Z118", date(1960, 6, 1), Claim{State: "Jugoslavia"}, true},
		{"state of now, code of then", "Z118", date(1960, 6, 1), Claim{State: "Croazia"}, true},
		{"state of then, code of now", "Z149", date(1960, 6, 1), Claim{State: "Jugoslavia"}, true},
		{"two heirs of one state", "Z149", date(1960, 6, 1), Claim{State: "Slovenia"}, false},
		{"state that had ended", "Z118", date(2010, 6, 1), Claim{State: "Jugoslavia"}, false},
		{"state younger than the holder", "Z157", date(1960, 6, 1), Claim{State: "Serbia"}, true},

		{"ceded", "G778", date(1940, 6, 1), Claim{Municipality: "Pola", Province: "PL"}, true},
		{"ceded, says the state", "G778", date(1940, 6, 1), Claim{State: "Croazia"}, true},
		{"ceded, code of the state", "Z118", date(1940, 6, 1), Claim{Municipality: "Pola"}, true},
		{"ceded, born after", "G778", date(1950, 6, 1), Claim{Municipality: "Pola"}, false},
		{"ceded, other state", "G778", date(1940, 6, 1), Claim{State: "Argentina"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.said.Birth = tt.birth
			var want []Part
			if !tt.fits {
				want = []Part{PartPlace}
			}
			code := must(t, "Rossi", "Mario", tt.birth, Male, tt.placeCode)
			if diff := cmp.Diff(want, table(t).Contradictions(code, tt.said)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSuccessorsAreStates: a slip in the list would silence a contradiction.
func TestSuccessorsAreStates(t *testing.T) {
	p := table(t)
	for before, heirs := range successors {
		for i := 0; i <= len(heirs); i += 5 {
			for _, code := range []string{before, heirs[i : i+4]} {
				if place, ok := p.Lookup(code); !ok || !place.Abroad() {
					t.Errorf("%s → %s: no state", before, code)
				}
			}
		}
	}
}

// born is somebody's code, and what that person says of the own birth.
type born struct {
	code Code
	said Claim
}

// truths draws persons born somewhere in the table who tell the truth: any name of
// the place, with or without the province.
func truths(p *Places) *rapid.Generator[born] {
	return rapid.Custom(func(t *rapid.T) born {
		person := people().Draw(t, "person")
		e := rapid.SampledFrom(p.list).Draw(t, "place")
		said := Claim{Surname: person.Surname, Name: person.Name, Birth: dayOf(t, e.Place), Sex: person.Sex}
		name := rapid.SampledFrom(e.names).Draw(t, "name of the place")
		if e.Abroad() {
			said.State = name
		} else {
			said.Municipality, said.Province = name, rapid.SampledFrom([]string{"", e.Area}).Draw(t, "province")
		}
		plain, err := Compute(said.Surname, said.Name, said.Birth, said.Sex, e.Code)
		if err != nil {
			t.Fatal(err)
		}
		code, err := plain.Omocodia(rapid.IntRange(0, Omocodias-1).Draw(t, "variant"))
		if err != nil {
			t.Fatal(err)
		}
		return born{code, said}
	})
}

// TestTruthNeverContradicts: nobody who tells the truth is told of an error,
// wherever and whenever born, in every omocodia variant.
func TestTruthNeverContradicts(t *testing.T) {
	p := table(t)
	rapid.Check(t, func(t *rapid.T) {
		made := truths(p).Draw(t, "claim")
		if parts := p.Contradictions(made.code, made.said); parts != nil {
			t.Fatalf("%v", parts)
		}
	})
}

// TestOneLieIsOnePart: one part changed is the one pointed out.
func TestOneLieIsOnePart(t *testing.T) {
	p := table(t)
	rapid.Check(t, func(t *rapid.T) {
		made := truths(p).Draw(t, "claim")
		part := rapid.SampledFrom([]Part{PartSurname, PartName, PartBirth, PartSex, PartPlace}).Draw(t, "part")
		said := &made.said
		switch part {
		case PartSurname:
			said.Surname = otherThan(made.code[0])
		case PartName:
			said.Name = otherThan(made.code[3])
		case PartBirth:
			said.Birth = said.Birth.AddDate(0, 0, rapid.IntRange(1, 365).Draw(t, "later"))
		case PartSex:
			said.Sex = map[string]string{Male: Female, Female: Male}[said.Sex]
		case PartPlace:
			said.Municipality, said.Province, said.State = "", "", "Bolivia"
			if made.code.Place() == "Z601" {
				said.State = "Cile"
			}
		}
		if diff := cmp.Diff([]Part{part}, p.Contradictions(made.code, *said)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// otherThan returns a name whose part of the code begins with another letter.
func otherThan(letter byte) string {
	if letter == 'B' {
		return "Conti"
	}
	return "Bobbio"
}

// FuzzContradictions: whatever is typed, the answer is in order and names no part
// that was left empty, the place apart, which the birth alone can contradict.
func FuzzContradictions(f *testing.F) {
	f.Add("Rossi", "Mario", "M", "Roma", "RM", "", 4571)
	f.Add("Müller", "", "X", "", "", "CH", -20000)
	order := []Part{PartSurname, PartName, PartBirth, PartSex, PartPlace}
	f.Fuzz(func(t *testing.T, surname, name, sex, municipality, province, state string, day int) {
		birth := date(1960, 1, 1).AddDate(0, 0, day%60000)
		said := Claim{surname, name, birth, sex, municipality, province, state}
		parts := table(t).Contradictions("RSSMRA72L09H501S", said)
		at := -1
		for _, part := range parts {
			next := slices.Index(order, part)
			if next <= at {
				t.Fatalf("%v is out of order", parts)
			}
			at = next
		}
		if surname == "" && slices.Contains(parts, PartSurname) || name == "" && slices.Contains(parts, PartName) {
			t.Fatalf("%v: an empty field contradicts", parts)
		}
	})
}
