// Package ui renders the pages of portal and desk: templates, static files,
// texts and dates in the reader's language.
//
// It must not call a domain service, decide a status, or read a form. Pages
// carry no inline script or style, work without JavaScript, and read well as
// plain HTML when the assets are missing from the binary.
package ui
