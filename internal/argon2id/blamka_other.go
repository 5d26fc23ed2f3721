//go:build !amd64 || !gc || purego

package argon2id

// accelerated: there are no rounds in assembly here, so mix is never called.
const accelerated = false

func (*work) mix(_, _, _ *block) {}

func (*work) mixInto(_, _, _ *block) {}
