package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/token"
)

// place finds the dossier of a submission that came without one (C9): only a
// form's token or its typed code joins. The submission returned then belongs to
// that dossier, which is being screened; else the submission's way ended, and done
// is true.
func (s *Screener) place(ctx context.Context, taskID string, sub dossier.Submission, res reading) (dossier.Submission, reading, bool, error) {
	origin, err := s.origin(sub)
	if err != nil {
		return sub, res, false, fmt.Errorf("screen: %w", err)
	}
	if !slices.ContainsFunc(sub.Documents, func(f dossier.File) bool { return !f.Evidence }) {
		return sub, res, true, s.apply(ctx, taskID, sub, res, dossier.EventReadNoDocument, nil)
	}
	tokens := tokensOf(res.leaves, origin)
	target, findings, err := s.target(ctx, tokens)
	if err != nil {
		return sub, res, false, fmt.Errorf("screen: %w", err)
	}
	if copied, err := s.copied(ctx, taskID, target, sub, res); err != nil || copied {
		return sub, res, true, err
	}
	if earlier, ok, err := s.repeated(ctx, target, sub, res); err != nil || ok {
		if err != nil {
			return sub, res, false, fmt.Errorf("screen: %w", err)
		}
		return sub, res, true, s.duplicate(ctx, taskID, sub, res, earlier)
	}
	if target.ID == "" {
		if res, err = s.toldByChannel(sub, res); err != nil {
			return sub, res, false, fmt.Errorf("screen: %w", err)
		}
		if len(tokens) == 0 {
			findings = append(compareForms(res.leaves, "", false), compareID(res.leaves, res.zones, false)...)
		}
		res.findings = append(res.findings, findings...)
		return sub, res, true, s.apply(ctx, taskID, sub, res, s.submissionEvent(sub, res), nil)
	}
	_, err = s.store.Apply(ctx, dossier.Change{
		Actor: worker, Dossier: &dossier.Move{ID: target.ID, Event: dossier.EventPagesAdded, Version: target.Version},
		Effects: []dossier.Effect{dossier.Join{SubmissionID: sub.ID, DossierID: target.ID}},
	})
	if err != nil {
		return sub, res, false, fmt.Errorf("join: %w", retry(err))
	}
	sub, err = s.store.Submission(ctx, sub.ID)
	return sub, res, false, err
}

// copied ends a submission whose documents are here already, byte by byte: in the target,
// where there is one, because who is told that the code was missing sends the same again,
// with the code.
func (s *Screener) copied(ctx context.Context, taskID string, target dossier.Dossier, sub dossier.Submission, res reading) (bool, error) {
	earlier, err := s.store.EarlierCopy(ctx, sub, target.ID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("screen: %w", err)
	}
	return true, s.duplicate(ctx, taskID, sub, res, earlier)
}

// duplicate ends a submission that repeats an earlier one, beside it. No dossier moves: one
// that waits for something else waits on.
func (s *Screener) duplicate(ctx context.Context, taskID string, sub dossier.Submission, res reading, earlier dossier.Submission) error {
	if earlier.DossierID != "" {
		res.effects = append(res.effects, dossier.Join{SubmissionID: sub.ID, DossierID: earlier.DossierID})
	}
	res.findings = nil // the first one has them
	return s.apply(ctx, taskID, sub, res, dossier.EventReadDuplicate, nil)
}

// target is the one dossier that the tokens name and that still takes pages; else
// its ID is "" and findings say why.
func (s *Screener) target(ctx context.Context, tokens []string) (dossier.Dossier, []dossier.Finding, error) {
	var found []dossier.Dossier
	for _, id := range tokens {
		dossierID, err := s.store.DossierByToken(ctx, id)
		if dossier.CodeOf(err) == dossier.CodeNotFound {
			continue // a code may be mistyped, and a token of a time before
		}
		if err != nil {
			return dossier.Dossier{}, nil, err
		}
		d, err := s.store.Dossier(ctx, dossierID)
		if err != nil {
			return dossier.Dossier{}, nil, err
		}
		found = append(found, d)
	}
	warn := func(code dossier.FindingCode) []dossier.Finding {
		return []dossier.Finding{{Code: code, Severity: dossier.SeverityWarn}}
	}
	switch {
	case len(found) == 0 && len(tokens) > 0:
		return dossier.Dossier{}, warn(dossier.TokenUnreadable), nil
	case len(found) == 0:
		return dossier.Dossier{}, nil, nil
	case len(found) > 1:
		return dossier.Dossier{}, warn(dossier.TokenOtherHolder), nil
	case found[0].State.Final():
		return dossier.Dossier{}, warn(dossier.TokenUsed), nil
	}
	return found[0], nil, nil
}

// tokensOf lists the tokens on the pages and the codes typed beside them, each once.
func tokensOf(leaves []leaf, origin dossier.Origin) []string {
	var ids []string
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, l := range leaves {
		for _, id := range l.tokenIDs {
			add(id)
		}
	}
	for _, typed := range origin.Typed {
		for word := range strings.FieldsSeq(typed) {
			if id, err := token.ParseCode(strings.Trim(word, `.,;:()[]<>"'`)); err == nil {
				add(id)
			}
		}
	}
	return ids
}

// origin opens what the channel said; nothing for an upload.
func (s *Screener) origin(sub dossier.Submission) (dossier.Origin, error) {
	var o dossier.Origin
	if len(sub.Documents) == 0 || len(sub.Documents[0].SealedOrigin) == 0 {
		return o, nil
	}
	note, err := s.vault.OpenNote(sub.Documents[0], sub.Documents[0].SealedOrigin)
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(note, &o); err != nil {
		return o, fmt.Errorf("decode origin: %w", err)
	}
	return o, nil
}

// toldByChannel adds what the channel knows of: pages that did not arrive, or fewer than
// it was told of, and files that came beside the documents and are not read.
func (s *Screener) toldByChannel(sub dossier.Submission, res reading) (reading, error) {
	origin, err := s.origin(sub)
	if err != nil {
		return res, err
	}
	missing, n := "", res.pages()
	switch {
	case origin.Incomplete:
		missing = "incomplete reception"
	case n > 0 && n < origin.Pages:
		missing = fmt.Sprintf("incomplete reception: %d of %d pages", n, origin.Pages)
	}
	if missing != "" {
		res.findings = append(res.findings, dossier.Finding{Code: dossier.FileTruncated, Severity: dossier.SeverityWarn, Detail: missing})
	}
	if n := origin.PassedOver; n > 0 {
		res.findings = append(res.findings, dossier.Finding{Code: dossier.FilePassedOver, Severity: dossier.SeverityWarn, Detail: fmt.Sprintf("files: %d", n)})
	}
	return res, nil
}

// pages counts those of the documents that were read; 0 also when none could be counted.
func (r reading) pages() int {
	n := 0
	for _, e := range r.effects {
		if added, ok := e.(dossier.AddPages); ok {
			n += len(added.Pages)
		}
	}
	return n
}

// sealClues keeps what may name the holder of a submission that has none yet; nil
// for nothing.
func (s *Screener) sealClues(sub dossier.Submission, f dossier.File, leaves []leaf) ([]byte, error) {
	if sub.DossierID != "" {
		return nil, nil
	}
	var clues dossier.Clues
	for _, l := range leaves {
		clues.TokenIDs = append(clues.TokenIDs, l.tokenIDs...)
		for _, text := range l.bars {
			if cf, err := codicefiscale.Parse(text); err == nil && len(text) == personalLength {
				clues.CodiciFiscali = append(clues.CodiciFiscali, dossier.CodeClue{Code: cf.String(), Page: l.n, Source: "bars"})
			}
		}
		for _, code := range l.codes {
			clues.CodiciFiscali = append(clues.CodiciFiscali, dossier.CodeClue{Code: code, Page: l.n, Source: "text"})
		}
	}
	if len(clues.CodiciFiscali)+len(clues.TokenIDs) == 0 {
		return nil, nil
	}
	note, err := json.Marshal(clues)
	if err != nil {
		return nil, fmt.Errorf("encode clues: %w", err)
	}
	return s.vault.SealNote(f, note)
}

// mostCodes bounds how many codici fiscali of one page are kept.
const mostCodes = 5

// codesIn finds valid codici fiscali among the words of a page.
func codesIn(text string) []string {
	var codes []string
	for word := range strings.FieldsSeq(text) {
		word = strings.Trim(word, `.,;:()[]<>"'`)
		if len(word) != personalLength {
			continue
		}
		if cf, err := codicefiscale.Parse(word); err == nil && !slices.Contains(codes, cf.String()) && len(codes) < mostCodes {
			codes = append(codes, cf.String())
		}
	}
	return codes
}
