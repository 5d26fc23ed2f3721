package counter

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/sandbox"
)

// Reader draws pages in a child process: *sandbox.Pool.
type Reader interface {
	Probe(ctx context.Context, data []byte, opts sandbox.ReadOptions) (sandbox.Report, error)
	ReadEach(ctx context.Context, data []byte, opts sandbox.ReadOptions, each func(sandbox.Rendered) error) (sandbox.Report, error)
}

// Picture is a page of archived papers, drawn anew.
type Picture struct {
	ContentType string // image/png or image/jpeg
	Data        []byte
}

// Kept lists what was archived of a holder (A5), the newest first. CodeNotFound for
// another office's holder, CodeOwnDossier for the operator's own.
func (s *Service) Kept(ctx context.Context, actor dossier.Actor, holderID string) ([]dossier.Submission, error) {
	if err := s.mayOpen(ctx, actor, holderID); err != nil {
		return nil, fmt.Errorf("list archive: %w", err)
	}
	return s.cfg.Store.Archived(ctx, holderID)
}

// KeptPages is one of them and how many pages it has; none when it cannot be drawn.
// Errors are those of Kept, and CodeNotFound for what is not the holder's.
func (s *Service) KeptPages(ctx context.Context, actor dossier.Actor, holderID, submissionID string) (dossier.Submission, int, error) {
	sub, err := s.kept(ctx, actor, holderID, submissionID)
	if err != nil {
		return sub, 0, err
	}
	scan, err := s.scan(ctx, sub)
	if err != nil {
		return sub, 0, err
	}
	report, err := s.cfg.Reader.Probe(ctx, scan, asEvidence())
	if gaveUp(err) {
		return sub, 0, nil
	}
	return sub, len(report.Pages), err
}

// KeptPage draws a page, from 1 on; the look is logged before it is granted. The
// file itself leaves for no browser. Errors are those of KeptPages, and CodeNotFound
// for a page that cannot be drawn.
func (s *Service) KeptPage(ctx context.Context, actor dossier.Actor, holderID, submissionID string, n int) (Picture, error) {
	sub, err := s.kept(ctx, actor, holderID, submissionID)
	if err != nil {
		return Picture{}, err
	}
	if err := s.cfg.Store.RecordView(ctx, actor, sub, sub.Documents[0].ID, dossier.Page{N: n}, true); err != nil {
		return Picture{}, fmt.Errorf("log view: %w", err)
	}
	scan, err := s.scan(ctx, sub)
	if err != nil {
		return Picture{}, err
	}
	var page Picture
	_, err = s.cfg.Reader.ReadEach(ctx, scan, asEvidence(), func(r sandbox.Rendered) error {
		if r.N == n {
			page = Picture{ContentType: r.ContentType, Data: r.Image}
		}
		return nil
	})
	if err != nil && !gaveUp(err) {
		return Picture{}, fmt.Errorf("draw archived page: %w", err)
	}
	if page.Data == nil {
		return Picture{}, dossier.Problem(dossier.CodeNotFound)
	}
	return page, nil
}

// asEvidence reads what was taken in as it came; only pixels are shown of it.
func asEvidence() sandbox.ReadOptions {
	return sandbox.ReadOptions{TolerateActive: true, MaxBytes: intake.MaxOriginal}
}

func gaveUp(err error) bool {
	_, ok := errors.AsType[*sandbox.GaveUpError](err)
	return ok
}

// kept is one of the papers archived of a holder.
func (s *Service) kept(ctx context.Context, actor dossier.Actor, holderID, submissionID string) (dossier.Submission, error) {
	if err := s.mayOpen(ctx, actor, holderID); err != nil {
		return dossier.Submission{}, fmt.Errorf("open archive: %w", err)
	}
	all, err := s.cfg.Store.Archived(ctx, holderID)
	if err != nil {
		return dossier.Submission{}, err
	}
	for _, sub := range all {
		if sub.ID == submissionID && len(sub.Documents) == 1 {
			return sub, nil
		}
	}
	return dossier.Submission{}, dossier.Problem(dossier.CodeNotFound)
}

func (s *Service) scan(ctx context.Context, sub dossier.Submission) ([]byte, error) {
	f := sub.Documents[0]
	data, err := s.cfg.Vault.Open(ctx, f, f.Blob)
	if err != nil {
		return nil, fmt.Errorf("open archived scan: %w", err)
	}
	return data, nil
}

// mayOpen lets the office of a holder look, and nobody at the own papers.
func (s *Service) mayOpen(ctx context.Context, actor dossier.Actor, holderID string) error {
	if err := actor.Require(reviewers...); err != nil {
		return err
	}
	h, err := s.cfg.Store.Holder(ctx, holderID)
	if err != nil {
		return err
	}
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Problem(dossier.CodeOwnDossier)
	}
	if actor.Office != "" && actor.Office != h.Office {
		return dossier.Problem(dossier.CodeNotFound)
	}
	return nil
}
