package store_test

import (
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// approve claims and approves a dossier.
func approve(e house.House, id, operator string, event dossier.Event) {
	e.T.Helper()
	r, err := e.ClaimReview(e.T.Context(), house.Reviewer(operator), id, time.Minute)
	if err != nil {
		e.T.Fatal(err)
	}
	e.Must(dossier.Change{
		Actor: house.Reviewer(operator), Dossier: &dossier.Move{ID: id, Event: event, Version: e.Get(id).Version},
		Effects: []dossier.Effect{dossier.Decide{Decision: dossier.Decision{
			ID: e.ID(), DossierID: id, ReviewID: r.ID, OperatorID: operator, Action: dossier.ActionApprove,
			Note: "looks right", Version: e.Get(id).Version,
		}}},
	})
}

// proves C11: many workers at once, one conversion, one confirmation.
func TestConversionHappensOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)
		approve(e, id, "op", dossier.EventApproved)
		ds, err := e.Decisions(t.Context(), id, false)
		if err != nil || len(ds) != 1 || ds[0].Note != "looks right" {
			t.Fatalf("decisions %+v, %v", ds, err)
		}
		var mu sync.Mutex
		done := 0
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				_, err := e.Apply(t.Context(), dossier.Change{
					Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventConverted},
					Effects: []dossier.Effect{dossier.ConvertPIN{DossierID: id, PINIssueID: h.PIN.ID, PINVersion: h.PIN.Version, SeenHash: ds[0].SeenHash}},
				})
				if err == nil {
					mu.Lock()
					done++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		p, err := e.PINIssue(t.Context(), h.PIN.ID)
		if err != nil || p.Kind != dossier.Dispositivo || p.Version != h.PIN.Version+1 || done != 1 {
			t.Errorf("converted %d times, PIN %+v, %v", done, p, err)
		}
		if n := len(e.Told(dossier.MessageConfirmation)); n != 1 {
			t.Errorf("%d confirmations, want 1", n)
		}
	})
}

// An approval binds what was seen: a hash of other findings does not convert.
func TestConversionNeedsTheSameEvidence(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)
		approve(e, id, "op", dossier.EventApproved)
		ds, _ := e.Decisions(t.Context(), id, false)
		sub := e.Get(id).Submissions[0]
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetFindings{SubmissionID: sub.ID}}})
		convert := func(p dossier.PINIssue) error {
			_, err := e.Apply(t.Context(), dossier.Change{
				Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventConverted},
				Effects: []dossier.Effect{dossier.ConvertPIN{DossierID: id, PINIssueID: p.ID, PINVersion: p.Version, SeenHash: ds[0].SeenHash}},
			})
			return err
		}
		house.WantCode(t, convert(h.PIN), dossier.CodeConflict)
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetFindings{SubmissionID: sub.ID, Findings: sub.Findings}}})
		e.MovePIN(h.PIN.ID, dossier.PINEventSuspended)
		p, _ := e.PINIssue(t.Context(), h.PIN.ID)
		house.WantCode(t, convert(p), dossier.CodeConflict)
		if d := e.Get(id); d.State != dossier.StateApproved {
			t.Errorf("state %s, want approved", d.State)
		}
	})
}

// New pages void the approval and take the dossier out of the reviewer's hands.
func TestPagesAddedVoidsApproval(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)
		approve(e, id, "op", dossier.EventApproved)
		e.Must(e.Arrival(h, id, "more"))
		if ds, err := e.Decisions(t.Context(), id, false); err != nil || len(ds) != 0 {
			t.Errorf("approvals still stand: %v, %v", ds, err)
		}
		if ds, err := e.Decisions(t.Context(), id, true); err != nil || len(ds) != 1 {
			t.Errorf("history lost: %v, %v", ds, err)
		}
	})
}
