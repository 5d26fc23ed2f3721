// Package tiff finds the pages of a TIFF or BigTIFF file and decodes them.
//
// The chain of image file directories is walked by our own code, which checks
// every offset and count against the file before it is used and every size
// against [Limits] before anything is allocated. Pixels are our own as well:
// strips and tiles are read row by row as streams whose output is bounded by
// the page, whatever the data would expand to, and laid on white paper as grey
// or colour. The fax encodings are those of package ccitt, LZW, Deflate and JPEG
// those of libraries that know nothing of TIFF.
//
// What is read: both byte orders; strips and tiles, interleaved or in planes;
// 1 to 16 bits a sample; both senses of grey, palettes, RGB, YCbCr, CMYK, alpha;
// uncompressed, PackBits, LZW (old libtiff's, too), Deflate, JPEG of both styles
// and all fax encodings. What is not (float samples, CIELab, WebP, …) is said
// page by page ([PageInfo].Problem), by name.
//
// A damaged page is shown as far as it goes: rows that are lost are white and
// are listed in [PageInfo].Damaged. Rows of fax are repaired as package ccitt
// does.
//
// The package is a leaf for the sandbox child and foreign bytes are hostile: it
// must not be called in the server, must not panic, and must not say anything
// of what a file contains but sizes and names of encodings.
package tiff
