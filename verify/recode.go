package verify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"dispositivo/dossier"
	"dispositivo/internal/sandbox"
)

// version is a file with its bytes, as it is read.
type version struct {
	dossier.File
	data []byte
	// findings are those of the original that the copy no longer shows, such as
	// lines that were damaged on their way.
	findings []dossier.Finding
}

// versionOf makes a copy of what came by post where that reads better, and says so by
// an effect: the copy is read from then on, and the original stays as evidence. What
// cannot be copied is read as it came, and refused there if need be.
func (s *Screener) versionOf(ctx context.Context, sub dossier.Submission, f dossier.File, data []byte, res *reading) (version, error) {
	as := version{File: f, data: data}
	kind, opts, wanted := s.copyFor(sub.Channel, data)
	if !wanted {
		return as, nil
	}
	copied, fitted, err := s.reader.Fit(ctx, [][]byte{data}, opts, nil)
	if _, gaveUp := sandbox.GaveUp(err); gaveUp || err == nil && copied == nil {
		s.logger.LogAttrs(ctx, slog.LevelInfo, "a file is read as it came", slog.String("submission", sub.ID), slog.String("instead of", kind))
		return as, nil
	}
	if err != nil {
		return as, fmt.Errorf("copy file: %w", err)
	}
	as.data = copied
	as.File = dossier.File{ID: f.ID + kind, Bytes: int64(len(copied)), Format: string(sandbox.FormatPDF), KeyedHash: s.cfg.Hash.Sum(copied)}
	if as.Blob, as.WrappedKey, err = s.vault.Keep(ctx, as.ID, copied); err != nil {
		return as, fmt.Errorf("keep copy of file: %w", err)
	}
	for _, found := range fitted.Findings {
		as.findings = append(as.findings, found.Finding)
	}
	res.effects = append(res.effects, dossier.Recode{OriginalID: f.ID, File: as.File})
	return as, nil
}

// The endings of the ids of copies.
const (
	copyLossless = "-g4"
	copyComposed = "-pdf"
)

// copyFor says whether a file is to be copied, and how. A received fax over the limit
// of an upload is coded anew, dot by dot as Group 4; a photograph that was attached to
// a mail becomes a page, as the portal makes it (C3).
func (s *Screener) copyFor(c dossier.Channel, data []byte) (kind string, opts sandbox.FitOptions, wanted bool) {
	opts.Limit = int(s.cfg.MaxBytes)
	format := sandbox.Sniff(data)
	switch {
	case c == dossier.ChannelUpload: // judged at the door
		return "", opts, false
	case format == sandbox.FormatTIFF:
		opts.Lossless = true
		return copyLossless, opts, c == dossier.ChannelFax && int64(len(data)) > s.cfg.MaxBytes
	}
	return copyComposed, opts, format != sandbox.FormatPDF && sandbox.Fittable(format)
}

// unsaid are the findings of the original that reading the copy did not give.
func (v version) unsaid(said []dossier.Finding) []dossier.Finding {
	return slices.DeleteFunc(slices.Clone(v.findings), func(f dossier.Finding) bool {
		return slices.ContainsFunc(said, func(o dossier.Finding) bool { return o.Code == f.Code && o.Page == f.Page })
	})
}
