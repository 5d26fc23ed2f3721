//go:build !soak

package recovery_test

// rounds is how often each race is run; make soak runs two hundred.
const rounds = 10
