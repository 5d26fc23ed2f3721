// Package symbol reads bar codes and QR codes from the pixels of a page.
//
// The engine is ZBar as WebAssembly (verify/wasm), a fresh instance for each page.
// It reads a clean picture well and a faxed one badly, so Reader prepares the
// picture: several passes, cheapest first, each averaging away the noise of the
// last, ending at the first symbol its caller wants. Places where a known form
// prints its codes come first, upright and upside down. Where ZBar finds nothing,
// a second engine, rxing, looks for what ZBar does not know, Data Matrix and
// PDF417, in the parts of the page that look like them.
//
// The package is a leaf for the sandbox child. It must not decode image files,
// log, or judge what a symbol says: which text is a token of ours, or a codice
// fiscale, is for the caller. The text of a symbol is foreign, may hold
// anything, and is personal: it must stay in memory.
package symbol
