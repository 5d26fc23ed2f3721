package offices

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"dispositivo/internal/assets"
	"dispositivo/internal/codicefiscale"
)

func builtIn(t testing.TB) Catalogue {
	t.Helper()
	c, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func places(t *testing.T) *codicefiscale.Places {
	t.Helper()
	table, err := assets.Places()
	if err != nil {
		t.Fatal(err) // "make assets"
	}
	p, err := codicefiscale.ReadPlaces(table)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// proves E2: the catalogue that comes with the program is plausible, and invents nothing.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	c, known := builtIn(t), places(t)
	count := map[Kind]int{}
	perCity := map[string]int{}
	for _, o := range c.All() {
		count[o.Kind]++
		if o.Address+o.Phone+o.Opening != "" {
			t.Errorf("%s: an address, a telephone number or hours that no source here vouches for", o.Name)
		}
		if perCity[string(o.Kind)+o.Country+o.City]++; perCity[string(o.Kind)+o.Country+o.City] > 1 {
			t.Errorf("%s: two of a kind in %s", o.Name, o.City)
		}
		inItaly := o.At.Latitude > 35 && o.At.Latitude < 47.1 && o.At.Longitude > 6.6 && o.At.Longitude < 18.6
		switch {
		case (o.Kind == INPS) != (o.Country == "IT"):
			t.Errorf("%s is in %s", o.Name, o.Country)
		case o.Kind == INPS && !inItaly:
			t.Errorf("%s lies at %v", o.Name, o.At)
		case o.At != (Position{hundredths(o.At.Latitude), hundredths(o.At.Longitude)}):
			t.Errorf("%s: more than two decimals promise more than a city", o.Name)
		}
	}
	if count[INPS] != 107 || count[Embassy] < 90 || count[Consulate] < 40 {
		t.Errorf("offices: %v", count)
	}
	for code, name := range c.countries {
		if code != "IT" && len(known.State(code, time.Time{})) == 0 {
			t.Errorf("%s is the code of no state", code)
		}
		if code != "IT" && !bears(known, name["it"], code) {
			t.Errorf("%s is not called %q", code, name["it"])
		}
	}
	if !strings.Contains(c.Note("it"), "centro della città") || !strings.Contains(c.Note("en"), "middle of the city") {
		t.Error("the catalogue does not say what its coordinates are")
	}
}

// bears reports whether the state of a code has or had the name.
func bears(known *codicefiscale.Places, name, code string) bool {
	for _, s := range known.State(name, time.Time{}) {
		if s.Area == code {
			return true
		}
	}
	return name == "Sudafrica" // the table has Repubblica Sudafricana
}

// proves E2: each province of today has an office, in a municipality that lies in it.
func TestEveryProvince(t *testing.T) {
	t.Parallel()
	known, today := places(t), time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	found := map[string]string{}
	for _, o := range builtIn(t).All() {
		if o.Kind != INPS {
			continue
		}
		towns := known.Find(o.City, "", today)
		if len(towns) != 1 {
			t.Errorf("%s: %d municipalities are called so", o.City, len(towns))
			continue
		}
		if before := found[towns[0].Area]; before != "" {
			t.Errorf("%s and %s are in one province", before, o.City)
		}
		found[towns[0].Area] = o.City
	}
	if len(found) != 107 {
		t.Errorf("%d provinces", len(found))
	}
}

// fine is a catalogue of one office; the parts can be replaced by name.
func fine(parts ...string) string {
	text := `{"source": "nobody", "note": {"it": "Nota", "en": "Note"},
		"countries": {"IT": {"it": "Italia", "en": "Italy"}},
		"offices": [{"kind": "inps", "name": "Sede", "city": "Forlì", "also": ["Forli-Cesena"], "country": "IT",
			"latitude": 44.22, "longitude": 12.04, "address": "Via Prova 1", "phone": "+39 06 1234", "opening": "lun-ven 9-12"}]}`
	return strings.NewReplacer(parts...).Replace(text)
}

func TestRead(t *testing.T) {
	t.Parallel()
	c, err := Read(strings.NewReader(fine()))
	if err != nil {
		t.Fatal(err)
	}
	want := Office{
		Kind: INPS, Name: "Sede", City: "Forlì", Country: "IT", At: Position{44.22, 12.04},
		Address: "Via Prova 1", Phone: "+39 06 1234", Opening: "lun-ven 9-12",
	}
	got := c.All()[0]
	if got.Also = nil; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v", got)
	}
	if c.Note("en") != "Note" || c.Note("de") != "Nota" || c.CountryName("IT", "en") != "Italy" {
		t.Error("the words are not those of the file")
	}
	if _, err := Read(strings.NewReader(fine(`"note": {"it": "Nota", "en": "Note"},`, ""))); err != nil {
		t.Errorf("without a note: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	office := fine()
	office = office[strings.Index(office, `{"kind"`) : len(office)-2]
	for name, tc := range map[string]struct{ file, says string }{
		"nothing":             {"", "EOF"},
		"no JSON":             {"sedi", "invalid character"},
		"empty":               {fine(office, ""), "it is empty"},
		"more after its end":  {fine() + "{}", "follows its end"},
		"too large":           {fine("nobody", strings.Repeat("x", maxBytes)), "more than 1048576 bytes"},
		"too many":            {fine(office, strings.Repeat(`{},`, maxOffices)+"{}"), "more than 5000 offices"},
		"unknown field":       {fine(`"address"`, `"street"`), "unknown field"},
		"unknown kind":        {fine(`"inps"`, `"inail"`), `office 1, "Sede": "inail" is no kind`},
		"unknown country":     {fine(`"country": "IT"`, `"country": "FR"`), `country "FR" is not among`},
		"country of a name":   {fine(`"IT": {`, `"ITA": {`), "two capital letters"},
		"country unnamed":     {fine(`, "en": "Italy"`, ""), `country "IT": there is no text in "en"`},
		"note in one tongue":  {fine(`, "en": "Note"`, ""), `note: there is no text in "en"`},
		"no latitude":         {fine(`"latitude": 44.22, `, ""), "latitude or longitude is missing"},
		"no longitude":        {fine(`"longitude": 12.04, `, ""), "latitude or longitude is missing"},
		"too far north":       {fine("44.22", "90.01"), "latitude is not from -90 to 90"},
		"too far west":        {fine("12.04", "-180.01"), "longitude not from -180 to 180"},
		"beyond all numbers":  {fine("44.22", "1e999"), "cannot unmarshal"},
		"a text for a number": {fine("44.22", `"44.22"`), "cannot unmarshal"},
		"no name":             {fine(`"Sede"`, `""`), "name or city is missing"},
		"no city":             {fine(`"Forlì"`, `"…"`), "name or city is missing"},
		"a name of nothing":   {fine(`"Forli-Cesena"`, `"-"`), "another name of the city has no letter"},
		"too many names":      {fine(`"Forli-Cesena"`, `"a"`+strings.Repeat(`,"a"`, maxNames)), "more than 8 other names"},
		"no number":           {fine("+39 06 1234", "06/1234"), "is no telephone number"},
		"long":                {fine("Via Prova 1", strings.Repeat("è", maxText+1)), "more than 200 characters"},
		"two lines":           {fine("Via Prova 1", `Via\nProva`), "do not print"},
		"space at an end":     {fine("Via Prova 1", "Via Prova 1 "), "space at an end"},
		"twice":               {fine(office, office+","+strings.Replace(office, "Forlì", "FORLI'", 1)), `office 2, "Sede": it is there twice`},
	} {
		c, err := Read(strings.NewReader(tc.file))
		if err == nil || len(c.list) > 0 {
			t.Errorf("%s: taken", name)
			continue
		}
		if !strings.Contains(err.Error(), tc.says) || !strings.HasPrefix(err.Error(), "read catalogue of offices: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A catalogue is not read to an end that may never come.
func TestReadStops(t *testing.T) {
	t.Parallel()
	endless := &spaces{}
	if _, err := Read(endless); err == nil || endless.given > 2*maxBytes {
		t.Errorf("%d bytes, %v", endless.given, err)
	}
}

type spaces struct{ given int }

func (s *spaces) Read(p []byte) (int, error) {
	if s.given > 4*maxBytes {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = ' '
	}
	s.given += len(p)
	return len(p), nil
}

func TestByCountry(t *testing.T) {
	t.Parallel()
	c := builtIn(t)
	for lang, want := range map[string][3]string{
		"it": {"Italia", "Albania", "Algeria"}, "en": {"Italy", "Albania", "Algeria"},
	} {
		groups, total := c.ByCountry(lang), 0
		for _, g := range groups {
			total += len(g.Offices)
		}
		if got := [3]string{groups[0].Name, groups[1].Name, groups[2].Name}; got != want {
			t.Errorf("%s begins with %v", lang, got)
		}
		if total != len(c.All()) {
			t.Errorf("%s: %d offices of %d", lang, total, len(c.All()))
		}
	}
	if last := c.ByCountry("en"); last[len(last)-1].Name != "Zambia" {
		t.Errorf("the last is %s", last[len(last)-1].Name)
	}
}
