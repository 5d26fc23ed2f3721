package offices

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/throttle"
)

// proves E2: distances along the great circle, over the poles and across the date line too.
func TestDistance(t *testing.T) {
	t.Parallel()
	degree := earthRadius * math.Pi / 180 // of a great circle, some 111 km
	for name, tc := range map[string]struct {
		a, b Position
		km   float64
	}{
		"the same":               {Position{45.07, 7.69}, Position{45.07, 7.69}, 0},
		"a degree north":         {Position{0, 0}, Position{1, 0}, degree},
		"a degree east":          {Position{0, 0}, Position{0, 1}, degree},
		"half as much at 60°":    {Position{60, 0}, Position{60, .01}, degree / 200},
		"across the date line":   {Position{0, 179.5}, Position{0, -179.5}, degree},
		"180° east is 180° west": {Position{10, 180}, Position{10, -180}, 0},
		"over the pole":          {Position{89, 0}, Position{89, 180}, 2 * degree},
		"a pole has no meridian": {Position{90, 0}, Position{90, 123}, 0},
		"pole to pole":           {Position{90, 0}, Position{-90, 77}, 180 * degree},
		"opposite each other":    {Position{45.07, 7.69}, Position{-45.07, -172.31}, 180 * degree},
		"Rome to Milan":          {Position{41.89, 12.51}, Position{45.46, 9.19}, 478.3},
		"Auckland to Los Angeles": {
			Position{-36.85, 174.76}, Position{34.05, -118.24}, 10_480,
		},
	} {
		got, back := Distance(tc.a, tc.b), Distance(tc.b, tc.a)
		if math.Abs(got-tc.km) > .002*tc.km+1e-6 || math.Abs(got-back) > 1e-6 {
			t.Errorf("%s: %.3f km, back %.3f, want %.3f", name, got, back, tc.km)
		}
	}
}

// proves E2, promise 4: a position is known to two decimals, and no error holds it.
func TestNewPosition(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lat, lon float64
		want     Position
	}{
		{45.0703, 7.6869, Position{45.07, 7.69}},
		{-0.001, 0.004, Position{0, 0}},
		{90, 180, Position{90, 180}},
		{-89.999, -179.999, Position{-90, -180}},
	} {
		if got, err := NewPosition(tc.lat, tc.lon); err != nil || got != tc.want {
			t.Errorf("%v, %v: %v, %v", tc.lat, tc.lon, got, err)
		}
	}
	for _, tc := range [][2]float64{
		{90.004, 0}, {-91, 0}, {0, 180.001}, {0, -4512.25}, {math.NaN(), 0}, {0, math.NaN()}, {math.Inf(1), 0}, {0, math.Inf(-1)},
	} {
		_, err := NewPosition(tc[0], tc[1])
		if dossier.CodeOf(err) != dossier.CodeOfficePosition || strings.ContainsAny(err.Error(), "0123456789") {
			t.Errorf("%v: %v", tc, err)
		}
	}
}

func newFinder(t *testing.T, burst int) *Finder {
	t.Helper()
	clk := clock.NewStub(time.Date(2026, time.November, 22, 11, 0, 0, 0, time.UTC))
	return NewFinder(builtIn(t), throttle.New(clk, burst, time.Minute))
}

// proves E2
func TestNearest(t *testing.T) {
	t.Parallel()
	f := newFinder(t, 100)
	for name, tc := range map[string]struct {
		lat, lon float64
		first    map[Kind]string
	}{
		"Rivoli":              {45.07, 7.52, map[Kind]string{INPS: "Torino", Embassy: "Berna", Consulate: "Lugano"}},
		"Augsburg":            {48.37, 10.9, map[Kind]string{INPS: "Bolzano", Embassy: "Berna", Consulate: "Monaco di Baviera"}},
		"Fiji, 180° east":     {-16.8, 179.99, map[Kind]string{Embassy: "Wellington", Consulate: "Sydney"}},
		"Fiji, 180° west":     {-16.8, -179.99, map[Kind]string{Embassy: "Wellington", Consulate: "Sydney"}},
		"the South Pole":      {-90, 0, map[Kind]string{Embassy: "Wellington", Consulate: "Bahía Blanca"}},
		"the North Pole":      {90, 0, map[Kind]string{INPS: "Bolzano", Embassy: "Helsinki", Consulate: "Edimburgo"}},
		"a street in Toronto": {43.6532, -79.3832, map[Kind]string{Embassy: "Ottawa", Consulate: "Toronto"}},
	} {
		found, err := f.Nearest("one", tc.lat, tc.lon, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		first, count := map[Kind]string{}, map[Kind]int{}
		for _, near := range found {
			if count[near.Kind]++; first[near.Kind] == "" {
				first[near.Kind] = near.City
			}
		}
		for kind, city := range tc.first {
			if first[kind] != city {
				t.Errorf("%s: the nearest %s is %s, want %s", name, kind, first[kind], city)
			}
		}
		if count[INPS] != 5 || count[Embassy] != 5 || count[Consulate] != 5 {
			t.Errorf("%s: %v", name, count)
		}
		if !slices.IsSortedFunc(found, func(a, b Near) int { return int(a.Km - b.Km) }) {
			t.Errorf("%s: not by distance", name)
		}
	}
	only, err := f.Nearest("one", 45, 7, Embassy)
	if err != nil || len(only) != 5 || slices.ContainsFunc(only, func(n Near) bool { return n.Kind != Embassy }) {
		t.Errorf("one kind: %v, %v", only, err)
	}
	if _, err := f.Nearest("one", 45, 7, "post"); dossier.CodeOf(err) != dossier.CodeRequestInvalid {
		t.Errorf("no kind: %v", err)
	}
	if _, err := f.Nearest("one", 451, 7, ""); dossier.CodeOf(err) != dossier.CodeOfficePosition {
		t.Errorf("nowhere: %v", err)
	}
}

// proves E2: without a position, by a city or a country as people write it.
func TestAt(t *testing.T) {
	t.Parallel()
	f := newFinder(t, 100)
	for name, tc := range map[string]struct {
		first    string
		n        int
		measured bool
	}{
		"Torino (Italia)": {"Torino", 15, true}, "TORINO": {"Torino", 15, true}, "Turin (Italy)": {"Torino", 15, true},
		"munich": {"Monaco di Baviera", 15, true}, "München (Germania)": {"Monaco di Baviera", 15, true},
		"reggio  nell’emilia": {"Reggio nell'Emilia", 15, true}, "cordoba": {"Córdoba", 15, true},
		"Germania": {"Berlino", 6, false}, "germany": {"Berlino", 6, false}, "DE": {"Berlino", 6, false},
		"Côte d'Ivoire": {"Abidjan", 1, false}, "Panama": {"Panama", 1, false}, "Lussemburgo (Lussemburgo)": {"Lussemburgo", 15, true},
	} {
		found, err := f.At("one", name)
		if err != nil || len(found.Offices) != tc.n || found.Offices[0].City != tc.first || found.Measured != tc.measured {
			t.Errorf("%s: %v, %+v", name, err, found)
		}
	}
	for name, want := range map[string]dossier.Code{
		"": dossier.CodeOfficeNone, "Atlantide": dossier.CodeOfficePlace, "  ": dossier.CodeOfficePlace, "東京": dossier.CodeOfficePlace,
		"Torino (Francia)": dossier.CodeOfficePlace, strings.Repeat("a", 60_000): dossier.CodeOfficePlace,
	} {
		if _, err := f.At("one", name); dossier.CodeOf(err) != want || len(err.Error()) > 40 {
			t.Errorf("%.20q: %.100v", name, err)
		}
	}
}

// Two cities of one name are told apart by their country.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	c, err := Read(strings.NewReader(`{"countries": {"ES": {"it": "Spagna", "en": "Spain"}, "AR": {"it": "Argentina", "en": "Argentina"}}, "offices": [
		{"kind": "consulate", "name": "A", "city": "Córdoba", "country": "AR", "latitude": -31.41, "longitude": -64.19},
		{"kind": "consulate", "name": "B", "city": "Cordova", "also": ["Córdoba"], "country": "ES", "latitude": 37.89, "longitude": -4.78}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Córdoba": "", "cordoba (spain)": "cordova", "Cordova": "cordova", "Córdoba (Argentina)": "cordoba"} {
		p, ok := c.find(name)
		if ok != (want != "") || !strings.EqualFold(p.city, want) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// Whatever is offered for choosing is found.
func TestLabelsAreFound(t *testing.T) {
	t.Parallel()
	c := builtIn(t)
	for _, lang := range []string{"it", "en"} {
		labels := c.Labels(lang)
		for _, l := range labels {
			if _, ok := c.find(l); !ok {
				t.Errorf("%s: %q leads nowhere", lang, l)
			}
		}
		if len(labels) < 300 || len(slices.Compact(slices.Sorted(slices.Values(labels)))) != len(labels) {
			t.Errorf("%s: %d labels, or one twice", lang, len(labels))
		}
	}
}

func TestTries(t *testing.T) {
	t.Parallel()
	f := newFinder(t, 2)
	_, _ = f.Nearest("one", 45, 7, "")
	_, _ = f.At("one", "Torino")
	if _, err := f.Nearest("one", 45, 7, ""); dossier.CodeOf(err) != dossier.CodeRateLimited {
		t.Errorf("by position: %v", err)
	}
	if _, err := f.At("one", "Torino"); dossier.CodeOf(err) != dossier.CodeRateLimited {
		t.Errorf("by place: %v", err)
	}
	if _, err := f.At("another", "Torino"); err != nil {
		t.Errorf("another source: %v", err)
	}
}
