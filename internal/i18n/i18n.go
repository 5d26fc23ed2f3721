// Package i18n holds the texts people read: interface, problems, messages (requirement E1).
//
// A text has a key of names joined by dots ("error.file.too_large.title") and placeholders in braces:
// {found} is replaced by the argument found as it is; {size|bytes} by a number of bytes worded for
// people. The files lie in locales: one folder a language ("it/errors.json", "it/mail.json", …, each a
// flat JSON object), or one file ("de.json") that holds everything. So a language is added by adding
// one file, and nothing else changes.
//
// The package must not decide what is shown to whom, must not escape for HTML (the templates do), and must
// not hold texts in Go. It imports nothing of this module.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// Fallback is the language of a text that is missing in another one, and of callers whose languages we do
// not have.
const Fallback = "it"

//go:embed locales
var locales embed.FS

// Bundle holds all texts of all languages. It never changes and is safe for concurrent use.
type Bundle struct {
	languages []string // Fallback first, the rest in alphabetical order
	matcher   language.Matcher
	texts     map[string]map[string]string // language → key → text
}

// Embedded returns the texts that are built into the program. It fails only when a file in locales is
// malformed, which a test of this package excludes.
func Embedded() (*Bundle, error) {
	sub, err := fs.Sub(locales, "locales")
	if err != nil {
		return nil, fmt.Errorf("load texts: %w", err)
	}
	return Load(sub)
}

// Load reads the languages at the root of fsys: every folder and every .json file there is one, named by
// its BCP 47 tag. Both forms of one language are merged. It is an error when a key appears twice in a
// language, a value is no string, a name is no language tag, or [Fallback] is missing.
func Load(fsys fs.FS) (*Bundle, error) {
	texts, err := readLanguages(fsys)
	if err != nil {
		return nil, fmt.Errorf("load texts: %w", err)
	}
	if texts[Fallback] == nil {
		return nil, fmt.Errorf("load texts: the language %q is missing", Fallback)
	}
	b := &Bundle{texts: texts, languages: []string{Fallback}}
	for _, lang := range slices.Sorted(maps.Keys(texts)) {
		if lang != Fallback {
			b.languages = append(b.languages, lang)
		}
	}
	var tags []language.Tag
	for _, lang := range b.languages {
		tag, err := language.Parse(lang)
		if err != nil {
			return nil, fmt.Errorf("load texts: %q is not a language tag: %w", lang, err)
		}
		tags = append(tags, tag)
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// Languages returns the codes of all languages, [Fallback] first.
func (b *Bundle) Languages() []string { return slices.Clone(b.languages) }

// Match returns the code of the language that fits an Accept-Language header (RFC 9110) best, or a plain tag
// such as "en-GB"; [Fallback] when none fits or the header is malformed.
func (b *Bundle) Match(acceptLanguage string) string {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Fallback
	}
	_, i, confidence := b.matcher.Match(wanted...)
	if confidence == language.No {
		return Fallback
	}
	return b.languages[i]
}

// T returns the text of key in lang with its placeholders filled from args. A text that is missing there is
// taken from [Fallback]; one missing there too is the key itself. A placeholder without an argument stays as
// it stands, and arguments are never searched for placeholders.
func (b *Bundle) T(lang, key string, args map[string]string) string {
	text, found := b.lookup(lang, key)
	if !found {
		return key
	}
	if !strings.Contains(text, "{") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name, isBytes := strings.CutSuffix(match[1:len(match)-1], "|bytes")
		value, given := args[name]
		switch {
		case !given:
			return match
		case isBytes:
			return b.bytes(lang, value)
		default:
			return value
		}
	})
}

// Has reports whether key has a text in lang or in [Fallback].
func (b *Bundle) Has(lang, key string) bool {
	_, found := b.lookup(lang, key)
	return found
}

// Placeholders returns the names of the arguments the text of key wants, sorted, each once; nil when the
// key is unknown.
func (b *Bundle) Placeholders(lang, key string) []string {
	text, _ := b.lookup(lang, key)
	var names []string
	for _, match := range placeholder.FindAllString(text, -1) {
		names = append(names, strings.TrimSuffix(match[1:len(match)-1], "|bytes"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var placeholder = regexp.MustCompile(`\{[a-z][a-z0-9_]*(\|bytes)?\}`)

func (b *Bundle) lookup(lang, key string) (string, bool) {
	if text, found := b.texts[lang][key]; found {
		return text, true
	}
	text, found := b.texts[Fallback][key]
	return text, found
}

// bytes words a number of bytes in binary units, as the limits are meant (requirement C2: 1 MB = 1,048,576
// bytes), with at most two decimals, rounded up: what exceeds a limit never looks like the limit. What is
// not a number stays as it is.
func (b *Bundle) bytes(lang, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return value
	}
	const kib, mib = 1 << 10, 1 << 20
	unit, suffix := int64(mib), " MB"
	switch {
	case n < kib:
		return value + " " + b.T(lang, "language.bytes", nil)
	case n < mib:
		unit, suffix = kib, " KB"
	}
	rest := (n%unit*100 + unit - 1) / unit // hundredths, rounded up
	whole := n/unit + rest/100
	text := strconv.FormatInt(whole, 10)
	if rest %= 100; rest != 0 {
		text += b.T(lang, "language.decimal", nil) + strings.TrimSuffix(fmt.Sprintf("%02d", rest), "0")
	}
	return text + suffix
}
