// Package conversion is the holder's side of a dossier, from the form to the
// PIN dispositivo: it opens the dossier, fills in the form, says how things
// stand, withdraws, and carries out what a reviewer approved, exactly once.
//
// It decides nothing about an identity: that is verify/review. It must not
// know HTTP, SQL or the queue.
package conversion
