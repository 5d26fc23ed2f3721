// Package ccitt reads and writes the bilevel codings of fax: Modified Huffman
// and Group 3 (ITU-T T.4), one- and two-dimensional, and Group 4 (ITU-T T.6).
//
// Decoding never loses a page. Where a stream is damaged the decoder looks for
// the smallest change that makes the rest of the page fit (a flipped bit, a lost
// or spoilt byte), else for the next place from which the rest decodes cleanly,
// and says in its [Report] which rows it does not vouch for. What the caller
// claims about the coding (one- or two-dimensional, bit order, end-of-line
// codes) is taken as a hint: data that does not fit it is tried the other ways.
//
// A clean page is decoded in one pass, row by row, as lists of changing
// elements (see row.go), painted into packed rows. Repairs decode the same lists
// without painting them; their work is bounded by a multiple of what the clean
// page costs, so that no input takes long.
//
// The package is a leaf, imports the standard library alone, and is meant for
// the sandbox child: it must not open files, log, or know of TIFF and PDF, and
// must not panic or allocate beyond [Params].MaxPixels on any input. Which
// colour means ink (TIFF PhotometricInterpretation, PDF BlackIs1), resolution
// and orientation are its caller's business.
package ccitt
