// Package blob keeps sealed bytes on the file system under the SHA-256 of what lies there.
//
// What Commit has named is on disk: file synced, renamed to its place, folder synced (requirement C7: nothing
// is acknowledged before it is safe). A power cut or a kill before Commit returns leaves at most a
// temporary file, or a blob no row knows; the first goes when the folder is next opened, the second when the
// sweep walks the blobs and asks the database for each name. One folder serves several processes.
//
// The package must not know what the bytes mean, must not encrypt or decrypt, and must not be given plain
// documents: callers pass what internal/seal made. Names are hashes of sealed bytes, so they say nothing
// about the content. It imports nothing of this module. The contract every implementation must keep is the
// test suite in blob/blobtest.
package blob

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

var (
	// ErrNotExist says that no blob has this name. It is [fs.ErrNotExist] under a name of our own. For a
	// name that SQL knows it is an alarm: "an orphan blob is swept; a missing one is a lie" (DESIGN section 3).
	ErrNotExist = fmt.Errorf("blob: %w", fs.ErrNotExist)
	// ErrName says that a name is not 64 hexadecimal digits in lower case. It is permanent.
	ErrName = errors.New("blob: not a blob name")
	// ErrNoSpace says that the disk, or this user's share of it, is full. It is temporary: an edge answers
	// "unavailable", and the sender tries again.
	ErrNoSpace = errors.New("blob: no space left")
	// ErrClosed says that a writer was used after Commit or Abort.
	ErrClosed = errors.New("blob: writer is closed")
)

// nameLen is the length of a name: SHA-256 in hexadecimal.
const nameLen = 64

// checkName returns ErrName for everything that is not a name, so that no name leads out of the folder.
func checkName(name string) error {
	if len(name) != nameLen {
		return ErrName
	}
	for _, c := range []byte(name) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ErrName
		}
	}
	return nil
}

func encodeName(sum []byte) string { return hex.EncodeToString(sum) }

// classify marks the errors the contract promises.
func classify(doing string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: %w: %w", doing, ErrNoSpace, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", doing, ErrNotExist)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
