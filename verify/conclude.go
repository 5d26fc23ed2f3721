package verify

import (
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
)

// conclude moves submission and dossier according to what was read. The
// version guards the decision: if anything about the dossier changed since it
// was looked at, the task is tried again.
func (s *Screener) conclude(ctx context.Context, taskID string, sub dossier.Submission, res reading) error {
	if sub.DossierID == "" {
		done := false
		var err error
		if sub, res, done, err = s.place(ctx, taskID, sub, res); err != nil || done {
			return err
		}
	}
	d, err := s.store.Dossier(ctx, sub.DossierID)
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	event := dossier.EventReadDuplicate
	if _, repeats := repeatedIn(d, sub, res); repeats {
		res.findings = nil // the first one has them
	} else {
		if res, err = s.toldByChannel(sub, res); err != nil {
			return fmt.Errorf("screen: %w", err)
		}
		if res, err = s.compare(ctx, d, sub, res); err != nil {
			return fmt.Errorf("screen: %w", err)
		}
		event = s.submissionEvent(sub, res)
	}
	if d.State != dossier.StateScreening {
		return s.apply(ctx, taskID, sub, res, event, nil) // it ended meanwhile
	}
	move := &dossier.Move{ID: d.ID, Event: dossierEvent(d, sub, event, res), Version: d.Version}
	return s.apply(ctx, taskID, sub, res, event, move)
}

// compare adds what the pages say beside form, account and what others sent.
func (s *Screener) compare(ctx context.Context, d dossier.Dossier, sub dossier.Submission, res reading) (reading, error) {
	_, tokenID, _, err := s.store.Form(ctx, d.ID)
	if err != nil {
		return res, err
	}
	res.findings = append(res.findings, compareForms(res.leaves, tokenID, formCame(d, sub))...)
	res.findings = append(res.findings, compareID(res.leaves, res.zones, idCame(d, sub))...)
	h, err := s.store.Holder(ctx, d.HolderID)
	if err != nil {
		return res, err
	}
	res.findings = append(res.findings, compareZones(res.zones, h.Person, sub.ReceivedAt)...)
	res.findings = append(res.findings, compareCards(res.leaves, h.Person)...)
	pages := sheets(res.leaves, res.zones)
	reused, err := s.reused(ctx, pages, d.HolderID)
	if err != nil {
		return res, err
	}
	resembling, err := s.resembling(ctx, d, sub, res.leaves)
	if err != nil {
		return res, err
	}
	res.findings = slices.Concat(res.findings, reused, resembling)
	kept, err := s.traits(pages)
	if err != nil {
		return res, err
	}
	res.effects = append(res.effects, dossier.KeepTraits{SubmissionID: sub.ID, HolderID: d.HolderID, Traits: kept})
	return res, nil
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

// dossierEvent says where the dossier goes. It waits for the holder only when
// that is certain: nothing usable came, or nothing but our own form. A repetition that
// was sent into the dossier itself gives it back to a person, who may have asked for more:
// nothing here says so any more.
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
	case (event == dossier.EventReadUnusable || event == dossier.EventReadDuplicate) && onlyForms:
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
