// Package fax makes faxes for tests: pages as a fax machine scans them, with the
// faults of scanners and lines, the same for the same seed.
//
// It must be imported by tests and by internal/bench alone. The people and words
// on its pages are invented.
package fax
