package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"dispositivo/internal/offices"
)

// newOffices wires the search of offices: in the built-in list, or that of a file.
func newOffices(h *house, path string) (*offices.Finder, error) {
	list, err := readOffices(path)
	if err != nil {
		return nil, err
	}
	return offices.NewFinder(list, h.tries(60, time.Second)), nil
}

func readOffices(path string) (list offices.Catalogue, err error) {
	if path == "" {
		return offices.Embedded()
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return list, fmt.Errorf("open catalogue of offices: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return offices.Read(f)
}
