// Package sandbox has foreign documents read by processes that may die of it.
//
// A [Pool] keeps child processes of this very binary (see [ChildMain]). The
// parent hands over bytes and receives a [Report], page pictures drawn anew and
// plain text; it never parses a document itself. A child has no network, a
// private folder, an address-space limit and, where the kernel offers it,
// Landlock; the parent watches its memory and its time and kills it with its
// whole process group when either is used up. A document that does so ends as a
// [GaveUpError], which sends it to a person (finding machine.gave_up), never to
// a dead end (DESIGN, sections 2 and 4).
//
// Everything a child says is foreign too: the parent measures hash, size and
// time itself, judges by [dossier.Judge] itself, and bounds and cleans the rest.
//
// The package must not decide about identities, know holders or keep anything:
// what a child read stays in memory until the caller has used it. Neither
// document bytes nor what a child printed may reach a log.
package sandbox
