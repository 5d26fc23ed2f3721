// Package activation turns two halves into a PIN (B1): who has the first half
// and can name the tessera sanitaria, or the identity document of the request,
// sees the data on file, gives contacts, and types in the second half that came
// by post. Where the agency switches it on, the second half is sent instead, to
// a contact that was confirmed before.
//
// What the proofs are worth: the identity document is compared with the one the
// request named. Of the tessera sanitaria there is nothing on file: its number
// must be written like one and its expiry lie ahead; prefix and check digit only
// warn, because no public source vouches for them. So the two halves, by two
// classes of channel, remain the proof of the person; the card keeps out who has
// nothing but a message that went astray.
//
// The first half opens a session of its own (dossier.RoleSimplified), in which
// the rest goes on; nothing given in it counts before the activation does.
//
// The package must not know HTTP or SQL, hold a half or a code longer than a
// call, or tell anybody whether a codice fiscale exists: whatever is wrong with
// the first step is a wrong PIN, by the lock and the hashes of package pin.
package activation
