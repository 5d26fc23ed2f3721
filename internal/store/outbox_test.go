package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

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

// A worker may take up a task and put it off before the ring of it is noted: it is
// rung again when it is due, not when the ring is thought to be lost.
func TestRingNotedLate(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		e.Must(dossier.Change{Admit: &dossier.Admission{
			Submission: dossier.Submission{ID: "s", Channel: dossier.ChannelFax}, ExternalID: "s",
		}})
		dead := func() time.Time { return e.Clock.Now().Add(-time.Minute) }
		rung, err := e.DueTasks(ctx, dead(), 10)
		if err != nil || len(rung) != 1 {
			t.Fatalf("tasks %+v: %v", rung, err)
		}
		if _, taken, err := e.TakeTask(ctx, rung[0].ID, dead()); err != nil || !taken {
			t.Fatalf("taken %t: %v", taken, err)
		}
		if err := e.PostponeTask(ctx, rung[0].ID, e.Clock.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := e.MarkRung(ctx, rung); err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(time.Second)
		got, err := e.DueTasks(ctx, dead(), 10)
		if err != nil || len(got) != 1 || got[0].Attempt != 1 {
			t.Errorf("a second later %+v: %v, want it under another attempt", got, err)
		}
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
		for range 3 {
			e.Clock.Advance(40 * time.Second)
			if err := e.HoldTask(ctx, id); err != nil {
				t.Fatal(err)
			}
			take(false, 0) // the worker says that it is at it
			if due, err := e.DueTasks(ctx, dead(), 10); err != nil || len(due) > 0 {
				t.Errorf("rung again: %+v, %v", due, err)
			}
		}
		e.Clock.Advance(2 * time.Minute)
		take(true, 1) // the worker is dead
		e.Clock.Advance(time.Second)
		if err := e.UnringTasks(ctx, e.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		take(true, 1) // the process that it was taken in is dead
	})
}
