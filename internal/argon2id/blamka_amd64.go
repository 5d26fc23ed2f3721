//go:build amd64 && gc && !purego

package argon2id

import "golang.org/x/sys/cpu"

// accelerated reports whether there are rounds in assembly for this processor.
var accelerated = cpu.X86.HasSSE41

//go:noescape
func mixBlocksSSE2(out, a, b, c *block)

//go:noescape
func xorBlocksSSE2(out, a, b, c *block)

//go:noescape
func blamkaSSE4(b *block)

// mix is G of section 3.5.
func (w *work) mix(out, a, b *block) {
	mixBlocksSSE2(&w.t, a, b, &w.zero)
	blamkaSSE4(&w.t)
	mixBlocksSSE2(out, a, b, &w.t)
}

// mixInto is mix, added to what out holds.
func (w *work) mixInto(out, a, b *block) {
	mixBlocksSSE2(&w.t, a, b, &w.zero)
	blamkaSSE4(&w.t)
	xorBlocksSSE2(out, a, b, &w.t)
}
