package offices

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed catalogue.json
var embedded []byte

// What a catalogue may hold.
const (
	maxBytes   = 1 << 20
	maxOffices = 5000
	// maxText bounds each text, in characters.
	maxText = 200
	// maxNames bounds the other names of one city.
	maxNames = 8
)

// Kind says whose an office is.
type Kind string

// The kinds of offices.
const (
	INPS      Kind = "inps"
	Embassy   Kind = "embassy"
	Consulate Kind = "consulate"
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{INPS, Embassy, Consulate} }

// Text is a text by language, such as "it".
type Text map[string]string

// In returns the text in a language, Italian where there is none.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	return t["it"]
}

// whole says what is wrong with a text that people read.
func (t Text) whole() error {
	for _, lang := range []string{"it", "en"} {
		if t[lang] == "" {
			return fmt.Errorf("there is no text in %q", lang)
		}
	}
	for lang, s := range t {
		if err := line(s); err != nil {
			return fmt.Errorf("text in %q: %w", lang, err)
		}
	}
	return nil
}

// Office is one entry of the catalogue.
type Office struct {
	Kind Kind
	// Name is the office's own, in Italian.
	Name string
	// City is its Italian name; Also are others that people look for it by.
	City string
	Also []string
	// Country is the ISO 3166-1 code of two letters.
	Country string
	// At is where it is, or the middle of its city: the catalogue's note says which.
	At Position
	// Address, Phone and Opening can be empty.
	Address, Phone, Opening string
}

// entry is an Office as it is written; pointers tell what is missing from 0.
type entry struct {
	Kind      Kind     `json:"kind"`
	Name      string   `json:"name"`
	City      string   `json:"city"`
	Also      []string `json:"also"`
	Country   string   `json:"country"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Address   string   `json:"address"`
	Phone     string   `json:"phone"`
	Opening   string   `json:"opening"`
}

// Catalogue is the list of offices, checked. It does not change.
type Catalogue struct {
	list      []Office
	countries map[string]Text
	note      Text
	// places are what people may name: the letters of a name → whatever bears it.
	places map[string][]place
	// byCountry and labels are by language.
	byCountry map[string][]Country
	labels    map[string][]string
}

// Embedded returns the catalogue that comes with the program.
func Embedded() (Catalogue, error) { return Read(bytes.NewReader(embedded)) }

// Read reads a catalogue in JSON, as catalogue.json is: "countries" names each
// country in Italian and English, "offices" lists the offices, "note" is shown
// beside them and "source" says where they were found. It refuses more than 1 MiB
// or 5000 offices, an unknown field, kind or country, coordinates that are missing
// or out of range (WGS 84, degrees), and an office that is there twice: people
// travel to what stands here.
func Read(r io.Reader) (Catalogue, error) {
	c, err := read(r)
	if err != nil {
		return Catalogue{}, fmt.Errorf("read catalogue of offices: %w", err)
	}
	return c, nil
}

// written is a catalogue as it is in its file.
type written struct {
	Source    string          `json:"source"`
	Note      Text            `json:"note"`
	Countries map[string]Text `json:"countries"`
	Offices   []entry         `json:"offices"`
}

func read(r io.Reader) (Catalogue, error) {
	file, err := decode(r)
	if err != nil {
		return Catalogue{}, err
	}
	c := Catalogue{countries: file.Countries, note: file.Note}
	if err := c.checkWords(); err != nil {
		return Catalogue{}, err
	}
	if err := c.take(file.Offices); err != nil {
		return Catalogue{}, err
	}
	c.places = index(c)
	c.arrange()
	return c, nil
}

func decode(r io.Reader) (file written, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return file, err
	}
	if len(data) > maxBytes {
		return file, fmt.Errorf("it has more than %d bytes", maxBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return file, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return file, errors.New("something follows its end")
	}
	return file, nil
}

// arrange makes the lists of each language that countries have names in.
func (c *Catalogue) arrange() {
	c.byCountry, c.labels = map[string][]Country{}, map[string][]string{}
	for _, name := range c.countries {
		for lang := range name {
			if c.byCountry[lang] == nil {
				c.byCountry[lang] = c.group(lang)
				c.labels[lang] = labels(c.byCountry[lang])
			}
		}
	}
}

var countryShape = regexp.MustCompile(`^[A-Z]{2}$`)

// checkWords looks at the note and at the names of countries.
func (c *Catalogue) checkWords() error {
	if len(c.note) > 0 {
		if err := c.note.whole(); err != nil {
			return fmt.Errorf("note: %w", err)
		}
	}
	for code, name := range c.countries {
		if !countryShape.MatchString(code) {
			return fmt.Errorf("country %q is no code of two capital letters", code)
		}
		if err := name.whole(); err != nil {
			return fmt.Errorf("country %q: %w", code, err)
		}
	}
	return nil
}

// take checks the offices, one by one, and keeps them.
func (c *Catalogue) take(entries []entry) error {
	if len(entries) == 0 {
		return errors.New("it is empty")
	}
	if len(entries) > maxOffices {
		return fmt.Errorf("it has more than %d offices", maxOffices)
	}
	type identity struct {
		kind                Kind
		name, city, country string
	}
	seen := map[identity]bool{}
	for i, e := range entries {
		o, err := e.office(c.countries)
		if err != nil {
			return fmt.Errorf("office %d, %q: %w", i+1, e.Name, err)
		}
		id := identity{o.Kind, letters(o.Name), letters(o.City), o.Country}
		if seen[id] {
			return fmt.Errorf("office %d, %q: it is there twice", i+1, e.Name)
		}
		seen[id] = true
		c.list = append(c.list, o)
	}
	return nil
}

// office checks what is written.
func (e entry) office(countries map[string]Text) (Office, error) {
	if !slices.Contains(Kinds(), e.Kind) {
		return Office{}, fmt.Errorf("%q is no kind: inps, embassy or consulate", e.Kind)
	}
	if _, known := countries[e.Country]; !known {
		return Office{}, fmt.Errorf("country %q is not among the countries", e.Country)
	}
	if e.Latitude == nil || e.Longitude == nil {
		return Office{}, errors.New("latitude or longitude is missing")
	}
	at := Position{*e.Latitude, *e.Longitude}
	if !at.valid() {
		return Office{}, errors.New("latitude is not from -90 to 90, or longitude not from -180 to 180")
	}
	if err := e.checkTexts(); err != nil {
		return Office{}, err
	}
	return Office{
		Kind: e.Kind, Name: e.Name, City: e.City, Also: e.Also, Country: e.Country, At: at,
		Address: e.Address, Phone: e.Phone, Opening: e.Opening,
	}, nil
}

var phoneShape = regexp.MustCompile(`^\+?[0-9]+( [0-9]+)*$`)

func (e entry) checkTexts() error {
	if e.Name == "" || letters(e.City) == "" {
		return errors.New("name or city is missing")
	}
	if len(e.Also) > maxNames {
		return fmt.Errorf("the city has more than %d other names", maxNames)
	}
	for _, name := range e.Also {
		if letters(name) == "" {
			return errors.New("another name of the city has no letter")
		}
	}
	for _, s := range append([]string{e.Name, e.City, e.Address, e.Phone, e.Opening}, e.Also...) {
		if err := line(s); err != nil {
			return err
		}
	}
	if e.Phone != "" && !phoneShape.MatchString(e.Phone) {
		return fmt.Errorf("%q is no telephone number: digits and single spaces, + before them", e.Phone)
	}
	return nil
}

// line says what is wrong with a text of one line; the empty one is right.
func line(s string) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("a text has characters that do not print")
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%q has a space at an end", s)
	case utf8.RuneCountInString(s) > maxText:
		return fmt.Errorf("a text has more than %d characters", maxText)
	}
	return nil
}

// All returns every office, in the order of the file.
func (c Catalogue) All() []Office { return slices.Clone(c.list) }

// Note is what the catalogue says about itself to people, "" when nothing.
func (c Catalogue) Note(lang string) string { return c.note.In(lang) }

// CountryName is a country's name in a language.
func (c Catalogue) CountryName(code, lang string) string { return c.countries[code].In(lang) }

// Country is a country with its offices, in the order of the file.
type Country struct {
	Code, Name string
	Offices    []Office
}

// ByCountry groups the offices, Italy first and then by name in the language, or
// in Italian. The list is everybody's: it is not to be changed.
func (c Catalogue) ByCountry(lang string) []Country {
	if groups, ok := c.byCountry[lang]; ok {
		return groups
	}
	return c.byCountry["it"]
}

func (c Catalogue) group(lang string) []Country {
	at := map[string]int{}
	var groups []Country
	for _, o := range c.list {
		i, ok := at[o.Country]
		if !ok {
			i = len(groups)
			at[o.Country] = i
			groups = append(groups, Country{Code: o.Country, Name: c.CountryName(o.Country, lang)})
		}
		groups[i].Offices = append(groups[i].Offices, o)
	}
	order := func(g Country) string {
		if g.Code == "IT" {
			return ""
		}
		return letters(g.Name)
	}
	slices.SortStableFunc(groups, func(a, b Country) int { return cmp.Compare(order(a), order(b)) })
	return groups
}
