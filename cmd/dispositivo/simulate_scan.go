package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"dispositivo/intake/counter"
	"dispositivo/internal/clock"
)

// simulateScanCmd is the scanner of an office, for who integrates and for tests.
type simulateScanCmd struct {
	Folder  string   `help:"Scan folder of the server." type:"existingdir" required:""`
	Office  string   `help:"Office that the sidecar names; unset: the folder's own."`
	Dossier string   `help:"Protocol number, code of a form or codice fiscale that the sidecar names."`
	Bare    bool     `help:"Leave no sidecar, as most scanners do."`
	Files   []string `arg:"" help:"Scans to leave there: PDF or TIFF." type:"existingfile"`
}

// Validate is called by kong.
func (c *simulateScanCmd) Validate() error {
	if c.Bare && c.Office+c.Dossier != "" {
		return errors.New("without a sidecar neither office nor dossier can be named")
	}
	return nil
}

// Run implements the command: sidecar last, as docs/integration.md says.
func (c *simulateScanCmd) Run(env *environment) error {
	run := strconv.FormatInt(clock.System().Now().UnixNano(), 36)
	said, err := json.Marshal(counter.Sidecar{Office: c.Office, Dossier: c.Dossier})
	if err != nil {
		return fmt.Errorf("encode sidecar: %w", err)
	}
	for n, file := range c.Files {
		data, err := os.ReadFile(file) //nolint:gosec // the caller names the file
		if err != nil {
			return fmt.Errorf("read scan: %w", err)
		}
		path := filepath.Join(c.Folder, fmt.Sprintf("scan-%s-%04d%s", run, n, extensionOf(data)))
		if err := leaveWhole(path, data); err != nil {
			return err
		}
		if c.Bare {
			continue
		}
		if err := os.WriteFile(path+".json", said, 0o600); err != nil {
			return fmt.Errorf("write sidecar: %w", err)
		}
	}
	fmt.Fprintf(env.stdout, "%d scans left in the folder\n", len(c.Files))
	return nil
}

// leaveWhole writes under a hidden name first: the folder never holds half a scan.
func leaveWhole(path string, data []byte) error {
	hidden := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(hidden, data, 0o600); err != nil { //nolint:gosec // the caller names the folder
		return fmt.Errorf("write scan: %w", err)
	}
	if err := os.Rename(hidden, path); err != nil {
		return fmt.Errorf("write scan: %w", err)
	}
	return nil
}
