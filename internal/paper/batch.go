package paper

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Batch is what goes to the print house on one day (A9): letters, joined to one
// file, and a manifest.
type Batch struct {
	Made  time.Time
	Items []Item
}

// Item is one letter of a batch and the language of its holder, as for
// Letter.Render.
type Item struct {
	Letter Letter
	Lang   string
}

// pagesPerLetter is what Letter.draw adds.
const pagesPerLetter = 1

// check refuses an empty batch, and one in which an id stands for two letters.
func (b Batch) check() error {
	if len(b.Items) == 0 {
		return errors.New("no letters")
	}
	seen := map[string]bool{}
	for _, item := range b.Items {
		if seen[item.Letter.ID] {
			return fmt.Errorf("letter %q twice", item.Letter.ID)
		}
		seen[item.Letter.ID] = true
	}
	return nil
}

// Render draws all letters into one PDF, in the order of the batch, one page
// each. One bad letter fails the batch: the error names its id and nothing else.
func (b Batch) Render() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("render batch: %w", err)
	}
	c := newDocument(b.Made, "", "Lettere riservate")
	for _, item := range b.Items {
		if err := item.Letter.draw(c, item.Lang); err != nil {
			return nil, fmt.Errorf("render batch: letter %q: %w", item.Letter.ID, err)
		}
	}
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render batch: %w", err)
	}
	return out, nil
}

// Manifest lists the batch for the print house as CSV (RFC 4180, UTF-8, with a
// header): which letter is on which pages and to which state it goes. Names,
// addresses and halves are not in it.
func (b Batch) Manifest() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	rows := [][]string{{"letter_id", "first_page", "pages", "destination_state"}}
	for i, item := range b.Items {
		rows = append(rows, []string{
			plainCell(item.Letter.ID), strconv.Itoa(1 + i*pagesPerLetter), strconv.Itoa(pagesPerLetter),
			plainCell(item.Letter.To.destination()),
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	return out.Bytes(), nil
}

// plainCell keeps a spreadsheet from taking a cell for a formula: control
// characters go, and what begins like one gets an apostrophe before it (OWASP,
// CSV injection; the last four are the full-width forms).
func plainCell(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s))
	if strings.IndexAny(s, "=+-@＝＋－＠") == 0 {
		return "'" + s
	}
	return s
}
