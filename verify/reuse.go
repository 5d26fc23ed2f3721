package verify

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"slices"

	"dispositivo/dossier"
	"dispositivo/verify/identity"
)

// likelyCopies bounds how many pages of others one page is compared with, those
// first whose outlines are most alike; leastLikeness is where it ends.
const (
	likelyCopies  = 12
	leastLikeness = 0.6
)

// other is a page that is not our form: it may be of an identity document.
type other struct {
	file   dossier.File
	n      int
	look   identity.Look
	looked bool   // look is known
	number string // of its proved zone, with the state
}

// others lists the pages that are not our form, with the document numbers read
// off them. A number is told by the state whose citizen the holder is, too.
func others(leaves []leaf, zones []dossier.Zone) []other {
	var all []other
	for _, l := range leaves {
		if l.isForm() {
			continue
		}
		o := other{file: l.file, n: l.n, look: l.look, looked: l.looked}
		for _, z := range zones {
			if z.FileID == l.file.ID && z.Page == l.n && z.DocumentNumber != "" {
				o.number = z.Nationality + " " + z.DocumentNumber
			}
		}
		all = append(all, o)
	}
	return all
}

// traits are what the pages will be known by.
func (s *Screener) traits(others []other) ([]dossier.Trait, error) {
	var all []dossier.Trait
	for _, o := range others {
		t := dossier.Trait{FileID: o.file.ID, Page: o.n, DocumentNumber: o.number}
		if o.looked {
			outline := o.look.Outline()
			t.Outline = outline[:]
			var err error
			if t.SealedLook, err = s.sealLook(o); err != nil {
				return nil, err
			}
		}
		if o.looked || o.number != "" {
			all = append(all, t)
		}
	}
	return all, nil
}

// reused finds pages that came before under another codice fiscale: by the
// document's number, else by what they look like. Two documents whose numbers
// are known and differ are two documents, however alike they look.
func (s *Screener) reused(ctx context.Context, others []other, holderID string) ([]dossier.Finding, error) {
	var found []dossier.Finding
	for _, o := range others {
		detail := ""
		if o.number != "" {
			used, err := s.store.NumberUsed(ctx, o.number, holderID)
			if err != nil {
				return nil, err
			}
			if used {
				detail = "document number"
			}
		}
		if detail == "" && o.looked {
			agreement, err := s.mostAgreeing(ctx, o, holderID)
			if err != nil {
				return nil, err
			}
			if agreement >= identity.ReuseAgreement {
				detail = fmt.Sprintf("agreement %.2f, limit %.2f", agreement, identity.ReuseAgreement)
			}
		}
		if detail != "" {
			found = append(found, dossier.Finding{Code: dossier.IDReused, Severity: dossier.SeverityWarn, Page: o.n, Detail: detail})
		}
	}
	return found, nil
}

// likely is a page of another holder that may be a copy.
type likely struct {
	fileID   string
	page     int
	likeness float64
}

// mostAgreeing compares a page with those of others whose outlines are most
// alike, and returns the highest agreement.
func (s *Screener) mostAgreeing(ctx context.Context, o other, holderID string) (float64, error) {
	var candidates []likely
	own := o.look.Outline()
	err := s.store.EachOutline(ctx, holderID, func(fileID string, page int, raw []byte, numbered bool) error {
		if len(raw) != len(identity.Outline{}) || numbered && o.number != "" {
			return nil
		}
		theirs := identity.Outline(raw)
		if likeness := own.Likeness(&theirs); likeness >= leastLikeness {
			candidates = append(candidates, likely{fileID, page, likeness})
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(candidates, func(a, b likely) int { return cmp.Compare(b.likeness, a.likeness) })
	most := 0.0
	for _, c := range candidates[:min(len(candidates), likelyCopies)] {
		look, err := s.openLook(ctx, c)
		if dossier.CodeOf(err) == dossier.CodeNotFound {
			continue // erased meanwhile
		}
		if err != nil {
			return 0, err
		}
		most = max(most, o.look.Agreement(&look))
	}
	return most, nil
}

// sealLook packs a look with its page's number, so that it opens as that page's
// alone.
func (s *Screener) sealLook(o other) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("pack look: %w", err)
	}
	if _, err := w.Write(append([]byte{byte(o.n)}, o.look.Bytes()...)); err != nil { //nolint:gosec // pages are few
		return nil, fmt.Errorf("pack look: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack look: %w", err)
	}
	return s.vault.SealNote(o.file, packed.Bytes())
}

func (s *Screener) openLook(ctx context.Context, c likely) (identity.Look, error) {
	file, sealed, err := s.store.SealedLook(ctx, c.fileID, c.page)
	if err != nil {
		return identity.Look{}, err
	}
	packed, err := s.vault.OpenNote(file, sealed)
	if err != nil {
		return identity.Look{}, err
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), identity.LookSize+2))
	if err != nil {
		return identity.Look{}, fmt.Errorf("unpack look: %w", err)
	}
	if len(plain) == 0 || plain[0] != byte(c.page) { //nolint:gosec // pages are few
		return identity.Look{}, identity.ErrLook
	}
	return identity.ParseLook(plain[1:])
}
