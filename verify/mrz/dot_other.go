//go:build !amd64

package mrz

// correlate returns the product of two patches.
func correlate(a, b *patch) float32 { return dot(a, b) }
