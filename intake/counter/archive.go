package counter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/sandbox"
)

// Archive keeps the scan of form MV35 and identity document that a PIN was issued
// with at the counter (A5): protocolled, sealed, under its holder, and erased with
// the holder. It belongs to no dossier, and nothing is decided by it. The same scan
// of the same issue again has the first receipt.
//
// Errors: CodeRequestInvalid for no codice fiscale, CodeNotFound when no PIN in use
// was issued to it at a counter, or another office's was, CodeOwnDossier for the
// operator's own, file.type for what is neither PDF nor TIFF, and those of
// intake.Door.Receive.
func (s *Service) Archive(ctx context.Context, actor dossier.Actor, codiceFiscale string, scan []byte) (intake.Receipt, error) {
	if err := actor.Require(reviewers...); err != nil {
		return intake.Receipt{}, err
	}
	h, err := s.issuedAtCounter(ctx, actor, codiceFiscale)
	if err != nil {
		return intake.Receipt{}, fmt.Errorf("archive: %w", err)
	}
	format := sandbox.Sniff(scan)
	if len(scan) > 0 && format != sandbox.FormatPDF && format != sandbox.FormatTIFF {
		return intake.Receipt{}, &dossier.Error{Code: dossier.Code(dossier.FileType), Args: map[string]string{"found": string(format)}}
	}
	sum := sha256.Sum256(scan)
	r, err := s.cfg.Door.Receive(ctx, intake.Post{
		Actor: actor, Channel: dossier.ChannelCounter, HolderID: h.ID, Evidence: scan,
		ExternalID: "issue " + h.PIN.ID + " " + hex.EncodeToString(sum[:]),
	})
	if err != nil {
		return intake.Receipt{}, fmt.Errorf("archive: %w", err)
	}
	return r, nil
}

// issuedAtCounter is who has a PIN from a counter of the operator's office.
func (s *Service) issuedAtCounter(ctx context.Context, actor dossier.Actor, codiceFiscale string) (dossier.Holder, error) {
	cf, err := codicefiscale.Parse(codiceFiscale)
	if err != nil {
		return dossier.Holder{}, &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(cf.String())) {
		return dossier.Holder{}, dossier.Problem(dossier.CodeOwnDossier)
	}
	h, err := s.cfg.Store.HolderByCF(ctx, cf.String())
	if err != nil {
		return dossier.Holder{}, err
	}
	atCounter := h.PIN.Channel == dossier.PINOffice || h.PIN.Channel == dossier.PINAdministration
	if !atCounter || actor.Office != "" && actor.Office != h.Office {
		return dossier.Holder{}, dossier.Problem(dossier.CodeNotFound)
	}
	return h, nil
}
