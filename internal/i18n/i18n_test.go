package i18n_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"dispositivo/internal/i18n"
)

func load(t testing.TB, files map[string]string) (*i18n.Bundle, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return i18n.Load(fsys)
}

func mustLoad(t testing.TB, files map[string]string) *i18n.Bundle {
	t.Helper()
	b, err := load(t, files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func embedded(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// proves E1: a language is one more file.
func TestLanguageIsOneFileOrAFolder(t *testing.T) {
	b := mustLoad(t, map[string]string{
		"it/a.json": `{"a.one": "uno", "a.only": "solo"}`, "it/b.json": `{"b": "due"}`,
		"de.json": `{"a.one": "eins"}`, "notes.txt": "ignored",
	})
	if got := strings.Join(b.Languages(), " "); got != "it de" {
		t.Errorf("languages = %s", got)
	}
	for key, want := range map[string]string{"a.one": "eins", "a.only": "solo", "b": "due", "nowhere": "nowhere"} {
		if got := b.T("de", key, nil); got != want {
			t.Errorf("T(de, %s) = %q, want %q", key, got, want)
		}
	}
	if got := b.T("xx", "a.one", nil); got != "uno" {
		t.Errorf("unknown language: %q", got)
	}
	if b.Has("de", "nowhere") || !b.Has("de", "a.only") {
		t.Error("Has is wrong")
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"twice in a file":        {"it.json": `{"a": "1", "a": "2"}`},
		"twice in a language":    {"it/a.json": `{"a": "1"}`, "it/b.json": `{"a": "1"}`},
		"twice in both forms":    {"it/a.json": `{"a": "1"}`, "it.json": `{"a": "1"}`},
		"number":                 {"it.json": `{"a": 1}`},
		"nested":                 {"it.json": `{"a": {"b": "c"}}`},
		"array":                  {"it.json": `["a"]`},
		"cut":                    {"it.json": `{"a": "b"`},
		"more":                   {"it.json": `{} {}`},
		"no fallback":            {"en.json": `{}`},
		"name is not a language": {"it.json": `{}`, "a_b_c_d.json": `{}`},
	} {
		if _, err := load(t, files); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	b := mustLoad(t, map[string]string{
		"it.json": `{"a": "{name} e {name}, {other}; {Not} {", "b": "{size|bytes}", "language.decimal": ",", "language.bytes": "byte"}`,
	})
	if got := b.T("it", "a", map[string]string{"name": "{other}"}); got != "{other} e {other}, {other}; {Not} {" {
		t.Errorf("T = %q", got)
	}
	if got := strings.Join(b.Placeholders("it", "a"), " "); got != "name other" {
		t.Errorf("Placeholders = %q", got)
	}
	for bytes, want := range map[string]string{
		"0": "0 byte", "1023": "1023 byte", "1024": "1 KB", "1025": "1,01 KB", "1048576": "1 MB",
		"1048577": "1,01 MB", "8388608": "8 MB", "26214401": "25,01 MB", "1572864": "1,5 MB",
		"2097151": "2 MB", "1048575": "1024 KB", "about a page": "about a page", "-1": "-1",
	} {
		if got := b.T("it", "b", map[string]string{"size": bytes}); got != want {
			t.Errorf("%s bytes = %q, want %q", bytes, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	b := embedded(t)
	for header, want := range map[string]string{
		"": "it", "it": "it", "it-CH": "it", "en": "en", "en-GB,en;q=0.9": "en", "de-DE,de;q=0.9,en;q=0.5": "en",
		"de": "it", "ja": "it", ";;;": "it", "*": "it", "en;q=0.1,it;q=0.9": "it",
	} {
		if got := b.Match(header); got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}
