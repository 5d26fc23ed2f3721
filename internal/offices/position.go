package offices

import (
	"cmp"
	"math"
	"slices"

	"dispositivo/dossier"
)

// earthRadius is the mean radius of the Earth in kilometres (IUGG, R1 of GRS 80).
// A sphere is wrong by half a per cent at most, which nobody notices who travels.
const earthRadius = 6371.0088

// Position is a point on the Earth (WGS 84), in degrees: latitude from -90 to 90,
// north is positive; longitude from -180 to 180, east is positive.
type Position struct{ Latitude, Longitude float64 }

// NewPosition rounds to two decimals, about a kilometre: nobody needs to be known
// better than that to be told which city is near. CodeOfficePosition: it is no
// place on the Earth; the error does not hold what was given.
func NewPosition(latitude, longitude float64) (Position, error) {
	p := Position{latitude, longitude}
	if !p.valid() {
		return Position{}, dossier.Problem(dossier.CodeOfficePosition)
	}
	return Position{hundredths(latitude), hundredths(longitude)}, nil
}

func hundredths(degrees float64) float64 { return math.Round(degrees*100) / 100 }

// valid is false for what is no number, too: it compares with nothing.
func (p Position) valid() bool {
	return p.Latitude >= -90 && p.Latitude <= 90 && p.Longitude >= -180 && p.Longitude <= 180
}

// Distance is the length of the great circle between two positions in kilometres,
// by the haversine formula, which is exact for near points too.
func Distance(a, b Position) float64 {
	lat1, lat2 := radians(a.Latitude), radians(b.Latitude)
	dLat, dLon := lat2-lat1, radians(b.Longitude-a.Longitude)
	h := haversine(dLat) + math.Cos(lat1)*math.Cos(lat2)*haversine(dLon)
	// Rounding may lead a hair above 1 for points that lie opposite each other.
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

func haversine(angle float64) float64 {
	s := math.Sin(angle / 2)
	return s * s
}

// Near is an office and how far it is.
type Near struct {
	Office
	// Km is in kilometres, along the great circle.
	Km float64
}

// nearest returns up to n offices of each of the kinds, the nearest first; of those
// that are as far, the one that the catalogue names first.
func (c Catalogue) nearest(from Position, n int, kinds []Kind) []Near {
	all := make([]Near, 0, len(c.list))
	for _, o := range c.list {
		if slices.Contains(kinds, o.Kind) {
			all = append(all, Near{o, Distance(from, o.At)})
		}
	}
	slices.SortStableFunc(all, func(a, b Near) int { return cmp.Compare(a.Km, b.Km) })
	var found []Near
	taken := map[Kind]int{}
	for _, near := range all {
		if taken[near.Kind]++; taken[near.Kind] <= n {
			found = append(found, near)
		}
	}
	return found
}
