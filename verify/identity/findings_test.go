package identity

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
)

var received = time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC)

func mueller() Person {
	return Person{
		Name: Name{Surname: "Müller", Given: "Jörg"}, Birth: "1972-07-09", Sex: "M", Place: "H501",
		Document: "UT 1234567", Expiry: "2026-03-02",
	}
}

// TestCompare: what a document contradicts, and that details hold no datum.
func TestCompare(t *testing.T) {
	warn := func(code dossier.FindingCode, detail string) dossier.Finding {
		return dossier.Finding{Code: code, Severity: dossier.SeverityWarn, Page: 2, Detail: detail}
	}
	for _, tt := range []struct {
		name   string
		change func(*Person)
		want   []dossier.Finding
	}{
		{"as the zone has it", func(p *Person) {
			p.Name, p.Document = Name{Surname: "MUELLER", Given: "JOERG"}, "UT1234567"
		}, nil},
		{"nothing known", func(p *Person) { *p = Person{} }, nil},
		{
			"another name", func(p *Person) { p.Name.Surname = "Schmidt" },
			[]dossier.Finding{warn(dossier.IDMismatch, "names different: other")},
		},
		{
			"day and month", func(p *Person) { p.Birth = "1972-09-07" },
			[]dossier.Finding{warn(dossier.IDMismatch, "birth similar: day and month swapped")},
		},
		{
			"year alone", func(p *Person) { p.Birth = "1972" },
			[]dossier.Finding{warn(dossier.IDMismatch, "birth similar: date known in part")},
		},
		{"sex", func(p *Person) { p.Sex = "F" }, []dossier.Finding{warn(dossier.IDMismatch, "sex different: other")}},
		{"sex not specified", func(p *Person) { p.Sex = "" }, nil},
		{
			"number", func(p *Person) { p.Document = "AX7654321" },
			[]dossier.Finding{warn(dossier.IDMismatch, "document number different: other")},
		},
		{
			"number, O for 0", func(p *Person) { p.Document = "UT-I234567" },
			[]dossier.Finding{warn(dossier.IDMismatch, "document number similar: look-alike characters")},
		},
		{
			"number, a digit", func(p *Person) { p.Document = "UT1234568" },
			[]dossier.Finding{warn(dossier.IDMismatch, "document number similar: one or two letters")},
		},
		{"expired", func(p *Person) { p.Expiry = "2026-03-01" }, []dossier.Finding{
			warn(dossier.IDMismatch, "expiry different: other"), warn(dossier.IDExpired, ""),
		}},
	} {
		document := mueller()
		tt.change(&document)
		if diff := cmp.Diff(tt.want, Compare(document, mueller(), 2, received)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// TestExpired: the day of expiry is the last good one, in the zone of receipt.
func TestExpired(t *testing.T) {
	rome := time.FixedZone("CET", 3600)
	for _, tt := range []struct {
		expiry string
		at     time.Time
		want   bool
	}{
		{"2026-03-02", received, false},
		{"2026-03-02", received.In(rome), true}, // there it is the day after
		{"2026-03-01", received, true},
		{"2036-03-01", received, false},
		{"", received, false},
		{"2026", received, false},
		{"2026-02-30", received, false},
	} {
		if got := Expired(tt.expiry, tt.at); got != tt.want {
			t.Errorf("%q at %s: %v", tt.expiry, tt.at, got)
		}
	}
}

// TestCheckCode: what contradicts a claimed code, what cannot be compared.
func TestCheckCode(t *testing.T) {
	mario := Person{Name: Name{Surname: "Rossi", Given: "Mario"}, Birth: "1975-03-22", Sex: "M", Place: "H501"}
	for _, tt := range []struct {
		name, code string
		change     func(*Person)
		want       dossier.FindingCode
		detail     string
	}{
		{"right", "RSSMRA75C22H501I", nil, "", ""},
		{"small and spaced", "rss mra 75c22 h501 i", nil, "", ""},
		{"omocodia", "RSSMRA75C22H50MA", nil, "", ""},
		{"provisional", "00743110157", nil, "", ""},
		{"none", "", nil, "", ""},
		{"check letter", "RSSMRA75C22H501J", nil, dossier.CodiceFiscaleBad, "check character"},
		{"too short", "RSSMRA", nil, dossier.CodiceFiscaleBad, "length"},
		{"surname", "RSSMRA75C22H501I", func(p *Person) { p.Name.Surname = "Verdi" }, dossier.CodiceFiscaleOther, "surname"},
		{"birth and sex", "RSSMRA75C22H501I", func(p *Person) { p.Birth, p.Sex = "1976-03-22", "F" }, dossier.CodiceFiscaleOther, "birth, sex"},
		{"place", "RSSMRA75C22H501I", func(p *Person) { p.Place = "Z404" }, dossier.CodiceFiscaleOther, "place"},
		{"part of a birth", "RSSMRA75C22H501I", func(p *Person) { p.Birth = "1975" }, "", ""},
		{"cut given name", "RSSMRA75C22H501I", func(p *Person) { p.Name.Given, p.Name.Cut = "MA", true }, "", ""},
		{"nothing known", "RSSMRA75C22H501I", func(p *Person) { *p = Person{} }, "", ""},
	} {
		p := mario
		if tt.change != nil {
			tt.change(&p)
		}
		got := CheckCode(tt.code, p, 1)
		switch {
		case tt.want == "" && got != nil:
			t.Errorf("%s: %v", tt.name, got)
		case tt.want != "" && (len(got) != 1 || got[0].Code != tt.want || got[0].Detail != tt.detail || got[0].Severity != dossier.SeverityWarn):
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestSpellings: each pair of a zone is one letter or two, wherever it stands.
func TestSpellings(t *testing.T) {
	for name, want := range map[string][]string{
		"":         {""},
		"ROSSI":    {"ROSSI"},
		"MUELLER":  {"MULLER", "MUELLER"},
		"AAE":      {"AE", "AA", "AAE"}, // of ÅE, AÄ and AAE
		"UEOEAEAA": {"UOAAA", "UOAEAA", "UOEAAA", "UOEAEAA", "UEOAAA", "UEOAEAA", "UEOEAAA", "UEOEAEAA"},
	} {
		if diff := cmp.Diff(want, spellings(name)); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
}

// TestCodesOfZones: a code made from a name with umlauts agrees with what a
// zone makes of the name.
func TestCodesOfZones(t *testing.T) {
	zone := strings.NewReplacer("Ä", "AE", "Ö", "OE", "Ü", "UE", "ß", "SS")
	rapid.Check(t, func(t *rapid.T) {
		surname := rapid.StringMatching(`[A-ZÄÖÜß]{1,8}[A-Z]`).Draw(t, "surname")
		given := rapid.StringMatching(`[A-Z]{1,8}[A-ZÄÖÜ]`).Draw(t, "given")
		birth := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 20000).Draw(t, "day"))
		code, err := codicefiscale.Compute(surname, given, birth, "F", "Z404")
		if err != nil {
			t.Fatal(err)
		}
		p := Person{
			Name:  Name{Surname: zone.Replace(surname), Given: zone.Replace(given)},
			Birth: birth.Format(time.DateOnly), Sex: "F", Place: "Z404",
		}
		if got := CheckCode(string(code), p, 0); got != nil {
			t.Fatalf("%s %s: %v", p.Name.Surname, p.Name.Given, got)
		}
	})
}
