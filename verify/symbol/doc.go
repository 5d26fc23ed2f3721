// Package symbol reads bar codes and QR codes from the pixels of a page.
//
// The engine is ZBar as WebAssembly under wazero: no files, network or clock of
// this machine, its memory capped, a fresh instance for each page. It reads a
// clean picture well and a faxed one badly, so Reader prepares the picture:
// several passes, cheapest first, each averaging away the noise of the last,
// ending at the first symbol its caller wants. Places where a known form prints
// its codes come first, upright and upside down.
//
// The package is a leaf for the sandbox child. It must not decode image files,
// log, or judge what a symbol says: which text is a token of ours, or a codice
// fiscale, is for the caller. The text of a symbol is foreign and may hold
// anything. ZBar reads neither PDF417 nor DataMatrix.
package symbol
