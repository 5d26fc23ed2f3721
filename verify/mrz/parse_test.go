package mrz

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// day is the day of reading in these tests.
var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// The specimens of ICAO Doc 9303.
const (
	specimenTD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
	specimenTD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
	specimenTD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
	specimenLng = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"
	specimenMVA = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
	specimenMVB = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"
)

func anna(f Format, number string) Result {
	const issuer = "UTO"
	return Result{
		Format: f, Valid: true, Code: "I", Issuer: issuer, Nationality: issuer, DocumentNumber: number,
		Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Birth: "1974-08-12", Expiry: "2012-04-15", Sex: "F",
		Optional: []string{""},
	}
}

// TestSpecimens reads the specimens of ICAO Doc 9303: every digit of every format.
func TestSpecimens(t *testing.T) {
	passport := anna(TD3, "L898902C3")
	passport.Code, passport.Optional = "P", []string{"ZE184226B"}
	card := anna(TD1, "D23145890")
	card.Optional = []string{"", ""}
	long := Result{
		Format: TD1, Valid: true, Code: "I", Issuer: "UTO", Nationality: "UTO", DocumentNumber: "D23145890734",
		Surname: "STEVENSON", GivenNames: "PETER JOHN", Birth: "1934-07-12", Expiry: "1995-07-12", Sex: "M",
		Optional: []string{"", ""},
	}
	visa := anna(MRVA, "L8988901C")
	visa.Code, visa.Nationality, visa.Birth, visa.Expiry = "V", "XXX", "1940-09-07", "1996-12-10"
	small := visa
	small.Format = MRVB
	visa.Optional = []string{"6ZE184226B"}
	for text, want := range map[string]Result{
		specimenTD3: passport, specimenTD2: anna(TD2, "D23145890"), specimenTD1: card,
		specimenLng: long, specimenMVA: visa, specimenMVB: small,
	} {
		want.Lines = strings.Split(text, "\n")
		got, err := Parse(want.Lines, day)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", want.Format, err, diff)
		}
	}
}

// with replaces what stands at a place of a specimen.
func with(text string, at int, s string) string { return text[:at] + s + text[at+len(s):] }

// TestFaults names what is wrong, and never calls it valid.
func TestFaults(t *testing.T) {
	const line2 = 45
	for _, tt := range []struct {
		name, text string
		want       []Fault
	}{
		{"code", with(specimenTD3, 0, "X"), []Fault{FaultCode}},
		{"issuer", with(specimenTD3, 2, "UTX"), []Fault{FaultIssuer}},
		{"digit in a name", with(specimenTD3, 8, "1"), []Fault{FaultNames}},
		{"no surname", with(specimenTD3, 5, "<<<<<<<<<<"), []Fault{FaultNames}},
		{"gap in the names", with(specimenTD3, 28, "A"), []Fault{FaultNames}},
		{"number", with(specimenTD3, line2+1, "7"), []Fault{FaultNumber, FaultComposite}},
		{"nationality", with(specimenTD3, line2+10, "QQQ"), []Fault{FaultNationality}},
		{"birth", with(specimenTD3, line2+14, "3"), []Fault{FaultBirth, FaultComposite}},
		{"impossible birth", with(specimenTD3, line2+15, "13"), []Fault{FaultBirth, FaultComposite}},
		{"sex", with(specimenTD3, line2+20, "X"), []Fault{FaultSex}},
		{"expiry", with(specimenTD3, line2+21, "9"), []Fault{FaultExpiry, FaultComposite}},
		{"optional", with(specimenTD3, line2+29, "F"), []Fault{FaultOptional, FaultComposite}},
		{"composite", with(specimenTD3, line2+43, "9"), []Fault{FaultComposite}},
		{"strange character", with(specimenTD3, line2+37, "!"), []Fault{FaultOptional}},
		{"card composite", with(specimenTD1, 31+29, "9"), []Fault{FaultComposite}},
	} {
		got, err := Parse(strings.Split(tt.text, "\n"), day)
		if err != nil || got.Valid {
			t.Errorf("%s: valid %v, %v", tt.name, got.Valid, err)
		}
		if diff := cmp.Diff(tt.want, got.Faults); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// TestRepair: what place and digit prove together is repaired; the rest is not.
func TestRepair(t *testing.T) {
	const line2 = 45
	for _, tt := range []struct {
		name, text string
		repaired   int
		valid      bool
	}{
		{"O for 0 in a date", with(specimenTD3, line2+15, "O"), 1, true},
		{"S for 5 in a date", with(specimenTD3, line2+26, "S"), 1, true},
		{"I for 1 and Z for 2", with(with(specimenTD3, line2+17, "I"), line2+18, "Z"), 2, true},
		{"composite digit O", with(specimenTD3, line2+43, "O"), 1, true},
		{"digit of the number G", with(specimenTD3, line2+9, "G"), 1, true},
		{"card", with(specimenTD1, 31+4, "B"), 0, false}, // it was a 1
		{"wrong digit for the letter", with(specimenTD3, line2+13, "G"), 0, false},
		{"B for 8 in the number", with(specimenTD3, line2+1, "B"), 0, false},
		{"C for a filler", with(specimenTD3, line2+38, "C"), 0, false},
		{"0 for O in a name", with(specimenTD3, 11, "0"), 0, false},
		{"0 for O in a state", with(specimenTD3, 4, "0"), 0, false},
		{"five at once", with(with(specimenTD3, line2+15, "OBIZZ"), line2+43, "O"), 0, false},
	} {
		got, err := Parse(strings.Split(tt.text, "\n"), day)
		if err != nil || got.Valid != tt.valid || got.Repaired != tt.repaired {
			t.Errorf("%s: valid %v repaired %d (%v) %v", tt.name, got.Valid, got.Repaired, got.Faults, err)
		}
	}
}

// TestNumbersAreNotRepaired: in a number both O and 0 may stand, so neither is
// put for the other, even where the digit would agree.
func TestNumbersAreNotRepaired(t *testing.T) {
	got, err := Parse(strings.Split(with(specimenTD2, 37+8, "O"), "\n"), day)
	if err != nil || got.Valid || got.Repaired != 0 {
		t.Errorf("valid %v repaired %d, %v", got.Valid, got.Repaired, err)
	}
}

// TestShapes: what has no zone's size is no zone; spaces and case do not matter.
func TestShapes(t *testing.T) {
	for _, lines := range [][]string{nil, {""}, {"P<UTO"}, strings.Split(specimenTD3[1:], "\n"), strings.Split(specimenTD1, "\n")[:2], {strings.Repeat("<", 10000)}} {
		if _, err := Parse(lines, day); !errors.Is(err, ErrShape) {
			t.Errorf("%d lines: %v", len(lines), err)
		}
	}
	spaced := strings.Split(strings.ToLower(strings.ReplaceAll(specimenTD3, "<", " < ")), "\n")
	if got, err := Parse(append(spaced, "", "  "), day); err != nil || !got.Valid {
		t.Errorf("spaced: %v %v", got.Valid, err)
	}
}

// TestDates: centuries by the day of reading, unknown parts as fillers.
func TestDates(t *testing.T) {
	for field, want := range map[string]string{
		"260302": "2026-03-02", "260303": "1926-03-03", "740812": "1974-08-12", "000229": "2000-02-29", "010229": "",
		"74<<<<": "1974", "7408<<": "1974-08", "74<<12": "", "<<<<<<": "", "99<<<<": "1999", "741301": "", "26<<<<": "2026",
		"-10101": "", "+10101": "",
	} {
		if got, ok := birthDate(field, day); got != want || ok != (want != "") {
			t.Errorf("birth %s = %q %v, want %q", field, got, ok, want)
		}
	}
	for _, tt := range [][3]string{
		{"120415", "1974-08-12", "2012-04-15"},
		{"360101", "1990-01-01", "2036-01-01"},
		{"750101", "1990-01-01", "2075-01-01"},
		{"770101", "1990-01-01", "2077-01-01"},
		{"991231", "1990-01-01", "1999-12-31"},
		{"991231", "2001-01-01", "2099-12-31"},
		{"300230", "1990-01-01", ""},
		{"30<<<<", "1990-01-01", ""},
		{"240101", "2025", "2124-01-01"},
	} {
		if got, ok := expiryDate(tt[0], tt[1], day); got != tt[2] || ok != (tt[2] != "") {
			t.Errorf("expiry %s after %s = %q %v, want %q", tt[0], tt[1], got, ok, tt[2])
		}
	}
}

// TestNames: words, order, cut names.
func TestNames(t *testing.T) {
	for field, want := range map[string][2]string{
		"DANGELO<<MARIA<GRAZIA<<<": {"DANGELO", "MARIA GRAZIA"},
		"DE<LA<CRUZ<<JUAN<<<<<<<":  {"DE LA CRUZ", "JUAN"},
		"ARKFREITH<<<<<<<<<<<<<":   {"ARKFREITH", ""},
		"NILAVADHANANANDA<<CHAYAP": {"NILAVADHANANANDA", "CHAYAP"},
	} {
		if p, s, ok := names(field); p != want[0] || s != want[1] || !ok {
			t.Errorf("%s: %q %q %v", field, p, s, ok)
		}
	}
	for _, field := range []string{"<<<<<", "<ROSSI<<MARIO", "ROSSI<<<MARIO", "ROSSI<<M4RIO", "ROSSI<<MARIO<<PIO"} {
		if _, _, ok := names(field); ok {
			t.Errorf("%s: accepted", field)
		}
	}
	cut := with(specimenTD2, 5, "NILAVADHANANANDA<<CHAYAPA<DEJTHA")
	if r, _ := Parse(strings.Split(cut[:36]+cut[36:], "\n"), day); r.NamesCut {
		t.Error("cut although a filler ends the names")
	}
}
