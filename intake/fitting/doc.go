// Package fitting is "make it fit" (C3): a holder's files are put together to
// one PDF within the limit, looked at, and confirmed.
//
// What waits to be confirmed is sealed and forgotten after a while; what is
// confirmed goes through the very same door as an upload, and the originals stay
// as evidence of the submission. The package reads no file itself: it asks the
// sandbox. It must not know HTTP, nor let anybody but the holder see anything.
package fitting
