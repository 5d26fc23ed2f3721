//go:build !race

package sandbox

// raceDetector is set by the build: children with the detector need all of the
// address space and twice the memory.
const raceDetector = false
