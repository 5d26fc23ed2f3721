// Package evidence hands out what came for a dossier byte for byte, for a stated
// reason (DESIGN, section 4: originals leave only by logged evidence export).
//
// One ZIP holds every original and a manifest: where, when and under which number
// each came, its SHA-256, and what the log says about the dossier. The log names the
// holder and the reason before the first byte leaves. What cannot be read any more is
// named in the manifest, and what is not as it came in the log as well.
//
// The package looks at no page and decides nothing. It must not know HTTP or SQL, and
// no name of an entry may come from a client or tell anything about the person.
package evidence
