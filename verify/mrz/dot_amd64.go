package mrz

import "golang.org/x/sys/cpu"

// dotAVX2 is dot on processors with AVX2 and FMA, nearly all that there are: a
// third of the time that a page of an identity document took went into dot.
//
//go:noescape
func dotAVX2(a, b *patch) float32

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// correlate returns the product of two patches.
func correlate(a, b *patch) float32 {
	if hasAVX2 {
		return dotAVX2(a, b)
	}
	return dot(a, b)
}
