package seal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxKeyFile bounds what is read of a key file, in bytes: a wrong path must not be read whole.
const maxKeyFile = 64 << 10

// KeyFileError says what is wrong with a key file and how to mend it. It never holds bytes of the file.
type KeyFileError struct {
	File    string // the path, as it was given
	Problem string // what is wrong
	Mend    string // what to do: a command or a sentence
	Err     error  // the cause; may be nil
}

// Error names the file, the problem and the mend.
func (e *KeyFileError) Error() string {
	return fmt.Sprintf("key file %s: %s; to mend it: %s", e.File, e.Problem, e.Mend)
}

// Unwrap returns the cause, for example [fs.ErrNotExist].
func (e *KeyFileError) Unwrap() error { return e.Err }

// LoadKeys reads the master key file and the pepper file. Both must be regular files of mode 0600 exactly
// (DESIGN section 5). An error is a [*KeyFileError].
//
// A key is 32 random bytes on a line of its own, as 64 hexadecimal digits or as base64 ("openssl rand -hex
// 32" makes one); empty lines and lines that begin with # do not count. The key file may hold several keys:
// the first wraps, all unwrap, and the last is the root from which MACs and other sub-keys derive. So a new
// master key is put on top, data keys are wrapped anew with [Keys.Rewrap], and keyed columns stay as they
// are. The pepper file holds one.
func LoadKeys(keyFile, pepperFile string) (*Keys, error) {
	masters, err := readKeyFile(keyFile)
	if err != nil {
		return nil, err
	}
	peppers, err := readKeyFile(pepperFile)
	if err != nil {
		return nil, err
	}
	if len(peppers) != 1 {
		return nil, &KeyFileError{File: pepperFile, Problem: "holds more than one key", Mend: "keep only the first pepper ever used"}
	}
	for _, m := range masters {
		if bytes.Equal(m, peppers[0]) {
			return nil, &KeyFileError{File: pepperFile, Problem: "holds the master key", Mend: "give the pepper 32 random bytes of its own"}
		}
	}
	return newKeys(masters, peppers[0])
}

// CreateKeys makes a new master key file and a new pepper file, mode 0600, and brings them safely to disk.
// It never replaces a file: if either exists it fails with a [*KeyFileError] over [fs.ErrExist] and
// leaves neither of its own behind. The folders must exist.
func CreateKeys(keyFile, pepperFile string) error {
	if err := createKeyFile(keyFile, "# Master key of dispositivo. Without it every stored document is lost: keep a copy in a safe place."); err != nil {
		return err
	}
	if err := createKeyFile(pepperFile, "# Pepper of the PIN hashes. Without it no PIN works any more: keep a copy in a safe place."); err != nil {
		return errors.Join(err, os.Remove(keyFile))
	}
	return nil
}

func readKeyFile(path string) ([][]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		mend := "make the file readable to the user that runs the program"
		if errors.Is(err, fs.ErrNotExist) {
			mend = "restore it from its safe copy, or on a new installation run: dispositivo init-keys"
		}
		return nil, &KeyFileError{File: path, Problem: "cannot be opened", Mend: mend, Err: err}
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return nil, &KeyFileError{File: path, Problem: "cannot be examined", Mend: "check the file system", Err: err}
	}
	if !info.Mode().IsRegular() {
		return nil, &KeyFileError{File: path, Problem: "is not a regular file", Mend: "name the file that holds the key"}
	}
	if perm := info.Mode().Perm(); perm != 0o600 {
		return nil, &KeyFileError{
			File: path, Problem: fmt.Sprintf("has mode %04o, which must be 0600", perm), Mend: "chmod 600 " + path, Err: fs.ErrPermission,
		}
	}
	keys, err := parseKeys(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, &KeyFileError{File: path, Problem: err.Error(), Mend: "restore it from its safe copy", Err: err}
	}
	return keys, nil
}

// parseKeys reads one key a line. Its errors name the line, never what stands there.
func parseKeys(r io.Reader) ([][]byte, error) {
	var keys [][]byte
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key := decodeKey(line)
		if key == nil {
			return nil, fmt.Errorf("line %d is not 32 bytes in hexadecimal or base64", n)
		}
		for _, earlier := range keys {
			if bytes.Equal(earlier, key) {
				return nil, fmt.Errorf("line %d repeats a key", n)
			}
		}
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil {
		return nil, errors.New("cannot be read")
	}
	if len(keys) == 0 {
		return nil, errors.New("holds no key")
	}
	return keys, nil
}

// decodeKey returns nil for what is no key.
func decodeKey(line string) []byte {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(line); err == nil && len(key) == keySize {
			return key
		}
	}
	return nil
}

func createKeyFile(path, comment string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		mend := "make its folder exist and writable"
		if errors.Is(err, fs.ErrExist) {
			mend = "keep it, or move it away yourself: a key file is never replaced"
		}
		return &KeyFileError{File: path, Problem: "cannot be created", Mend: mend, Err: err}
	}
	if err := fillKeyFile(f, comment); err != nil {
		err = &KeyFileError{File: path, Problem: "cannot be written", Mend: "check the disk", Err: err}
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// fillKeyFile writes, syncs and closes f and syncs its folder.
func fillKeyFile(f *os.File, comment string) error {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return errors.Join(err, f.Close())
	}
	// The umask may have taken bits away, and LoadKeys wants exactly these.
	err := f.Chmod(0o600)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s\n%x\n", comment, key)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
