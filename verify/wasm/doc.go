// Package wasm runs the engines of others, compiled to WebAssembly, under
// wazero.
//
// An Engine is compiled once, or taken from a cache on disk, and starts any
// number of instances. An instance is for one foreign document: it has no files,
// network or clock of this machine, its memory is capped and mapped apart from
// Go's heap, and a trap ends it alone.
//
// The package knows no engine: what each of them imports and exports belongs to
// verify/pdf and verify/symbol. It is a leaf for the sandbox child and must not
// give an instance anything of this machine, keep one for a second document, or
// log.
package wasm
