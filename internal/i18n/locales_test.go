package i18n_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rawTexts reads the files themselves, without the loader and its fallback.
func rawTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := filepath.Glob(filepath.Join("locales", lang, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join("locales", lang+".json")) {
		data, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		maps.Copy(all, texts)
	}
	return all
}

// Italian and English are complete; a further language may have gaps, but no keys and placeholders of its own.
//
// proves E1
func TestLanguagesAgree(t *testing.T) {
	bundle := embedded(t)
	italian := rawTexts(t, "it")
	for _, lang := range bundle.Languages() {
		texts := rawTexts(t, lang)
		for key, text := range texts {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s %s: no text", lang, key)
			}
			if strings.TrimSpace(text) != text {
				t.Errorf("%s %s: space at an end", lang, key)
			}
			if _, known := italian[key]; !known {
				t.Errorf("%s %s: not in Italian", lang, key)
			}
			if got, want := bundle.Placeholders(lang, key), bundle.Placeholders("it", key); !slices.Equal(got, want) {
				t.Errorf("%s %s: placeholders %v, in Italian %v", lang, key, got, want)
			}
		}
		for key := range italian {
			if _, known := texts[key]; !known && lang == "en" {
				t.Errorf("%s %s: missing", lang, key)
			}
		}
	}
}

// A text message holds 160 characters of the GSM 03.38 alphabet; others halve that, so there is no È and no
// typographic quotation mark in it.
func TestTextMessagesUseTheGSMAlphabet(t *testing.T) {
	const gsm = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 @£$¥èéùìòÇ" +
		"_!\"#%&'()*+,-./:;<=>?¡¿ÄÖÑܧäöñüà{}"
	for _, lang := range embedded(t).Languages() {
		for key, text := range rawTexts(t, lang) {
			if !strings.HasPrefix(key, "mail.") || !strings.HasSuffix(key, ".sms") {
				continue
			}
			for _, r := range text {
				if !strings.ContainsRune(gsm, r) {
					t.Errorf("%s %s: %q is not in the alphabet", lang, key, r)
				}
			}
		}
	}
}

// Every code and state the domain knows has its texts; the domain's own source is the list.
func TestDomainIsWorded(t *testing.T) {
	bundle := embedded(t)
	wanted := map[string][]string{
		"FindingCode":     {"finding.%", "error.%.title", "error.%.detail"},
		"Code":            {"error.%.title", "error.%.detail"},
		"Severity":        {"finding.severity.%"},
		"Reason":          {"reason.%", "reason.%.label"},
		"State":           {"state.%", "state.%.meaning", "state.%.next"},
		"SubmissionState": {"submission.%"},
		"DomandaState":    {"domanda.%", "domanda.%.meaning"},
		"Category":        {"ui.category.%"},
		"Fund":            {"ui.fund.%"},
		"MessageKind":     {"mail.%.subject", "mail.%.body", "mail.%.sms"},
	}
	constant := regexp.MustCompile(`(?m)^\s+\w+\s+(\w+)\s+= "([^"]+)"`)
	found := map[string]int{}
	for _, source := range sources(t, "dossier", ".go") {
		for _, match := range constant.FindAllStringSubmatch(source, -1) {
			for _, pattern := range wanted[match[1]] {
				key := strings.ReplaceAll(pattern, "%", match[2])
				if !bundle.Has("it", key) {
					t.Errorf("%s %q has no text %s", match[1], match[2], key)
				}
			}
			found[match[1]]++
		}
	}
	for typ := range wanted {
		if found[typ] == 0 {
			t.Errorf("no constants of type %s found in the domain", typ)
		}
	}
}

// proves A2: every refusal of a PIN names the ways that are left.
func TestRefusalsNameTheOtherWays(t *testing.T) {
	for _, lang := range embedded(t).Languages() {
		texts := rawTexts(t, lang)
		for _, key := range []string{"error.pin.not_eligible.detail", "mail.pin_refused.body", "mail.pin_refused.sms", "ui.landing.otherstext"} {
			for _, way := range []string{"SPID", "CIE", "CNS"} {
				if !strings.Contains(texts[key], way) {
					t.Errorf("%s %s does not name %s", lang, key, way)
				}
			}
		}
	}
}

var (
	// {{t "key"}}, {{targs "key" .}}, (t "key"), and {{count "key" 3}}, which takes key.one and key.other.
	inTemplate = regexp.MustCompile(`[{(|]-?\s*(t|targs|count)\s+"([^"]+)"`)
	// T(lang, "key", …) and .count(lang, "key", …).
	inGo = regexp.MustCompile(`\b(T|count)\(\s*[\w.]+(?:\(\w*\))?,\s*"([^"]+)"`)
)

// Every key that a template or Go code names has a text.
func TestKeysInUseExist(t *testing.T) {
	for name, source := range sources(t, ".", ".html", ".tmpl", ".gohtml") {
		checkKeys(t, name, inTemplate.FindAllStringSubmatch(source, -1))
	}
	for name, source := range sources(t, ".", ".go") {
		checkKeys(t, name, inGo.FindAllStringSubmatch(source, -1))
	}
}

func checkKeys(t *testing.T, file string, uses [][]string) {
	t.Helper()
	texts := rawTexts(t, "it")
	for _, use := range uses {
		keys := []string{use[2]}
		switch {
		case strings.HasSuffix(use[2], "."): // the rest of the key is joined at run time
			continue
		case use[1] == "count":
			keys = []string{use[2] + ".one", use[2] + ".other"}
		}
		for _, key := range keys {
			if _, known := texts[key]; !known {
				t.Errorf("%s uses %q, which has no text", file, key)
			}
		}
	}
}

// sources returns the files under dir of the project, but no tests, with one of the endings.
func sources(t *testing.T, dir string, endings ...string) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..", dir)
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains(endings, filepath.Ext(path)):
			return nil
		}
		data, err := os.ReadFile(path) //nolint:gosec // our own tree, which nobody changes meanwhile
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every act that the log can hold has words for its readers (B6); the sources of
// the store and the events of the domain are the list.
func TestLogIsWorded(t *testing.T) {
	bundle := embedded(t)
	acts := map[string]bool{}
	written := regexp.MustCompile(`action: +"([a-z_]+\.[a-z_]+)"|NoteLook\(ctx, [\w.]+, "([a-z_.]+)"`)
	for _, folder := range []string{"internal/store", "pin/journal", "verify/evidence", "verify/review", "intake/match"} {
		for _, source := range sources(t, folder, ".go") {
			for _, m := range written.FindAllStringSubmatch(source, -1) {
				acts[m[1]+m[2]] = true
			}
		}
	}
	event := regexp.MustCompile(`(?m)^\s+\w+\s+(\w+)\s+= "([^"]+)"`)
	kinds := map[string]string{"Event": "dossier.", "SubmissionEvent": "submission.", "PINEvent": "pin.", "LetterEvent": "letter.", "DomandaEvent": "domanda.", "DelegationEvent": "delegation.", "Action": "decision."}
	for _, source := range sources(t, "dossier", ".go") {
		for _, m := range event.FindAllStringSubmatch(source, -1) {
			if kind := kinds[m[1]]; kind != "" {
				acts[kind+m[2]] = true
			}
		}
	}
	if len(acts) < 60 {
		t.Errorf("only %d acts found", len(acts))
	}
	for act := range acts {
		if !bundle.Has("it", "ui.history."+act) {
			t.Errorf("%s has no text ui.history.%[1]s", act)
		}
		kind, _, _ := strings.Cut(act, ".")
		if !bundle.Has("it", "ui.journal.kind."+kind) { // what the auditor filters by
			t.Errorf("%s has no text ui.journal.kind.%s", act, kind)
		}
	}
}
