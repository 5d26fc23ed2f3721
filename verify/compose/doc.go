// Package compose makes one small PDF of pages that were decoded elsewhere
// ("make it fit", C3): bilevel pages as Group 4 without loss, all others as JPEG
// at the best quality that fits, never below a floor at which letters can still
// be read by people and by the zone reader.
//
// The package knows pixels alone: it must not decode foreign files, open files or
// log. It writes the PDF itself, because a composed document is nothing but
// pictures, and the same pages shall give the same bytes every time: pdfcpu
// writes the time and numbers objects by chance.
package compose
