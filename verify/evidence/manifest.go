package evidence

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"dispositivo/internal/audit"
)

const (
	// manifestName is the manifest's entry in the archive.
	manifestName   = "manifest.json"
	manifestFormat = "dispositivo/evidence/1"
	// logPage is how many entries of the log are held at once. No row of the database
	// is kept open while a slow client takes them.
	logPage = 200
)

// writeManifest writes what is known of the files, and behind it the log, entry by
// entry.
func (p *packing) writeManifest(ctx context.Context) error {
	w, err := p.create(manifestName, p.manifest.At)
	if err != nil {
		return err
	}
	head, err := json.MarshalIndent(p.manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	// The object is left open for its last member.
	if _, err := fmt.Fprintf(w, "%s,\n  \"log\": [", bytes.TrimSuffix(head, []byte("\n}"))); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := p.writeLog(ctx, w); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\n  ]\n}\n"); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

func (p *packing) writeLog(ctx context.Context, w io.Writer) error {
	last, between := int64(0), ""
	for {
		entries, err := p.service.store.DossierLog(ctx, p.dossier.ID, last, logPage)
		if err != nil {
			return fmt.Errorf("read log of dossier: %w", err)
		}
		for _, e := range entries {
			line, err := json.Marshal(entryOf(e))
			if err != nil {
				return fmt.Errorf("encode log of dossier: %w", err)
			}
			if _, err := fmt.Fprintf(w, "%s\n    %s", between, line); err != nil {
				return fmt.Errorf("write manifest: %w", err)
			}
			last, between = e.Row, ","
		}
		if len(entries) < logPage {
			return nil
		}
	}
}

func entryOf(e audit.Entry) Entry {
	return Entry{
		Row: e.Row, Seq: e.Seq, UID: e.UID, At: e.At, Actor: e.Actor, Action: e.Action, Subject: e.Subject, HolderID: e.HolderID,
		Detail: e.Detail, Stamp: hex.EncodeToString(e.Stamp), Chain: hex.EncodeToString(e.Chain),
	}
}
