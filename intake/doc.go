// Package intake is the one door: whatever arrives, on any channel, becomes a
// submission here or is refused with a clear reason.
//
// Nothing is acknowledged before it is safe: the bytes sealed, synced and
// renamed in the blob store, then one commit with protocol number, records,
// audit and tasks (promise 1). The package reads no document itself: it asks
// the sandbox. It must not know HTTP, fax or mail protocols.
package intake
