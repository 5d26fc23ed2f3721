package i18n

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// readLanguages returns language → key → text.
func readLanguages(fsys fs.FS) (map[string]map[string]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	texts := map[string]map[string]string{}
	for _, entry := range entries {
		lang, isFile := strings.CutSuffix(entry.Name(), ".json")
		files := []string{entry.Name()}
		if entry.IsDir() {
			lang = entry.Name()
			if files, err = fs.Glob(fsys, path.Join(lang, "*.json")); err != nil {
				return nil, err
			}
		} else if !isFile {
			continue
		}
		if texts[lang] == nil {
			texts[lang] = map[string]string{}
		}
		for _, file := range files {
			if err := readFile(fsys, file, texts[lang]); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return texts, nil
}

// readFile adds the texts of one file to into.
func readFile(fsys fs.FS, file string, into map[string]string) error {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	// Token by token, since decoding into a map would hide a key that stands there twice.
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	for dec.More() {
		key, err := stringToken(dec)
		if err != nil {
			return err
		}
		text, err := stringToken(dec)
		if err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		if _, twice := into[key]; twice {
			return fmt.Errorf("key %q appears twice in this language", key)
		}
		into[key] = text
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func stringToken(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%v is not a text", token)
	}
	return text, nil
}
