// Package edge is what every HTTP surface shares: the handler that returns an
// error, the one place where errors become answers (problem+json by RFC 9457,
// or a page), sessions from cookie or bearer, forgery protection, language,
// request ids and security headers.
//
// It must not hold a rule of the procedure, name a route of a surface, render
// a template, or know SQL. What an error means is decided in package dossier;
// here it only gets a status.
package edge
