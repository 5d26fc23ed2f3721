package services

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"dispositivo/dossier"
)

//go:embed catalogue.json
var embedded []byte

// Access is what a service is to its user, and so which PIN it wants.
type Access string

// The kinds of access (B7).
const (
	// Simplified is open to the first half of a PIN (A10).
	Simplified Access = "simplified"
	// Consult shows data: PIN ordinario.
	Consult Access = "consult"
	// Act changes something or claims money: PIN dispositivo.
	Act Access = "act"
)

// Needs returns the PIN that the access wants; "" for an unknown access.
func (a Access) Needs() dossier.Kind {
	switch a {
	case Simplified:
		return dossier.Semplificato
	case Consult:
		return dossier.Ordinario
	case Act:
		return dossier.Dispositivo
	}
	return ""
}

// Text is a text by language, such as "it".
type Text map[string]string

// In returns the text in a language, Italian where there is none.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	return t["it"]
}

// Service is one entry of the catalogue.
type Service struct {
	// ID is stable, of small letters, digits and hyphens: it is in addresses and in the log.
	ID    string `json:"id"`
	Name  Text   `json:"name"`
	About Text   `json:"about"`
	// Access says which PIN it wants.
	Access Access `json:"access"`
	// Domanda says that something is filed here.
	Domanda bool `json:"domanda,omitempty"`
	// MayBeHeld lets a domanda be filed with a PIN ordinario, to wait for the conversion (B8).
	MayBeHeld bool `json:"may_be_held,omitempty"`
	// Categories and Funds are those it serves; empty: all.
	Categories []dossier.Category `json:"categories,omitempty"`
	Funds      []dossier.Fund     `json:"funds,omitempty"`
	// Page is where on this portal the service is found once entered, such as /sedi;
	// "": it is none of ours. Something is filed on the service's own page.
	Page string `json:"page,omitempty"`
	// Closed says that it is out of use for now.
	Closed bool `json:"closed,omitempty"`
}

// Catalogue is the list of services, checked. It does not change.
type Catalogue struct{ list []Service }

// Embedded returns the catalogue that comes with the program.
func Embedded() (Catalogue, error) { return Read(bytes.NewReader(embedded)) }

// Read reads a catalogue, {"services": […]} in JSON, and refuses one with an
// unknown field, an id twice, a text missing in Italian or English, or a name that is no access,
// category or fund: a rule with a slip in it must not come into force.
func Read(r io.Reader) (Catalogue, error) {
	var file struct {
		Services []Service `json:"services"`
	}
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return Catalogue{}, fmt.Errorf("read catalogue of services: %w", err)
	}
	if dec.More() {
		return Catalogue{}, errors.New("read catalogue of services: more than one value")
	}
	if len(file.Services) == 0 {
		return Catalogue{}, errors.New("read catalogue of services: it is empty")
	}
	seen := map[string]bool{}
	for _, s := range file.Services {
		if err := s.check(); err != nil {
			return Catalogue{}, fmt.Errorf("read catalogue of services: %q: %w", s.ID, err)
		}
		if seen[s.ID] {
			return Catalogue{}, fmt.Errorf("read catalogue of services: %q is there twice", s.ID)
		}
		seen[s.ID] = true
	}
	return Catalogue{list: file.Services}, nil
}

var pageShape = regexp.MustCompile(`^(/[a-z][a-z0-9-]*)+$`)

var idShape = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

func (s Service) check() error {
	if !idShape.MatchString(s.ID) {
		return errors.New("the id is not of 2 to 40 small letters, digits and hyphens")
	}
	for _, lang := range []string{"it", "en"} {
		if s.Name[lang] == "" || s.About[lang] == "" {
			return fmt.Errorf("name or about is missing in %q", lang)
		}
	}
	if s.Access.Needs() == "" {
		return fmt.Errorf("%q is no access", s.Access)
	}
	if s.Access == Act && !s.Domanda || s.Access == Consult && s.Domanda {
		return errors.New("an act files a domanda, and consulting files none")
	}
	if s.MayBeHeld && s.Access != Act {
		return errors.New("only an act may be held")
	}
	if s.Page != "" && (!pageShape.MatchString(s.Page) || s.Domanda) {
		return fmt.Errorf("%q is no page of this portal, or something is filed there", s.Page)
	}
	for _, c := range s.Categories {
		if !slices.Contains(dossier.Categories(), c) {
			return fmt.Errorf("%q is no category", c)
		}
	}
	for _, f := range s.Funds {
		if !slices.Contains(dossier.Funds(), f) {
			return fmt.Errorf("%q is no fund", f)
		}
	}
	return nil
}

// All returns every service, in the order of the file.
func (c Catalogue) All() []Service { return slices.Clone(c.list) }

// Get returns a service by its id, CodeNotFound when there is none.
func (c Catalogue) Get(id string) (Service, error) {
	for _, s := range c.list {
		if s.ID == id {
			return s, nil
		}
	}
	return Service{}, dossier.Problem(dossier.CodeNotFound)
}
