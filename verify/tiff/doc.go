// Package tiff finds the pages of a TIFF file and decodes them.
//
// The chain of image file directories is walked by our own code, which checks
// every offset and count against the file before it is used and every size
// against [Limits] before anything is allocated. Pixels come from
// golang.org/x/image/tiff, which is shown one page at a time through a header
// that points there. What it cannot read (Group 3 two-dimensional, Modified
// Huffman, JPEG, planar, BigTIFF) is said page by page ([PageInfo].Problem).
//
// The package is a leaf for the sandbox child and foreign bytes are hostile: it
// must not be called in the server, must not panic, and must not say anything
// of what a file contains but sizes and names of encodings.
package tiff
