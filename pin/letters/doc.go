// Package letters sends the second halves of PINs by post (A9), ends the window
// in which a PIN must be activated and changed (A8), and issues halves again.
//
// A half is drawn when its letter is printed, never earlier: its hash, the
// sealed sheet and the step of the PIN issue are one change, so the letter that
// is printed is the one that counts. A half is in clear only in the memory of
// the process that draws it or renders a file of the batch; the package must not
// write it, or an address, anywhere else, and it must not know HTTP or SQL.
package letters
