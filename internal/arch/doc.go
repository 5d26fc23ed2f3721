// Package arch holds the architecture as a test: who may import whom, and why.
// It has no code of its own.
package arch
