package seal_test

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dispositivo/internal/seal"
)

// newKeys makes and loads fresh keys.
func newKeys(t testing.TB) *seal.Keys {
	t.Helper()
	key, pepper := keyPaths(t)
	if err := seal.CreateKeys(key, pepper); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.LoadKeys(key, pepper)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func keyPaths(t testing.TB) (key, pepper string) {
	dir := t.TempDir()
	return filepath.Join(dir, "key"), filepath.Join(dir, "pepper")
}

func write(t testing.TB, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

const (
	keyA = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	keyB = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
	keyC = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func TestLoadKeysRefuses(t *testing.T) {
	for _, test := range []struct {
		name, key, pepper string
		mode              fs.FileMode
		want              string
	}{
		{"group may read", keyA, keyB, 0o640, "chmod 600"},
		{"read-only is not 0600", keyA, keyB, 0o400, "chmod 600"},
		{"short key", keyA[2:], keyB, 0o600, "line 1"},
		{"word", "# fine\n\nhello\n", keyB, 0o600, "line 3"},
		{"empty", "# nothing\n", keyB, 0o600, "no key"},
		{"twice", keyA + "\n" + keyA, keyB, 0o600, "repeats"},
		{"two peppers", keyA, keyB + "\n" + keyC, 0o600, "more than one"},
		{"pepper is key", keyA, keyA, 0o600, "holds the master key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, pepper := keyPaths(t)
			write(t, key, test.key, test.mode)
			write(t, pepper, test.pepper, 0o600)
			_, err := seal.LoadKeys(key, pepper)
			var file *seal.KeyFileError
			if !errors.As(err, &file) {
				t.Fatalf("err = %v, want a *KeyFileError", err)
			}
			if file.File == "" || file.Mend == "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want the file, a mend and %q", err, test.want)
			}
			if strings.Contains(err.Error(), "hello") || strings.Contains(err.Error(), keyA[:16]) {
				t.Errorf("the error shows what stands in the file: %v", err)
			}
		})
	}
}

func TestLoadKeysMissingFileAndFolder(t *testing.T) {
	key, pepper := keyPaths(t)
	if _, err := seal.LoadKeys(key, pepper); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := seal.LoadKeys(filepath.Dir(key), pepper); err == nil {
		t.Error("a folder was taken for a key")
	}
}

func TestCreateKeysNeverReplaces(t *testing.T) {
	key, pepper := keyPaths(t)
	write(t, pepper, keyA, 0o600)
	if err := seal.CreateKeys(key, pepper); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("err = %v, want ErrExist", err)
	}
	if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the half-made pair stayed: %v", err)
	}
	if text, err := os.ReadFile(pepper); err != nil || string(text) != keyA {
		t.Errorf("the old pepper was touched: %q, %v", text, err)
	}
}

func TestBase64KeyIsTheSameKey(t *testing.T) {
	key, pepper := keyPaths(t)
	write(t, pepper, keyB, 0o600)
	write(t, key, keyA, 0o600)
	first, err := seal.LoadKeys(key, pepper)
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 0, 32)
	for i := range 32 {
		raw = append(raw, byte(i%16)*0x11)
	}
	write(t, key, base64.StdEncoding.EncodeToString(raw), 0o600)
	second, err := seal.LoadKeys(key, pepper)
	if err != nil {
		t.Fatal(err)
	}
	if first.KeyID() != second.KeyID() {
		t.Errorf("ids %s and %s differ", first.KeyID(), second.KeyID())
	}
}
