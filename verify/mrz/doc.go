// Package mrz reads the machine readable zone of identity documents, passports
// and visas (ICAO Doc 9303 parts 3 to 7): the text, with every check digit, and
// the pixels, with a reader of its own for OCR-B.
//
// A result is Valid only when every check digit agrees and every field has its
// form; whatever is in doubt is not. The package must not judge a document: that
// a zone is valid says that it was read well, not that anybody issued it. Names,
// issuing state, nationality and sex are under no check digit. It runs in the
// sandbox child, imports nothing of ours, and never puts what it read into an
// error.
package mrz
