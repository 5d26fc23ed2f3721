// Package offices finds the nearest INPS office, embassy or consulate (E2): a
// catalogue of where they are, and how far each is from somebody.
//
// Where somebody is, is personal. A position is rounded before anything is done
// with it, lives as long as its request, and is in no error; the package must not
// log, keep or send it.
//
// The catalogue that comes with the program (catalogue.json) holds public facts
// at the level of cities, and says so itself. The coordinates in it are those of
// the cities after GeoNames (geonames.org), CC BY 4.0.
package offices
