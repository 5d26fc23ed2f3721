package verify

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
	"dispositivo/verify/identity"
)

// A repetition is dropped only when it is certain that nothing of it is news (C9): every
// page has the very pixels of a page that is here already. What merely looks the same is
// said to the reviewer (page.repeated) and shown, because a ticked box or another
// signature looks the same as well.

// pixelsOf is the keyed hash of a drawn page's pixels; nil for none.
func (s *Screener) pixelsOf(digest []byte) []byte {
	if len(digest) == 0 {
		return nil
	}
	return s.cfg.Hash.Sum(append([]byte("page pixels\x00"), digest...))
}

// tells reports whether a page says something by itself: what is blank, and our blank
// form as a program drew it, is the same from everybody.
func (l leaf) tells() bool {
	return l.pixels != nil && l.looked && (!l.sheet || len(l.tokenIDs) > 0)
}

// repeatable reports whether what was read may be a repetition: nothing stands against it,
// nobody decided that it is to be read, every page was drawn, and one tells something.
func repeatable(sub dossier.Submission, res reading) bool {
	verdict, _ := dossier.Judge(res.findings)
	undrawn := func(l leaf) bool { return l.pixels == nil }
	return verdict == dossier.Accepted && !sub.Cleared &&
		!slices.ContainsFunc(res.leaves, undrawn) && slices.ContainsFunc(res.leaves, leaf.tells)
}

// repeated finds an earlier submission that has all these pages. In the dossier that a code
// names it may have more of them: that was the whole, and this a part. Where no code names one, it
// must have the same and no other, because people who know nothing of each other send the
// same cover sheet.
func (s *Screener) repeated(ctx context.Context, target dossier.Dossier, sub dossier.Submission, res reading) (dossier.Submission, bool, error) {
	if !repeatable(sub, res) {
		return dossier.Submission{}, false, nil
	}
	if target.ID != "" {
		earlier, ok := repeatedIn(target, sub, res)
		return earlier, ok, nil
	}
	telling := res.leaves[slices.IndexFunc(res.leaves, leaf.tells)]
	earlier, err := s.store.EarlierWithPage(ctx, sub, telling.pixels, func(o dossier.Submission) bool {
		return whole(o) && len(pixelsIn(o)) == len(res.leaves) && within(res.leaves, pixelsIn(o))
	})
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return dossier.Submission{}, false, nil
	}
	return earlier, err == nil, err
}

// repeatedIn finds in a dossier a submission, joined already, that has all these pages.
func repeatedIn(d dossier.Dossier, sub dossier.Submission, res reading) (dossier.Submission, bool) {
	if !repeatable(sub, res) {
		return dossier.Submission{}, false
	}
	i := slices.IndexFunc(d.Submissions, func(o dossier.Submission) bool {
		return o.ID != sub.ID && o.State == dossier.SubmissionJoined && whole(o) && within(res.leaves, pixelsIn(o))
	})
	if i < 0 {
		return dossier.Submission{}, false
	}
	return d.Submissions[i], true
}

// whole reports whether nothing of a submission is known to have been lost on the way:
// who sends such a one again mends it.
func whole(sub dossier.Submission) bool {
	return !slices.ContainsFunc(sub.Findings, func(f dossier.Finding) bool {
		return f.Severity != dossier.SeverityInfo && (f.Code == dossier.FileTruncated || f.Code == dossier.PageDamaged)
	})
}

// pixelsIn are the pages of a submission that are read, in order; nil for one without
// pixels.
func pixelsIn(sub dossier.Submission) [][]byte {
	var all [][]byte
	for _, f := range sub.Documents {
		if f.Evidence {
			continue
		}
		for _, p := range f.Pages {
			all = append(all, p.KeyedPixels)
		}
	}
	return all
}

// within reports whether all leaves are among the pages, in their order.
func within(leaves []leaf, pages [][]byte) bool {
	for _, l := range leaves {
		i := slices.IndexFunc(pages, func(p []byte) bool { return bytes.Equal(p, l.pixels) })
		if i < 0 {
			return false
		}
		pages = pages[i+1:]
	}
	return true
}

// source is a page of another submission of the same dossier.
type source struct {
	protocol dossier.Protocol
	page     int
}

// resembling says of each page which one of the dossier, if any, it looks like: what is
// here and counts, of other submissions.
func (s *Screener) resembling(ctx context.Context, d dossier.Dossier, sub dossier.Submission, leaves []leaf) ([]dossier.Finding, error) {
	same, files := map[string]source{}, map[string]dossier.Protocol{}
	for _, o := range d.Submissions {
		if o.ID == sub.ID || o.State != dossier.SubmissionJoined && o.State != dossier.SubmissionQuarantined {
			continue
		}
		for _, f := range o.Documents {
			files[f.ID] = o.Protocol
			for _, p := range f.Pages {
				if _, known := same[string(p.KeyedPixels)]; !known && p.KeyedPixels != nil {
					same[string(p.KeyedPixels)] = source{o.Protocol, p.N}
				}
			}
		}
	}
	var found []dossier.Finding
	for _, l := range leaves {
		if !l.looked { // blank
			continue
		}
		if at, ok := same[string(l.pixels)]; ok {
			found = append(found, dossier.Repetition{Protocol: at.protocol, Page: at.page, Same: true}.Finding(l.n))
			continue
		}
		best, agreement, err := s.mostAgreeing(ctx, l.look, func(each func(fileID string, page int, outline []byte) error) error {
			return s.store.EachOutlineOf(ctx, d.ID, func(fileID string, page int, outline []byte) error {
				if _, counts := files[fileID]; !counts {
					return nil
				}
				return each(fileID, page, outline)
			})
		})
		if err != nil {
			return nil, fmt.Errorf("compare with pages of the dossier: %w", err)
		}
		if agreement >= identity.RepeatAgreement {
			found = append(found, dossier.Repetition{Protocol: files[best.fileID], Page: best.page}.Finding(l.n))
		}
	}
	return found, nil
}
