package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify/review"
)

// proves C10: a lease, never two at once; never the own dossier; four eyes.
func TestClaims(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)

		own := house.Reviewer("own")
		own.KeyedCF = e.KeyCF(h.Person.CodiceFiscale)
		_, err := e.ClaimReview(ctx, own, "", time.Minute)
		house.WantCode(t, err, dossier.CodeNotFound)
		elsewhere := house.Reviewer("elsewhere")
		elsewhere.Office = "milano"
		_, err = e.ClaimReview(ctx, elsewhere, "", time.Minute)
		house.WantCode(t, err, dossier.CodeNotFound)

		var mu sync.Mutex
		var won []review.Lease
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				r, err := e.ClaimReview(ctx, house.Reviewer(fmt.Sprint("op", i)), "", time.Minute)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won = append(won, r)
				} else if dossier.CodeOf(err) != dossier.CodeNotFound {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d reviewers hold the dossier", len(won))
		}
		again, err := e.ClaimReview(ctx, house.Reviewer(won[0].OperatorID), "", time.Minute)
		if err != nil || again.ID != won[0].ID {
			t.Errorf("the held one is not given again: %+v, %v", again, err)
		}
		e.Clock.Advance(2 * time.Minute)
		house.WantCode(t, e.RenewLease(ctx, won[0].ID, time.Minute), dossier.CodeLeaseLost)
		_, err = e.Apply(ctx, dossier.Change{
			Actor: house.Reviewer(won[0].OperatorID), Dossier: &dossier.Move{ID: id, Event: dossier.EventRejected},
			Effects: []dossier.Effect{dossier.Decide{Decision: dossier.Decision{
				ID: e.ID(), DossierID: id, ReviewID: won[0].ID, OperatorID: won[0].OperatorID, Action: dossier.ActionReject,
			}}},
		})
		house.WantCode(t, err, dossier.CodeLeaseLost)
		approve(e, id, "first", dossier.EventFirstApproval)
		_, err = e.ClaimReview(ctx, house.Reviewer("first"), id, time.Minute)
		house.WantCode(t, err, dossier.CodeNotFound)
		approve(e, id, "second", dossier.EventApproved)
	})
}

// proves C10: deadlines are tasks; a review is due after five working days.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		id := e.Reviewing(e.AddHolder("PRVDAA80A41H501X"))
		if due := e.Get(id).DueAt; !due.Equal(house.Start().AddDate(0, 0, 7)) {
			t.Errorf("review due %v, want Monday next week", due)
		}
		kinds := func() (kinds []dossier.TaskKind) {
			tasks, err := e.DueTasks(t.Context(), e.Clock.Now(), 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range tasks {
				kinds = append(kinds, task.Kind)
			}
			return kinds
		}
		if got := kinds(); slices.Contains(got, dossier.TaskEscalate) || !slices.Contains(got, dossier.TaskOffer) {
			t.Errorf("due at once: %v", got)
		}
		e.Clock.Advance(7 * 24 * time.Hour)
		if got := kinds(); !slices.Contains(got, dossier.TaskEscalate) {
			t.Errorf("due after the deadline: %v", got)
		}
	})
}
