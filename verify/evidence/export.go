package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/seal"
)

// who may take originals away: who may look at any dossier without deciding it. Who
// decides sees pages as the sandbox drew them, never the bytes of a stranger.
var who = []dossier.Role{dossier.RoleSupervisor, dossier.RoleAuditor}

// Service exports evidence. It is safe for concurrent use.
type Service struct {
	store     Store
	originals Originals
	hash      *seal.MAC
	clock     clock.Clock
}

// New returns a service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, originals: cfg.Originals, hash: cfg.Hash, clock: cfg.Clock}
}

// Export writes the originals of a dossier and their manifest as a ZIP. out is called
// once, when the log's row is committed and before the first byte, with the generated
// name of the archive, and returns where it goes. Little is held in memory.
//
// Errors before out is called: CodeForbidden unless the actor may look at dossiers
// without deciding them, CodeNotFound for a dossier that is none or another office's,
// CodeOwnDossier for the actor's own, CodeRequestInvalid for no reason. After an error
// that comes later the archive is not whole, and has no end.
func (s *Service) Export(ctx context.Context, actor dossier.Actor, dossierID string, reason Reason, out func(name string) io.Writer) error {
	d, err := s.granted(ctx, actor, dossierID)
	if err != nil {
		return err
	}
	if !slices.Contains(Reasons(), reason) {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	now := s.clock.Now().UTC()
	p := &packing{service: s, actor: actor, dossier: d, manifest: Manifest{
		Format: manifestFormat, Export: ident.New(now), At: now, By: string(actor.Role) + ":" + actor.ID, Reason: reason,
		Dossier: d.ID, HolderID: d.HolderID, State: d.State, Version: d.Version, Office: d.Office, Whole: true,
	}}
	detail := fmt.Sprintf(`{"export":%q,"reason":%q}`, p.manifest.Export, reason)
	if err := s.store.NoteLook(ctx, actor, "evidence.exported", d.ID, d.HolderID, detail); err != nil {
		return fmt.Errorf("log export of evidence: %w", err)
	}
	p.zip = zip.NewWriter(out("prove-" + p.manifest.Export + ".zip"))
	if err := p.pack(ctx); err != nil {
		return fmt.Errorf("export evidence: %w", err)
	}
	return nil
}

// granted returns a dossier whose originals the actor may take away; it denies by
// default.
func (s *Service) granted(ctx context.Context, actor dossier.Actor, id string) (dossier.Dossier, error) {
	if err := actor.Require(who...); err != nil {
		return dossier.Dossier{}, err
	}
	d, err := s.store.Dossier(ctx, id)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("export evidence: %w", err)
	}
	if actor.Office != "" && actor.Office != d.Office {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
	}
	h, err := s.store.Holder(ctx, d.HolderID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return d, nil // erased, and all files with the holder: the manifest says so
	}
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("export evidence: %w", err)
	}
	if bytes.Equal(actor.KeyedCF, s.store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeOwnDossier)
	}
	return d, nil
}
