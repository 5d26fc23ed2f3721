package offices

import (
	"slices"
	"strings"

	"dispositivo/internal/codicefiscale"
)

// place is a country, or a city and where it is.
type place struct {
	country string
	city    string // "" for a country
	at      Position
}

// index finds places by all that people call them: cities by their names, with the
// country in brackets or without; countries by name or code.
func index(c Catalogue) map[string][]place {
	found := map[string][]place{}
	add := func(name string, p place) {
		key := letters(name)
		same := func(other place) bool { return other.country == p.country && other.city == p.city }
		if key != "" && !slices.ContainsFunc(found[key], same) {
			found[key] = append(found[key], p)
		}
	}
	for _, o := range c.list {
		add(o.Country, place{country: o.Country})
		for _, name := range c.countries[o.Country] {
			add(name, place{country: o.Country})
		}
		city := place{country: o.Country, city: letters(o.City), at: o.At}
		for _, name := range append([]string{o.City}, o.Also...) {
			add(name, city)
			for _, country := range c.countries[o.Country] {
				add(label(name, country), city)
			}
		}
	}
	return found
}

// find returns the only place of a name. A country goes before a city that is
// called like it, as Panama is; of two cities called alike neither is returned.
func (c Catalogue) find(name string) (place, bool) {
	matches := c.places[letters(name)]
	if i := slices.IndexFunc(matches, func(p place) bool { return p.city == "" }); i >= 0 {
		return matches[i], true
	}
	if len(matches) != 1 {
		return place{}, false
	}
	return matches[0], true
}

// letters reduces a name to its letters A-Z: case, accents and brackets do not count.
func letters(name string) string { return strings.ReplaceAll(codicefiscale.Fold(name), " ", "") }

// label is how a city is offered, such as "Torino (Italia)".
func label(city, country string) string { return city + " (" + country + ")" }

// Labels lists what a person can choose from in a language, or in Italian:
// countries, then cities with their country, by all their names, each once. The
// list is everybody's: it is not to be changed.
func (c Catalogue) Labels(lang string) []string {
	if list, ok := c.labels[lang]; ok {
		return list
	}
	return c.labels["it"]
}

func labels(groups []Country) []string {
	var list []string
	seen := map[string]bool{}
	add := func(l string) {
		if !seen[l] {
			list, seen[l] = append(list, l), true
		}
	}
	for _, country := range groups {
		add(country.Name)
	}
	for _, country := range groups {
		for _, o := range country.Offices {
			for _, name := range append([]string{o.City}, o.Also...) {
				add(label(name, country.Name))
			}
		}
	}
	return list
}
