package verify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"dispositivo/dossier"
	"dispositivo/internal/sandbox"
)

// light is a file with its bytes, as it is read.
type light struct {
	dossier.File
	data []byte
	// findings are those of the original that the copy no longer shows, such as
	// lines that were damaged on their way.
	findings []dossier.Finding
}

// lighter codes a received fax over the limit of an upload anew, dot by dot as
// Group 4 (C3), and says so by an effect: the copy is read from then on, and the
// original stays as evidence. Whatever cannot be coded so (more than two colours,
// no TIFF, still too large, a damaged file) is read as it came.
func (s *Screener) lighter(ctx context.Context, sub dossier.Submission, f dossier.File, data []byte, res *reading) (light, error) {
	as := light{File: f, data: data}
	if sub.Channel != dossier.ChannelFax || int64(len(data)) <= s.cfg.MaxBytes || sandbox.Sniff(data) != sandbox.FormatTIFF {
		return as, nil
	}
	copied, fitted, err := s.reader.Fit(ctx, [][]byte{data}, sandbox.FitOptions{Limit: int(s.cfg.MaxBytes), Lossless: true}, nil)
	if _, gaveUp := sandbox.GaveUp(err); gaveUp || err == nil && copied == nil {
		s.logger.LogAttrs(ctx, slog.LevelInfo, "a fax over the limit is read as it came", slog.String("submission", sub.ID))
		return as, nil
	}
	if err != nil {
		return as, fmt.Errorf("code fax anew: %w", err)
	}
	as.data = copied
	as.File = dossier.File{ID: f.ID + "-g4", Bytes: int64(len(copied)), Format: string(sandbox.FormatPDF), KeyedHash: s.cfg.Hash.Sum(copied)}
	if as.Blob, as.WrappedKey, err = s.vault.Keep(ctx, as.ID, copied); err != nil {
		return as, fmt.Errorf("keep fax coded anew: %w", err)
	}
	for _, found := range fitted.Findings {
		as.findings = append(as.findings, found.Finding)
	}
	res.effects = append(res.effects, dossier.Recode{OriginalID: f.ID, File: as.File})
	return as, nil
}

// unsaid are the findings of the original that reading the copy did not give.
func (l light) unsaid(said []dossier.Finding) []dossier.Finding {
	return slices.DeleteFunc(slices.Clone(l.findings), func(f dossier.Finding) bool {
		return slices.ContainsFunc(said, func(o dossier.Finding) bool { return o.Code == f.Code && o.Page == f.Page })
	})
}
