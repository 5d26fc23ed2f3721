package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/session"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify/review"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// proves C7: 64 writers, no number missing, none twice, times in order.
func TestProtocolHasNoGaps(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		const writers, each = 64, 3
		h := e.AddHolder("PRVDAA80A41H501X")
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					sub := dossier.Submission{ID: fmt.Sprintf("s-%d-%d", w, i), Channel: dossier.ChannelFax, HolderID: h.ID}
					_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Admit: &dossier.Admission{Submission: sub, ExternalID: sub.ID}})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		var last time.Time
		err := e.EachSubmission(t.Context(), func(sub dossier.Submission) error {
			n++
			if sub.Protocol.Number != n || sub.Protocol.Year != 2026 {
				t.Errorf("entry %d has protocol %v", n, sub.Protocol)
			}
			if sub.ReceivedAt.Before(last) {
				t.Errorf("protocol %v is older than the one before", sub.Protocol)
			}
			last = sub.ReceivedAt
			return nil
		})
		if err != nil || n != writers*each {
			t.Errorf("register holds %d numbers, want %d (%v)", n, writers*each, err)
		}
	})
}

// proves C7: the register restarts with the year of Europe/Rome, and a clock
// set back does not set the register back.
func TestProtocolYearAndClock(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		admit := func(id string) dossier.Protocol {
			sub := dossier.Submission{ID: id, Channel: dossier.ChannelFax}
			return e.Must(dossier.Change{Actor: house.Worker(), Admit: &dossier.Admission{Submission: sub, ExternalID: id}}).Submission.Protocol
		}
		e.Clock.Set(time.Date(2026, 12, 31, 22, 59, 59, 0, time.UTC))
		a := admit("a")
		e.Clock.Set(time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC))
		b := admit("b")
		e.Clock.Set(time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC))
		c := admit("c")
		if a.String() != "2026/0000001" || b.String() != "2026/0000002" || c.String() != "2027/0000001" {
			t.Errorf("got %v, %v, %v", a, b, c)
		}
		if b.At.Before(a.At) {
			t.Errorf("time went back from %v to %v", a.At, b.At)
		}
	})
}

func TestRepeatsReturnTheFirstReceipt(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Begin(h)
		first := e.Arrival(h, id, "one")
		first.Admit.IdempotencyKey = "k"
		out := e.Must(first)
		if out.Repeated || out.State != dossier.StateScreening {
			t.Fatalf("first arrival: %+v", out)
		}
		for name, change := range map[string]func(*dossier.Change){
			"same key":         func(c *dossier.Change) { c.Admit.IdempotencyKey = "k" },
			"same external id": func(c *dossier.Change) { c.Admit.ExternalID = first.Admit.ExternalID },
			"same bytes":       func(*dossier.Change) {},
		} {
			again := e.Arrival(h, id, "one")
			change(&again)
			got := e.Must(again)
			if !got.Repeated || got.Submission.ID != out.Submission.ID || got.Submission.Protocol.String() != out.Submission.Protocol.String() {
				t.Errorf("%s: got %+v", name, got)
			}
			if d := e.Get(id); d.Version != out.Version {
				t.Errorf("%s changed the dossier", name)
			}
		}
		other := e.Arrival(h, id, "two")
		other.Admit.IdempotencyKey = "k"
		_, err := e.Apply(t.Context(), other)
		house.WantCode(t, err, dossier.CodeIdempotency)
	})
}

func TestSameBytesAtOnceAreOneSubmission(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Begin(h)
		var wg sync.WaitGroup
		for range 16 {
			ch := e.Arrival(h, id, "one")
			wg.Go(func() {
				if _, err := e.Apply(t.Context(), ch); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(e.Get(id).Submissions); n != 1 {
			t.Errorf("%d submissions, want 1", n)
		}
	})
}

func TestApplyGuards(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)
		d := e.Get(id)
		_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn, Version: d.Version - 1}})
		house.WantCode(t, err, dossier.CodeDossierChanged)
		_, err = e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventConverted}})
		house.WantCode(t, err, dossier.CodeConflict)
		_, err = e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: "none", Event: dossier.EventConverted}})
		house.WantCode(t, err, dossier.CodeNotFound)
		_, err = e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Closes: "none"})
		house.WantCode(t, err, dossier.CodeConflict)
		if got := e.Get(id); got.Version != d.Version || got.State != d.State {
			t.Errorf("a refused change left a trace: %+v", got)
		}
	})
}

func TestOneOpenDossierPerIssue(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		e.Begin(h)
		_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Citizen(h), Effects: []dossier.Effect{dossier.OpenDossier{
			Dossier: dossier.Dossier{ID: "second", HolderID: h.ID, PINIssueID: h.PIN.ID}, TokenID: "other", StatusCode: "c",
		}}})
		house.WantCode(t, err, dossier.CodeConflict)
	})
}

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

func TestOutboxRings(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		e.Must(dossier.Change{Actor: house.Worker(), Admit: &dossier.Admission{
			Submission: dossier.Submission{ID: "s", Channel: dossier.ChannelFax}, ExternalID: "x",
		}})
		due := func() []dossier.Task {
			tasks, err := e.DueTasks(ctx, e.Clock.Now().Add(-time.Minute), 10)
			if err != nil {
				t.Fatal(err)
			}
			return tasks
		}
		tasks := due()
		if len(tasks) != 1 || tasks[0].Kind != dossier.TaskScreen || tasks[0].Subject != "s" || tasks[0].Attempt != 0 {
			t.Fatalf("tasks %+v", tasks)
		}
		select {
		case <-e.Bell():
		default:
			t.Error("the bell did not ring")
		}
		if err := e.MarkRung(ctx, tasks); err != nil {
			t.Fatal(err)
		}
		if got := due(); len(got) != 0 {
			t.Errorf("rung twice: %+v", got)
		}
		e.Clock.Advance(2 * time.Minute)
		if got := due(); len(got) != 1 || got[0].Attempt != 1 {
			t.Errorf("not rung again: %+v", got)
		}
		e.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: "s", Event: dossier.EventReadingStarted}, Closes: tasks[0].ID})
		if _, taken, err := e.TakeTask(ctx, tasks[0].ID, e.Clock.Now()); err != nil || taken {
			t.Errorf("a closed task is taken up: %v", err)
		}
		_, err := e.Apply(ctx, dossier.Change{Actor: house.Worker(), Closes: tasks[0].ID})
		house.WantCode(t, err, dossier.CodeConflict)
	})
}

// Two rings of a task never meet two workers, until the first is surely dead.
func TestTaskIsTakenOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		e.Must(dossier.Change{Admit: &dossier.Admission{
			Submission: dossier.Submission{ID: "s", Channel: dossier.ChannelFax}, ExternalID: "s",
		}})
		dead := func() time.Time { return e.Clock.Now().Add(-time.Minute) }
		tasks, err := e.DueTasks(ctx, dead(), 10)
		if err != nil || len(tasks) != 1 {
			t.Fatalf("tasks %+v: %v", tasks, err)
		}
		id := tasks[0].ID
		take := func(want bool, wantFailures int) {
			t.Helper()
			failures, taken, err := e.TakeTask(ctx, id, dead())
			if err != nil || taken != want || failures != wantFailures {
				t.Errorf("taken %t after %d failures, want %t after %d: %v", taken, failures, want, wantFailures, err)
			}
		}
		var wg sync.WaitGroup
		var took atomic.Int64
		for range 8 {
			wg.Go(func() {
				if _, taken, err := e.TakeTask(ctx, id, dead()); err != nil {
					t.Error(err)
				} else if taken {
					took.Add(1)
				}
			})
		}
		wg.Wait()
		if took.Load() != 1 {
			t.Errorf("%d workers took it", took.Load())
		}
		if err := e.UnringTasks(ctx, dead()); err != nil {
			t.Fatal(err)
		}
		take(false, 0) // another process started; the worker still has it
		if err := e.PostponeTask(ctx, id, e.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		take(true, 1)
		e.Clock.Advance(2 * time.Minute)
		take(true, 1) // the worker is dead
		e.Clock.Advance(time.Second)
		if err := e.UnringTasks(ctx, e.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		take(true, 1) // the process that it was taken in is dead
	})
}

// proves B6: the chain holds, and a row changed behind its back is found.
func TestAuditChain(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		e.Reviewing(e.AddHolder("PRVDAA80A41H501X"))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					n, err := e.SealAudit(ctx, 3)
					if err != nil {
						t.Error(err)
					}
					if n == 0 {
						return
					}
				}
			})
		}
		wg.Wait()
		if _, err := e.SealAudit(ctx, 1000); err != nil {
			t.Fatal(err)
		}
		if n, err := verify(ctx, e.Store); err != nil || n < 5 {
			t.Errorf("%d entries, %v", n, err)
		}
	})
}

func verify(ctx context.Context, s *store.Store) (int64, error) {
	v := audit.NewVerifier(s.AuditMAC())
	err := s.EachSealed(ctx, v.Next)
	return v.Head().Seq, err
}

// proves B5: a session ends after 30 minutes without activity, and with its PIN.
func TestSessionsAndLocks(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		h := e.AddHolder("PRVDAA80A41H501X")
		keeper := session.NewKeeper(e.Store, e.Clock, session.DefaultIdle)
		s, err := keeper.Start(ctx, house.Citizen(h), h.PIN.ID)
		if err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(20 * time.Minute)
		if got, err := keeper.Resume(ctx, s.Token); err != nil || got.Actor.ID != h.ID || got.CSRF != s.CSRF {
			t.Fatalf("resume: %+v, %v", got, err)
		}
		e.Clock.Advance(29 * time.Minute)
		if _, err := keeper.Resume(ctx, s.Token); err != nil {
			t.Errorf("activity did not count: %v", err)
		}
		e.Clock.Advance(30 * time.Minute)
		_, err = keeper.Resume(ctx, s.Token)
		house.WantCode(t, err, dossier.CodeUnauthorized)

		s2, _ := keeper.Start(ctx, house.Citizen(h), h.PIN.ID)
		e.MovePIN(h.PIN.ID, dossier.PINEventRevoked)
		_, err = keeper.Resume(ctx, s2.Token)
		house.WantCode(t, err, dossier.CodeUnauthorized)

		next := func(l dossier.Lock, now time.Time) dossier.Lock {
			return dossier.Lock{Wrong: l.Wrong + 1, LockedUntil: now.Add(time.Minute)}
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := e.CountWrong(ctx, "UNKNOWN", next); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if l, err := e.Lock(ctx, "UNKNOWN"); err != nil || l.Wrong != 20 || !l.LockedUntil.Equal(e.Clock.Now().Add(time.Minute)) {
			t.Errorf("lock %+v, %v", l, err)
		}
		if err := e.ClearLock(ctx, "UNKNOWN"); err != nil {
			t.Fatal(err)
		}
		if l, err := e.Lock(ctx, "UNKNOWN"); err != nil || l.Wrong != 0 {
			t.Errorf("lock %+v, %v", l, err)
		}
	})
}

func TestLettersAreSealedOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		h := e.AddHolder("PRVDAA80A41H501X")
		e.Must(e.Arrival(h, e.Begin(h), "one"))
		msgs, err := e.Messages(ctx, h.ID, 10)
		if err != nil || len(msgs) != 1 || msgs[0].Kind != dossier.MessageReceipt || msgs[0].Letter != nil {
			t.Fatalf("messages %+v, %v", msgs, err)
		}
		id := msgs[0].ID
		word := func(text string, masked *dossier.Letter) error {
			_, err := e.Apply(ctx, dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
				dossier.SealLetter{MessageID: id, Letter: dossier.Letter{Text: text}, Masked: masked},
			}})
			return err
		}
		reads := func(want string) {
			t.Helper()
			if m, err := e.Message(ctx, id); err != nil || m.Letter == nil || m.Letter.Text != want {
				t.Errorf("message %+v, %v; want %q", m, err, want)
			}
		}
		if err := word("secret", &dossier.Letter{Text: "masked"}); err != nil {
			t.Fatal(err)
		}
		house.WantCode(t, word("other", nil), dossier.CodeConflict)
		reads("secret")
		// A day went by without handing it over: it is worded anew.
		e.Clock.Advance(24 * time.Hour)
		if err := e.ForgetSecrets(ctx, e.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if m, err := e.Message(ctx, id); err != nil || m.Letter != nil {
			t.Errorf("message %+v, %v", m, err)
		}
		if err := word("second secret", &dossier.Letter{Text: "masked"}); err != nil {
			t.Fatal(err)
		}
		e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.MarkSent{MessageID: id}}})
		reads("masked")
	})
}

// Both databases have the same migrations, by number and name.
func TestMigrationsMatch(t *testing.T) {
	t.Parallel()
	list := func(dir string) []string {
		names, err := fs.Glob(os.DirFS("migrations"), dir+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			names[i] = filepath.Base(names[i])
		}
		return names
	}
	if a, b := list("sqlite"), list("postgres"); len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("sqlite has %v, postgres has %v", a, b)
	}
}

func TestNotFoundIsNotAFault(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		_, err := e.Holder(t.Context(), "none")
		house.WantCode(t, err, dossier.CodeNotFound)
		if !errors.Is(err, dossier.Problem(dossier.CodeNotFound)) || dossier.Temporary(err) {
			t.Errorf("got %v", err)
		}
	})
}
