package codicefiscale

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrPlaces says that a table of places is not in the form ReadPlaces takes.
// Errors wrap it and add the line.
var ErrPlaces = errors.New("codice fiscale: table of places out of form")

// Place is a municipality or a foreign state, as the table has it.
type Place struct {
	Code string // Belfiore code; those of foreign states begin with Z
	Name string // official Italian name, the last one of an abolished place
	Area string // sigla of the province; of a state its ISO 3166-1 code; can be empty
	// From is the first day, To the first day no longer (midnight UTC). Zero means
	// since ever, that is since before the Kingdom of Italy or unknown, and still.
	From, To time.Time
}

// Abroad reports whether the place is a foreign state or territory.
func (p Place) Abroad() bool { return abroad(p.Code) }

// On reports whether the place existed on a day, which is taken in its own zone.
// The zero day is no day: the answer is true.
func (p Place) On(day time.Time) bool {
	if day.IsZero() {
		return true
	}
	day = midnight(day)
	return !day.Before(p.From) && (p.To.IsZero() || day.Before(p.To))
}

// in reports whether a municipality lies in a province, given as people type it.
func (p Place) in(province string) bool {
	return !p.Abroad() && p.Area != "" && strings.EqualFold(p.Area, strings.TrimSpace(province))
}

// Places is the table of every municipality since 1861 and of every foreign
// state that has or had a Belfiore code: about 10,000 places in some 2 MB. It
// never changes, so that many goroutines may read it. One code is one place,
// whatever names it had; a place that was abolished and came back under its code
// counts as never gone.
type Places struct {
	list   []entry            // sorted by code
	byName map[string][]int32 // letters of a name → positions in list
	byISO  map[string][]int32
}

// entry is a place with all its names, the official one first.
type entry struct {
	Place
	names []string
}

// ReadPlaces reads the table that scripts/places.mjs makes: a line for each code,
// sorted, with code, province or ISO code, first day, first day no longer and
// names, separated by tabs; names by "|". Errors wrap ErrPlaces.
func ReadPlaces(table []byte) (*Places, error) {
	lines := strings.Split(string(bytes.TrimSuffix(table, []byte("\n"))), "\n")
	p := &Places{
		list:   make([]entry, 0, len(lines)),
		byName: make(map[string][]int32, len(lines)),
		byISO:  map[string][]int32{},
	}
	for i, line := range lines {
		e, err := readEntry(line)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrPlaces, i+1, err)
		}
		if i > 0 && e.Code <= p.list[i-1].Code {
			return nil, fmt.Errorf("%w: line %d: not sorted by code", ErrPlaces, i+1)
		}
		p.add(e)
	}
	return p, nil
}

func readEntry(line string) (entry, error) {
	column := strings.Split(line, "\t")
	if len(column) != 5 {
		return entry{}, fmt.Errorf("%d columns", len(column))
	}
	e := entry{
		Place: Place{Code: column[0], Area: column[1]},
		names: strings.Split(column[4], "|"),
	}
	e.Name = e.names[0]
	if !validPlace(e.Code) || len(e.Area) != 0 && len(e.Area) != 2 {
		return entry{}, errors.New("code or area out of shape")
	}
	if slices.ContainsFunc(e.names, func(name string) bool { return letterKey(name) == "" }) {
		return entry{}, errors.New("name without a letter")
	}
	for i, day := range []*time.Time{&e.From, &e.To} {
		text := column[2+i]
		if text == "" {
			continue
		}
		var err error
		if *day, err = time.Parse(time.DateOnly, text); err != nil {
			return entry{}, errors.New("day out of shape")
		}
	}
	if !e.To.IsZero() && !e.From.Before(e.To) {
		return entry{}, errors.New("ends before it begins")
	}
	return e, nil
}

// add appends an entry and puts it into both indexes.
func (p *Places) add(e entry) {
	at := int32(len(p.list)) //nolint:gosec // codes have four characters: there are 26,000
	p.list = append(p.list, e)
	for _, name := range e.names {
		key := letterKey(name)
		if !slices.Contains(p.byName[key], at) {
			p.byName[key] = append(p.byName[key], at)
		}
	}
	if e.Abroad() && e.Area != "" {
		p.byISO[e.Area] = append(p.byISO[e.Area], at)
	}
}

// Lookup returns the place of a Belfiore code, abolished or not.
func (p *Places) Lookup(code string) (Place, bool) {
	at, ok := slices.BinarySearchFunc(p.list, strings.ToUpper(code), func(e entry, code string) int {
		return strings.Compare(e.Code, code)
	})
	if !ok {
		return Place{}, false
	}
	return p.list[at].Place, true
}

// Find returns the municipalities that bear or bore a name and existed on a day,
// sorted by code; the zero day stands for any. Case, accents, apostrophes, spaces
// and hyphens do not count. A province (its sigla) chooses among namesakes, but
// when none of them lies in it all are returned: provinces have changed much more
// often than municipalities, and the table knows only the last one.
func (p *Places) Find(name, province string, on time.Time) []Place {
	all := p.named(p.byName[letterKey(name)], false, on)
	inside := slices.DeleteFunc(slices.Clone(all), func(place Place) bool { return !place.in(province) })
	if len(inside) > 0 {
		return inside
	}
	return all
}

// State returns the foreign states and territories that bear or bore an Italian
// name, or have an ISO 3166-1 code of two letters, and existed on a day, sorted by
// code; the zero day stands for any. Names are compared as in Find.
func (p *Places) State(name string, on time.Time) []Place {
	key := letterKey(name)
	if found := p.named(p.byName[key], true, on); len(found) > 0 {
		return found
	}
	return p.named(p.byISO[key], true, on)
}

// named returns those of the positions that are abroad, or not, and existed on a
// day.
func (p *Places) named(positions []int32, outside bool, on time.Time) []Place {
	var found []Place
	for _, at := range positions {
		if place := p.list[at].Place; place.Abroad() == outside && place.On(on) {
			found = append(found, place)
		}
	}
	return found
}

// letterKey reduces a name to its letters A-Z, so that Sant'Angelo, SANT ANGELO
// and Sant’Angelo are one. Most names are ASCII and need no normalizing.
func letterKey(name string) string {
	key := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 0x80:
			return letters(Fold(name))
		case c >= 'a' && c <= 'z':
			key = append(key, c-'a'+'A')
		case c >= 'A' && c <= 'Z':
			key = append(key, c)
		}
	}
	return string(key)
}

// abroad reports whether a Belfiore code is that of a foreign state.
func abroad(code string) bool { return strings.HasPrefix(code, "Z") }

// midnight drops the time of day, keeping the calendar date of the zone.
func midnight(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
}
