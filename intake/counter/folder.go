package counter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/spool"
)

// MaxOffice bounds the name of an office, in bytes.
const MaxOffice = intake.MaxOffice

// Sidecar is what a scanner may say of a scan in NAME.json beside it; every field
// may be left out.
type Sidecar struct {
	// Office is whose counter it is for, in at most MaxOffice printable characters.
	Office string `json:"office"`
	// Dossier is a protocol number, the code of a form, or a codice fiscale. A form's
	// code joins, as if it stood on the page; all else is a proposal to the operator.
	Dossier string `json:"dossier"`
}

// ParseSidecar reads a sidecar; what is wrong with one field costs no other.
func ParseSidecar(data []byte) (Sidecar, spool.SidecarFaults) {
	var s Sidecar
	faults := spool.ReadSidecar(data, map[string]any{"office": &s.Office, "dossier": &s.Dossier})
	if !shortText(s.Office) {
		s.Office, faults.Wrong = "", append(faults.Wrong, "office")
	}
	if !shortText(s.Dossier) {
		s.Dossier, faults.Wrong = "", append(faults.Wrong, "dossier")
	}
	return s, faults
}

// shortText accepts what can be the name of an office, or names a dossier.
func shortText(s string) bool {
	return len(s) <= MaxOffice && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// Folder is a folder in which the scanners of an office leave PDF and TIFF.
type Folder struct {
	Dir string
	// Office is whose scans they are when no sidecar names another.
	Office string
	Settle time.Duration // 0: spool.DefaultSettle
}

// Watch makes the folders and returns the spool. A scan is known by its bytes: the
// same again is no second one.
func (s *Service) Watch(f Folder) (*spool.Spool, error) {
	return spool.New(spool.Config{
		What: "scan", Dir: f.Dir, Clock: s.cfg.Clock, Logger: s.cfg.Logger, MaxBytes: intake.MaxOriginal, Settle: f.Settle,
		Take: func(ctx context.Context, item spool.Item) ([]byte, error) { return nil, s.take(ctx, f, item) },
	})
}

// take hands one scan to the door. The door has it safe when the error is nil.
func (s *Service) take(ctx context.Context, f Folder, item spool.Item) error {
	said, err := s.sidecar(ctx, f, item)
	if err != nil {
		return err
	}
	var origin dossier.Origin
	if said.Dossier != "" {
		origin.Typed = []string{said.Dossier}
	}
	sum := sha256.Sum256(item.Data)
	_, err = s.cfg.Door.Receive(ctx, intake.Post{
		Actor: dossier.Actor{Role: dossier.RoleGateway, ID: "scan folder"}, Channel: dossier.ChannelCounter, Office: said.Office,
		ExternalID: "folder " + hex.EncodeToString(sum[:]), Origin: origin, Files: [][]byte{item.Data},
	})
	return err
}

// sidecar reads what can be read: a scan is not lost for its sidecar, and not shown
// to nobody for an office that nobody works in.
func (s *Service) sidecar(ctx context.Context, f Folder, item spool.Item) (Sidecar, error) {
	var said Sidecar
	if item.Sidecar != nil {
		var faults spool.SidecarFaults
		said, faults = ParseSidecar(item.Sidecar)
		faults.Log(ctx, s.cfg.Logger, "scan")
	}
	if said.Office != "" && said.Office != f.Office {
		there, err := s.cfg.Store.HasOffice(ctx, said.Office)
		if err != nil {
			return said, fmt.Errorf("find office: %w", err)
		}
		if !there {
			s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "scan for an office in which nobody works")
			said.Office = ""
		}
	}
	if said.Office == "" {
		said.Office = f.Office
	}
	return said, nil
}

// ListedFor is how long a scan stays on the list when it is in a dossier.
const ListedFor = 24 * time.Hour

// listed bounds the list.
const listed = 50

// Scan is one line of the list: what a scanner left in its folder.
type Scan struct {
	dossier.Submission
	// Named is what the sidecar says it belongs to; "" for nothing.
	Named string
	// Viewable says that it is in a dossier and View shows it to the actor.
	Viewable bool
}

// Scans lists what the scanners of the actor's office left in their folder: what is
// not in a dossier yet, and the rest of the last day.
func (s *Service) Scans(ctx context.Context, actor dossier.Actor) ([]Scan, error) {
	if err := actor.Require(reviewers...); err != nil {
		return nil, err
	}
	subs, err := s.cfg.Store.Scans(ctx, actor.Office, s.cfg.Clock.Now().Add(-ListedFor), listed)
	if err != nil {
		return nil, fmt.Errorf("list scans: %w", err)
	}
	all := make([]Scan, len(subs))
	for i, sub := range subs {
		all[i].Submission = sub
		if sub.DossierID == "" {
			if all[i].Named, err = s.named(sub); err != nil {
				return nil, fmt.Errorf("list scans: %w", err)
			}
			continue
		}
		_, err := s.View(ctx, actor, sub.ID)
		switch code := dossier.CodeOf(err); {
		case err == nil:
			all[i].Viewable = true
		case code != dossier.CodeNotFound && code != dossier.CodeOwnDossier:
			return nil, fmt.Errorf("list scans: %w", err)
		}
	}
	return all, nil
}

// named is what a sidecar said a scan belongs to.
func (s *Service) named(sub dossier.Submission) (string, error) {
	if len(sub.Documents) == 0 || len(sub.Documents[0].SealedOrigin) == 0 {
		return "", nil
	}
	note, err := s.cfg.Vault.OpenNote(sub.Documents[0], sub.Documents[0].SealedOrigin)
	if err != nil {
		return "", err
	}
	var origin dossier.Origin
	if err := json.Unmarshal(note, &origin); err != nil {
		return "", fmt.Errorf("decode origin: %w", err)
	}
	return strings.Join(origin.Typed, " "), nil
}

// Attach makes a scan of the folder belong to the dossier that the operator names,
// as Receive reads it, and returns it as View does. Its pages are then read again,
// beside that dossier. Said twice it is done once.
//
// Errors: CodeNotFound for what is no scan of the folder or another office's,
// CodeConflict when it is not read yet, or was handled meanwhile, and those of Receive
// about the dossier.
func (s *Service) Attach(ctx context.Context, actor dossier.Actor, submissionID, named string) (Arrival, error) {
	if err := actor.Require(reviewers...); err != nil {
		return Arrival{}, err
	}
	sub, err := s.cfg.Store.Submission(ctx, submissionID)
	if err != nil {
		return Arrival{}, fmt.Errorf("attach scan: %w", err)
	}
	if sub.Office == "" || !actor.Sees(sub.Office) {
		return Arrival{}, dossier.Problem(dossier.CodeNotFound)
	}
	if sub.State != dossier.SubmissionUnmatched {
		return s.attached(ctx, actor, sub, named)
	}
	if _, err := s.target(ctx, actor, named); err != nil {
		return Arrival{}, fmt.Errorf("attach scan: %w", err)
	}
	if err := s.cfg.Finder.Join(ctx, actor, sub.ID, named); err != nil {
		return Arrival{}, fmt.Errorf("attach scan: %w", err)
	}
	return s.View(ctx, actor, sub.ID)
}

// attached answers who says again what is done; it opens nothing.
func (s *Service) attached(ctx context.Context, actor dossier.Actor, sub dossier.Submission, named string) (Arrival, error) {
	d, err := s.cfg.Finder.Target(ctx, actor, named)
	if err == nil && d.ID == sub.DossierID {
		return s.View(ctx, actor, sub.ID)
	}
	if err != nil && dossier.Temporary(err) {
		return Arrival{}, fmt.Errorf("attach scan: %w", err)
	}
	return Arrival{}, dossier.Problem(dossier.CodeConflict)
}
