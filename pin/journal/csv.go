package journal

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"dispositivo/internal/audit"
)

// CSV writes entries as lines of RFC 4180, with a header. A cell that a
// spreadsheet would take for a formula begins with an apostrophe.
type CSV struct{ w *csv.Writer }

// columns are the header; personal fields are never among them.
var columns = []string{"row", "entry", "at", "actor", "action", "subject", "holder", "detail"}

// NewCSV returns a writer that holds little.
func NewCSV(w io.Writer) *CSV { return &CSV{w: csv.NewWriter(w)} }

// Entry writes one entry.
func (c *CSV) Entry(e audit.Entry) error {
	return c.line([]string{
		strconv.FormatInt(e.Row, 10), strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano),
		e.Actor, e.Action, e.Subject, e.HolderID, e.Detail,
	})
}

// End writes what is still held.
func (c *CSV) End() error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func (c *CSV) line(cells []string) error {
	for i, cell := range cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	if err := c.w.Write(cells); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
