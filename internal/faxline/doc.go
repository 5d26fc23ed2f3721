// Package faxline makes faxes of pages: scanned as a fax machine scans them, with the
// faults of scanners and lines, the same for the same seed, and written as fax servers
// and providers store them.
//
// It is for "simulate" and for tests. It knows pixels alone: it must not read foreign
// files, open files or log.
package faxline
