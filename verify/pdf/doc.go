// Package pdf reads and composes PDF documents.
//
// Two readers look at every foreign document, because no single one can be
// trusted with it. PDFium, as WebAssembly under wazero, says whether there are
// pages and turns them into pixels: what a viewer would show, without fonts,
// files, network or clock of this machine. pdfcpu, and a tolerant search of the
// bytes beside it, says what else is inside: scripts, launchers, attachments.
// Examine joins the two; no document is accepted that was not searched.
//
// The package is a leaf for the sandbox child. Foreign bytes can overflow
// pdfcpu's stack, which no recover catches, or take all memory and time: never
// call it in the server. It must not open files, reach the network, log, or
// rewrite a signed document, and its findings never quote what a document says.
package pdf
