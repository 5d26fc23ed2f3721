//go:build soak

package recovery_test

const rounds = 200
