package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	catalogue "dispositivo/pin/services"
)

// wireCatalogues wires what is looked up in lists: services and offices.
func (s *services) wireCatalogues(h *house, p procedure, publicURL string, rome *time.Location) (err error) {
	if s.catalogue, err = newCatalogue(h, p, publicURL, rome); err != nil {
		return err
	}
	s.offices, err = newOffices(h, p.Offices)
	return err
}

// newCatalogue wires the services: the built-in list, or that of a file.
func newCatalogue(h *house, p procedure, publicURL string, rome *time.Location) (*catalogue.Desk, error) {
	list, err := readCatalogue(p.Services)
	if err != nil {
		return nil, err
	}
	return catalogue.New(catalogue.Config{
		Store: h.store, Clock: h.clock, Catalogue: list, Agency: p.Agency, Portal: publicURL, Rome: rome,
	}), nil
}

func readCatalogue(path string) (list catalogue.Catalogue, err error) {
	if path == "" {
		return catalogue.Embedded()
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return list, fmt.Errorf("open catalogue of services: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return catalogue.Read(f)
}
