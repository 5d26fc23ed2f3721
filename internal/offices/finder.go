package offices

import (
	"slices"

	"dispositivo/dossier"
	"dispositivo/internal/throttle"
)

// each is how many offices of each kind a search finds.
const each = 5

// Finder searches a catalogue for whoever asks, within limits.
type Finder struct {
	Catalogue
	tries *throttle.Throttle
}

// NewFinder returns a Finder; tries bounds the searches of one source.
func NewFinder(c Catalogue, tries *throttle.Throttle) *Finder {
	return &Finder{Catalogue: c, tries: tries}
}

// Nearest returns the five nearest offices of a kind, or of each for kind "", the
// nearest first. source is the network that asks. CodeOfficePosition: the
// coordinates, in degrees, are no place on the Earth. CodeRequestInvalid: kind is
// none. CodeRateLimited by source.
func (f *Finder) Nearest(source string, latitude, longitude float64, kind Kind) ([]Near, error) {
	if err := f.take(source); err != nil {
		return nil, err
	}
	kinds := Kinds()
	if kind != "" {
		if !slices.Contains(kinds, kind) {
			return nil, dossier.Problem(dossier.CodeRequestInvalid)
		}
		kinds = []Kind{kind}
	}
	from, err := NewPosition(latitude, longitude)
	if err != nil {
		return nil, err
	}
	return f.nearest(from, each, kinds), nil
}

// Found is what a place led to.
type Found struct {
	Offices []Near
	// Measured: Km is the distance from the city that was named. Of a country all
	// offices are returned, and none has a distance.
	Measured bool
}

// At returns the offices of a country, or the nearest to a city of the catalogue,
// by its name in any language of the catalogue. CodeOfficePlace: no place is
// called so, or more than one is. CodeOfficeNone: nothing was named.
// CodeRateLimited by source.
func (f *Finder) At(source, name string) (Found, error) {
	if err := f.take(source); err != nil {
		return Found{}, err
	}
	if name == "" {
		return Found{}, dossier.Problem(dossier.CodeOfficeNone)
	}
	p, ok := f.find(name)
	if !ok {
		return Found{}, dossier.Problem(dossier.CodeOfficePlace)
	}
	if p.city != "" {
		return Found{Offices: f.nearest(p.at, each, Kinds()), Measured: true}, nil
	}
	var found Found
	for _, o := range f.list {
		if o.Country == p.country {
			found.Offices = append(found.Offices, Near{Office: o})
		}
	}
	return found, nil
}

func (f *Finder) take(source string) error { return f.tries.Take("office source " + source) }
