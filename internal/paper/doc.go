// Package paper makes what the agency prints. Today that is the conversion form
// of requirement C1: one A4 page, filled in from the data on file, with the form
// token twice as QR code and twice as a code people can read.
//
// The page is meant for pen, fax and photocopy: black on white, no grey, no
// hairlines, codes big enough for 98 lines an inch.
//
// It only draws what it is given. It must not fetch data, mint tokens, keep
// files or decide where a form may go; and what it prints about a person must
// never get into its errors.
package paper
