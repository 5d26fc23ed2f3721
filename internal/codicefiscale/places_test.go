package codicefiscale

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dispositivo/internal/assets"
)

// readPlaces reads the real table once. Without it ("make assets") the tests fail.
var readPlaces = sync.OnceValues(func() (*Places, error) {
	table, err := assets.Places()
	if err != nil {
		return nil, err
	}
	return ReadPlaces(table)
})

func table(t testing.TB) *Places {
	t.Helper()
	p, err := readPlaces()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTableIsWhole: the table has what public sources say, and lost no kind of
// place on its way through the build.
func TestTableIsWhole(t *testing.T) {
	p := table(t)
	count := map[string]int{}
	for _, e := range p.list {
		kind := "municipality"
		if e.Abroad() {
			kind = "state"
		}
		if !e.To.IsZero() {
			kind = "former " + kind
		}
		count[kind]++
	}
	// 7,896 municipalities on 1 January 2024 (ISTAT), and some twenty codes that
	// the register keeps alive after a merger.
	if count["municipality"] < 7850 || count["municipality"] > 7950 || count["former municipality"] < 1900 ||
		count["state"] < 230 || count["former state"] < 10 {
		t.Errorf("counted %v", count)
	}
}

func TestLookup(t *testing.T) {
	tests := []struct {
		code string
		want Place
	}{
		{"H501", Place{Code: "H501", Name: "Roma", Area: "RM", From: date(1884, 9, 11)}},
		{"m059", Place{Code: "M059", Name: "Vinci", Area: "FI"}},
		{"A002", Place{Code: "A002", Name: "Abbadia Sopra Adda", Area: "CO", From: date(1863, 2, 23), To: date(1928, 3, 7)}},
		{"G778", Place{Code: "G778", Name: "Pola", Area: "PL", From: date(1921, 1, 5), To: date(1947, 9, 16)}},
		{"G113", Place{Code: "G113", Name: "Oristano", Area: "OR"}}, // the table itself begins with the province, in 1974
		{"C294", Place{Code: "C294", Name: "Châtillon", Area: "AO"}},
		{"Z404", Place{Code: "Z404", Name: "Stati Uniti d'America", Area: "US"}},
		{"Z114", Place{Code: "Z114", Name: "Regno Unito", Area: "GB"}},
		{"Z105", Place{Code: "Z105", Name: "Cecoslovacchia", To: date(1993, 1, 1)}},
	}
	for _, tt := range tests {
		got, ok := table(t).Lookup(tt.code)
		if diff := cmp.Diff(tt.want, got); !ok || diff != "" {
			t.Errorf("%s: %v %s", tt.code, ok, diff)
		}
	}
	for _, code := range []string{"", "Z000", "H50", "H5010", "ZZZZ"} {
		if got, ok := table(t).Lookup(code); ok {
			t.Errorf("%q is %v", code, got)
		}
	}
}

// TestFind: spellings, former names and second languages lead to the code, and
// namesakes are told apart by province and day.
func TestFind(t *testing.T) {
	day := date(1960, 6, 1)
	tests := []struct {
		name, province string
		on             time.Time
		want           []string
	}{
		{"Roma", "RM", day, []string{"H501"}},
		{"  roma ", "", day, []string{"H501"}},
		{"Forlì", "", day, []string{"D704"}},
		{"FORLI'", "FC", day, []string{"D704"}},
		{"Sant’Angelo Lodigiano", "LO", day, []string{"I274"}},
		{"SANT'ANGELO LODIGIANO", "LO", day, []string{"I274"}},
		{"Sant Angelo Lodigiano", "LO", day, []string{"I274"}},
		{"L'Aquila", "AQ", day, []string{"A345"}},
		{"Reggio nell'Emilia", "RE", day, []string{"H223"}},
		{"Reggio Emilia", "RE", day, []string{"H223"}},
		{"Bozen", "BZ", day, []string{"A952"}},
		{"Bolzano", "bz", day, []string{"A952"}},
		{"Girgenti", "AG", day, []string{"A089"}}, // Agrigento since 1927
		{"Lodi", "MI", day, []string{"E648"}},     // in the province of Milano until 1992
		{"Castro", "", date(1980, 1, 1), []string{"C337", "M261"}},
		{"Castro", "LE", date(1980, 1, 1), []string{"M261"}},
		{"Castro", "", day, []string{"C337"}}, // Castro (LE) is from 1975
		{"Abbiateguazzone", "", date(1928, 6, 18), []string{"A011"}},
		{"Abbiateguazzone", "", date(1928, 6, 19), nil},
		{"Abbiateguazzone", "", time.Time{}, []string{"A011"}},
		{"Toronto", "", day, nil},
		{"Francia", "", day, nil},
		{"", "", day, nil},
		{"Мілан", "", day, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, codes(table(t).Find(tt.name, tt.province, tt.on))); diff != "" {
			t.Errorf("%s (%s) %s: %s", tt.name, tt.province, tt.on.Format(time.DateOnly), diff)
		}
	}
}

func TestState(t *testing.T) {
	day := date(1980, 6, 1)
	tests := []struct {
		name string
		on   time.Time
		want []string
	}{
		{"Svizzera", day, []string{"Z133"}},
		{"ch", day, []string{"Z133"}},
		{"GB", day, []string{"Z114"}},
		{"Gran Bretagna", day, []string{"Z114"}},
		{"stati uniti", day, []string{"Z404"}},
		{"USA", day, []string{"Z404"}},
		{"Peru'", day, []string{"Z611"}},
		{"Perù", day, []string{"Z611"}},
		{"Costa d’Avorio", day, []string{"Z313"}},
		{"Hong Kong", day, []string{"Z221"}},
		{"Jugoslavia", day, []string{"Z118"}},
		{"Jugoslavia", date(2010, 1, 1), nil},
		{"Georgia", day, []string{"Z136", "Z254"}},
		{"Georgia", date(2010, 1, 1), []string{"Z254"}},
		{"Roma", day, nil},
		{"Atlantide", day, nil},
		{"", day, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, codes(table(t).State(tt.name, tt.on))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestReadPlacesRefuses(t *testing.T) {
	const rome = "H501\tRM\t1884-09-11\t\tRoma\n"
	for name, in := range map[string]string{
		"nothing":         "",
		"columns":         "H501\tRM\t\tRoma\n",
		"code":            "501H\tRM\t\t\tRoma\n",
		"area":            "H501\tROMA\t\t\tRoma\n",
		"day":             "H501\tRM\t11/9/1884\t\tRoma\n",
		"no such day":     "H501\tRM\t1884-02-30\t\tRoma\n",
		"ends too early":  "H501\tRM\t1884-09-11\t1884-09-11\tRoma\n",
		"no name":         "H501\tRM\t\t\t\n",
		"name of a mark":  "H501\tRM\t\t\tRoma|'\n",
		"twice":           rome + rome,
		"not sorted":      rome + "F205\tMI\t\t\tMilano\n",
		"empty line":      rome + "\n" + "I690\tTO\t\t\tSestriere\n",
		"windows newline": "H501\tRM\t\t\tRoma\r\nI690\tTO\t\t\tSestriere\n\r\n",
	} {
		if p, err := ReadPlaces([]byte(in)); !errors.Is(err, ErrPlaces) || p != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryNameLeadsBack: each name of each place, in whatever case and however
// its words are joined, is found on each day of the place's life.
func TestEveryNameLeadsBack(t *testing.T) {
	p := table(t)
	joined := strings.NewReplacer("'", " ", "-", " ")
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(p.list).Draw(t, "place")
		name := rapid.SampledFrom(e.names).Draw(t, "name")
		written := rapid.SampledFrom([]string{name, strings.ToUpper(name), strings.ToLower(name), joined.Replace(name)}).Draw(t, "written")
		on := dayOf(t, e.Place)
		found := p.Find(written, e.Area, on)
		if e.Abroad() {
			found = p.State(written, on)
		}
		if !slices.Contains(codes(found), e.Code) {
			t.Fatalf("%s is not found as %q on %s", e.Code, written, on.Format(time.DateOnly))
		}
		if got, ok := p.Lookup(e.Code); !ok || got != e.Place || !got.On(on) {
			t.Fatalf("%s: Lookup = %v, %v", e.Code, got, ok)
		}
	})
}

// dayOf draws a day on which the place existed, from 1880 to 2025 where it can.
func dayOf(t *rapid.T, p Place) time.Time {
	first, last := date(1880, 1, 1), date(2025, 12, 31)
	if !p.To.IsZero() && p.To.Before(last) {
		last = p.To.AddDate(0, 0, -1)
	}
	if last.Before(first) || p.From.After(first) {
		first = p.From
	}
	if first.IsZero() {
		first = last
	}
	days := int(last.Sub(first) / (24 * time.Hour))
	return first.AddDate(0, 0, rapid.IntRange(0, max(days, 0)).Draw(t, "day"))
}

func codes(places []Place) []string {
	var list []string
	for _, p := range places {
		list = append(list, p.Code)
	}
	return list
}

// FuzzReadPlaces: no table panics, and an accepted one answers for each of its
// places.
func FuzzReadPlaces(f *testing.F) {
	f.Add([]byte("H501\tRM\t1884-09-11\t\tRoma\nZ118\tYU\t\t2004-01-01\tJugoslavia|Iugoslavia\n"))
	f.Add([]byte("A001\t\t\t\tAbano Terme"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ReadPlaces(in)
		if err != nil {
			return
		}
		for _, e := range p.list {
			found := p.Find(e.Name, e.Area, e.From)
			if e.Abroad() {
				found = p.State(e.Name, e.From)
			}
			if got, ok := p.Lookup(e.Code); !ok || got != e.Place || !slices.Contains(codes(found), e.Code) {
				t.Fatalf("%q is lost", e.Code)
			}
		}
	})
}

func BenchmarkReadPlaces(b *testing.B) {
	table, err := assets.Places()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadPlaces(table); err != nil {
			b.Fatal(err)
		}
	}
}
