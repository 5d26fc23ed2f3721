package verify

import (
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/internal/token"
)

// sheet is a page that is our own form for certain: born digital, with the
// marker in its text.
type sheet struct{ tokenID string }

// readSheet finds the form's marker in a page's text layer. Anybody can write
// such a line; it lets a machine ask for what is missing, never more.
func readSheet(text string) (sheet, bool) {
	m, ok := paper.ReadMarker(text)
	return sheet{tokenID: m.ID}, ok
}

// conclude moves submission and dossier according to what was read. The
// version guards the decision: if anything about the dossier changed since it
// was looked at, the task is tried again.
func (s *Screener) conclude(ctx context.Context, taskID string, sub dossier.Submission, res reading) error {
	if sub.DossierID == "" {
		return s.apply(ctx, taskID, sub, res, s.submissionEvent(sub, res), nil)
	}
	d, err := s.store.Dossier(ctx, sub.DossierID)
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	_, tokenID, _, err := s.store.Form(ctx, d.ID)
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	res.findings = append(res.findings, s.compareTokens(res, tokenID)...)
	if len(res.zones) > 0 {
		h, err := s.store.Holder(ctx, d.HolderID)
		if err != nil {
			return fmt.Errorf("screen: %w", err)
		}
		res.findings = append(res.findings, compareZones(res.zones, h.Person, sub.ReceivedAt)...)
	}
	event := s.submissionEvent(sub, res)
	if d.State != dossier.StateScreening {
		return s.apply(ctx, taskID, sub, res, event, nil) // it ended meanwhile
	}
	move := &dossier.Move{ID: d.ID, Event: dossierEvent(d, sub, event, res), Version: d.Version}
	return s.apply(ctx, taskID, sub, res, event, move)
}

func (s *Screener) apply(ctx context.Context, taskID string, sub dossier.Submission, res reading, event dossier.SubmissionEvent, move *dossier.Move) error {
	_, err := s.store.Apply(ctx, dossier.Change{
		Actor: worker, Closes: taskID, Dossier: move,
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: event},
		Effects:    append(res.effects, dossier.SetFindings{SubmissionID: sub.ID, Findings: res.findings}),
	})
	if err != nil {
		return fmt.Errorf("screen: %w", retry(err))
	}
	return nil
}

// submissionEvent follows the verdict over all findings of the submission.
func (s *Screener) submissionEvent(sub dossier.Submission, res reading) dossier.SubmissionEvent {
	verdict, _ := dossier.Judge(res.findings)
	switch verdict {
	case dossier.Rejected:
		return dossier.EventReadUnusable
	case dossier.Quarantined:
		return dossier.EventReadUnsafe
	case dossier.Accepted:
	}
	if sub.DossierID == "" {
		return dossier.EventReadUnmatched
	}
	return dossier.EventReadWell
}

// compareTokens says what the form's codes prove: that only the form came, that
// the form is another dossier's, or that no code could be read.
func (s *Screener) compareTokens(res reading, tokenID string) []dossier.Finding {
	var found []dossier.Finding
	ids := s.tokenIDs(res)
	if slices.ContainsFunc(ids, func(id string) bool { return id != tokenID }) {
		found = append(found, dossier.Finding{Code: dossier.TokenOtherHolder, Severity: dossier.SeverityWarn})
	}
	if len(ids) == 0 && len(res.sheets) == 0 && res.pages > 0 {
		found = append(found, dossier.Finding{Code: dossier.TokenMissing, Severity: dossier.SeverityInfo})
	}
	if res.pages > 0 && len(res.sheets) == res.pages {
		found = append(found, dossier.Finding{Code: dossier.IDMissing, Severity: dossier.SeverityWarn})
	}
	return found
}

// tokenIDs lists the ids of the form tokens that were read: from the text of a
// born-digital form, and from bar codes whose MAC is ours.
func (s *Screener) tokenIDs(res reading) []string {
	var ids []string
	for _, sh := range res.sheets {
		if sh.tokenID != "" {
			ids = append(ids, sh.tokenID)
		}
	}
	for _, text := range res.tokens {
		if tok, err := token.Parse(text, s.tokenKey); err == nil {
			ids = append(ids, tok.ID)
		}
	}
	return ids
}

// dossierEvent says where the dossier goes. It waits for the holder only when
// that is certain: nothing usable came, or nothing but our own form.
func dossierEvent(d dossier.Dossier, sub dossier.Submission, event dossier.SubmissionEvent, res reading) dossier.Event {
	var others []dossier.Submission
	for _, o := range d.Submissions {
		if o.ID == sub.ID {
			continue
		}
		switch o.State {
		case dossier.SubmissionReceived, dossier.SubmissionScreening:
			return dossier.EventPartRead
		case dossier.SubmissionJoined, dossier.SubmissionQuarantined:
			others = append(others, o)
		case dossier.SubmissionDuplicate, dossier.SubmissionRefused, dossier.SubmissionUnmatched, dossier.SubmissionNotASubmission:
		}
	}
	onlyForms := !slices.ContainsFunc(others, func(o dossier.Submission) bool { return !lacksID(o.Findings) })
	switch {
	case event == dossier.EventReadUnsafe:
		return dossier.EventMachineGaveUp
	case event == dossier.EventReadUnusable && onlyForms:
		return dossier.EventScreenedPartly
	case event == dossier.EventReadWell && lacksID(res.findings) && onlyForms:
		return dossier.EventScreenedPartly
	default:
		return dossier.EventScreened
	}
}

func lacksID(findings []dossier.Finding) bool {
	return slices.ContainsFunc(findings, func(f dossier.Finding) bool { return f.Code == dossier.IDMissing })
}
