package main

import (
	"path/filepath"
	"testing"
)

// A missing key is no fault of the data: commands whose exit 1 accuses them say so by 2.
func TestMissingKeyIsASetting(t *testing.T) {
	t.Parallel()
	data, key := t.TempDir(), filepath.Join(t.TempDir(), "none.key")
	for _, command := range [][]string{{"reconcile"}, {"refusals"}, {"audit", "verify"}, {"webhooks", "retry", "x"}, {"migrate"}} {
		refused(t, 2, []string{"init-keys"}, append(command, "--data", data)...)
		refused(t, 2, []string{"none.key"}, append(command, "--data", data, "--key-file", key, "--pepper-file", key)...)
	}
}
