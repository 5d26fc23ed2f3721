package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// proves E2: the catalogue of offices can be replaced, and one with a slip in it is
// refused when the program starts.
func TestReplacedOffices(t *testing.T) {
	t.Parallel()
	const one = `{"countries": {"CH": {"it": "Svizzera", "en": "Switzerland"}},
		"offices": [{"kind": "consulate", "name": "A", "city": "Basilea", "country": "CH", "latitude": 47.56, "longitude": 7.59}]}`
	for name, tc := range map[string]struct{ text, says string }{
		"one office": {one, ""}, "slip": {strings.Replace(one, "47.56", "475.6", 1), "latitude is not from -90 to 90"},
	} {
		path := filepath.Join(t.TempDir(), "offices.json")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := readOffices(path)
		if tc.says == "" && (err != nil || len(list.All()) != 1) || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: %v, %d offices", name, err, len(list.All()))
		}
	}
	if list, err := readOffices(""); err != nil || len(list.All()) < 200 {
		t.Errorf("built in: %v", err)
	}
	if _, err := readOffices(filepath.Join(t.TempDir(), "none")); err == nil || !strings.HasPrefix(err.Error(), "open catalogue of offices: ") {
		t.Errorf("no file: %v", err)
	}
}
