// Package fax draws pages for tests, and has package faxline make faxes of them.
//
// It must be imported by tests and by internal/bench alone. The people and words
// on its pages are invented.
package fax
