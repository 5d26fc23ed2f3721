// Package engines has one folder of compiled WebAssembly engines for the tests of all
// packages: to compile them takes seconds of processor time, and the cache is kept by
// what is compiled. It must not be used outside of tests.
package engines

import (
	"fmt"
	"os"
	"path/filepath"
)

// Folder returns the folder, in the user's cache, and makes it if need be. It lasts, as
// Go's own cache of builds does.
func Folder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for engines: %w", err)
	}
	dir := filepath.Join(cache, "dispositivo-test-engine")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for engines: %w", err)
	}
	return dir, nil
}
