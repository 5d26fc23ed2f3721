// Package identity compares what a form, an account and an identity document
// say of one person: names as people write them and as machine readable zones
// transliterate them, dates, document numbers, the codice fiscale. It tells
// whether a document was in date, whether a signature box holds ink, and whether
// two pages are copies of one sheet.
//
// It works on values alone. It must not decide: every finding is a warning for
// the person who reviews (C8), and its detail names the kind of difference, never
// the datum. It keeps nothing; remembering looks is the store's.
package identity
