// Package paper makes what the agency prints, one A4 page each.
//
// [Form] is the conversion form of requirement C1, filled in from the data on
// file, with the form token twice as QR code and twice as a code people can
// read. It is meant for pen, fax and photocopy: black on white, no grey, no
// hairlines, codes big enough for 98 lines an inch.
//
// [Letter] brings one half of a PIN by post, [Batch] joins a day's letters for
// the print house (A9), [Envelope] is folded around the PIN that an office hands
// over (A5). They and the bytes they give hold a secret in clear: the caller
// seals what it keeps, and nothing here writes it anywhere else.
//
// [Answer] is what a fax gateway sends back to the machine that called (C7).
//
// It only draws what it is given. It must not fetch data, mint tokens, keep
// files or decide where a form may go; and what it prints about a person must
// never get into its errors.
package paper
