// Package raster turns decoded pages into pictures a reviewer can look at, and
// measures how well they can be read.
//
// Images from foreign files are copied first, every index checked, into plain
// grey or colour pictures of bounded size; only these reach the imaging
// library, which can panic in a goroutine of its own where no recover helps.
// Pictures come upright and with square pixels, those to review also level and
// without the black edges of scans. All measures are taken on one small copy, the
// sketch; docs/reading.md says what their limits were chosen by.
//
// The package is a leaf for the sandbox child. It must not decode any format,
// open files or decide anything: its findings warn or inform, with the measured
// value and its limit beside them, and none says what is on a page.
package raster
