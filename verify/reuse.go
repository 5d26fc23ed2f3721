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

// sheet is a page that may come again. One that is not our form may be of an identity
// document.
type sheet struct {
	file   dossier.File
	n      int
	look   identity.Look
	looked bool // look is known
	form   bool
	number string // of its proved zone, with the state; our form has none
}

// sheets lists the pages with the document numbers read off them. A number is told by the
// state whose citizen the holder is, too.
func sheets(leaves []leaf, zones []dossier.Zone) []sheet {
	var all []sheet
	for _, l := range leaves {
		o := sheet{file: l.file, n: l.n, look: l.look, looked: l.looked, form: l.isForm()}
		for _, z := range zones {
			if !o.form && z.FileID == l.file.ID && z.Page == l.n && z.DocumentNumber != "" {
				o.number = z.Nationality + " " + z.DocumentNumber
			}
		}
		all = append(all, o)
	}
	return all
}

// traits are what the pages will be known by.
func (s *Screener) traits(sheets []sheet) ([]dossier.Trait, error) {
	var all []dossier.Trait
	for _, o := range sheets {
		t := dossier.Trait{FileID: o.file.ID, Page: o.n, Form: o.form, DocumentNumber: o.number}
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
// are known and differ are two documents, however alike they look; and everybody's form
// looks alike.
func (s *Screener) reused(ctx context.Context, sheets []sheet, holderID string) ([]dossier.Finding, error) {
	var found []dossier.Finding
	for _, o := range sheets {
		if o.form {
			continue
		}
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
			_, agreement, err := s.mostAgreeing(ctx, o.look, func(each func(fileID string, page int, outline []byte) error) error {
				return s.store.EachOutline(ctx, holderID, func(fileID string, page int, outline []byte, numbered bool) error {
					if numbered && o.number != "" {
						return nil
					}
					return each(fileID, page, outline)
				})
			})
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

// likely is a page that may be a copy.
type likely struct {
	fileID   string
	page     int
	likeness float64
}

// mostAgreeing compares a page with those whose outlines are most alike, and returns
// the one that agrees best.
func (s *Screener) mostAgreeing(
	ctx context.Context, look identity.Look, each func(func(fileID string, page int, outline []byte) error) error,
) (best likely, agreement float64, err error) {
	var candidates []likely
	own := look.Outline()
	err = each(func(fileID string, page int, raw []byte) error {
		if len(raw) != len(identity.Outline{}) {
			return nil
		}
		theirs := identity.Outline(raw)
		if likeness := own.Likeness(&theirs); likeness >= leastLikeness {
			candidates = append(candidates, likely{fileID, page, likeness})
		}
		return nil
	})
	if err != nil {
		return best, 0, err
	}
	slices.SortFunc(candidates, func(a, b likely) int { return cmp.Compare(b.likeness, a.likeness) })
	for _, c := range candidates[:min(len(candidates), likelyCopies)] {
		theirs, err := s.openLook(ctx, c)
		if dossier.CodeOf(err) == dossier.CodeNotFound {
			continue // erased meanwhile
		}
		if err != nil {
			return best, 0, err
		}
		if agrees := look.Agreement(&theirs); agrees > agreement {
			best, agreement = c, agrees
		}
	}
	return best, agreement, nil
}

// sealLook packs a look with its page's number, so that it opens as that page's
// alone.
func (s *Screener) sealLook(o sheet) ([]byte, error) {
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
