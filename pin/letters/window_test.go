package letters_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// lapses does the task that ends a holder's window.
func (w *world) lapses(who dossier.Holder) {
	w.T.Helper()
	task := w.Task(dossier.TaskLapse, who.PIN.ID)
	if err := w.serve.Lapse(w.T.Context(), task.ID, task.Subject); err != nil {
		w.T.Fatal(err)
	}
}

// proves A8: 90 days, to the second, from every state in which the window counts;
// who never activated gets halves anew, who did renews against the old PIN.
func TestWindow(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		events []dossier.PINEvent
		want   dossier.PINState
	}{
		"asked for":       {nil, dossier.PINUnclaimed},
		"called in vain":  {[]dossier.PINEvent{dossier.PINEventUnreached}, dossier.PINUnclaimed},
		"letter released": {[]dossier.PINEvent{dossier.PINEventConfirmed}, dossier.PINUnclaimed},
		"both halves out": {[]dossier.PINEvent{dossier.PINEventConfirmed, dossier.PINEventLetterPrinted}, dossier.PINUnclaimed},
		"not yet changed": {[]dossier.PINEvent{dossier.PINEventConfirmed, dossier.PINEventLetterPrinted, dossier.PINEventActivated}, dossier.PINLapsed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house.Each(t, func(t *testing.T, h house.House) {
				w := newWorld(t, h)
				who := w.asks(codes[0], "")
				w.first(who)
				w.MovePIN(who.PIN.ID, row.events...)
				before := w.state(who)
				w.Clock.Advance(90*day - time.Second)
				due, err := w.DueTasks(t.Context(), w.Clock.Now(), 100)
				for _, task := range due {
					if err != nil || task.Kind == dossier.TaskLapse {
						t.Fatalf("due a second early: %+v, %v", task, err)
					}
				}
				w.Clock.Advance(time.Second)
				w.lapses(who)
				if got := w.state(who); got != row.want || len(w.Told(dossier.MessagePINLapsed)) != 1 {
					t.Errorf("%s became %s", before, got)
				}
			})
		})
	}
}

// A window that was set anew, or that a changed PIN has no more, moves nothing;
// the task is done with all the same.
func TestWindowThatNoLongerCounts(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(w *world, who dossier.Holder){
		"set anew": func(w *world, who dossier.Holder) { w.first(who) },
		"changed": func(w *world, who dossier.Holder) {
			w.MovePIN(who.PIN.ID, dossier.PINEventConfirmed, dossier.PINEventLetterPrinted, dossier.PINEventActivated)
			w.Must(dossier.Change{
				Actor: house.Citizen(who), PIN: &dossier.PINMove{ID: who.PIN.ID, Event: dossier.PINEventChanged},
				Effects: []dossier.Effect{dossier.SetSecret{PINIssueID: who.PIN.ID, Hash: "hash"}},
			})
		},
		"gone": func(w *world, who dossier.Holder) { w.MovePIN(who.PIN.ID, dossier.PINEventRevoked) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			who := w.asks(codes[0], "")
			w.first(who)
			w.Clock.Advance(89 * day)
			meanwhile(w, who)
			w.Clock.Advance(day)
			before, err := w.PINIssue(t.Context(), who.PIN.ID)
			if err != nil {
				t.Fatal(err)
			}
			task := w.Task(dossier.TaskLapse, who.PIN.ID)
			if err := w.serve.Lapse(t.Context(), task.ID, task.Subject); err != nil {
				t.Fatal(err)
			}
			if after, err := w.PINIssue(t.Context(), who.PIN.ID); err != nil || after != before {
				t.Errorf("moved from %+v to %+v, %v", before, after, err)
			}
			due, err := w.DueTasks(t.Context(), w.Clock.Now(), 100)
			for _, left := range due {
				if err != nil || left.ID == task.ID {
					t.Errorf("the task is still open, %v", err)
				}
			}
		})
	}
}

// proves A9: a reminder 14 days before the end, once for each window, to who can
// act.
func TestReminder(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		who, unconfirmed := w.add(codes[0], ""), w.asks(codes[1], "")
		w.first(unconfirmed)
		start := w.Clock.Now()
		w.prints()
		told := func(want int) {
			t.Helper()
			for range 2 {
				if err := w.serve.Remind(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.Told(dossier.MessagePINReminder); len(got) != want || want > 0 && (got[0].HolderID != who.ID || got[0].Values["deadline"] == "") {
				t.Fatalf("told %+v, want %d", got, want)
			}
		}
		w.Clock.Set(start.Add(76*day - time.Second))
		told(0)
		w.Clock.Set(start.Add(76 * day))
		told(1)
		w.first(who) // another window
		told(1)
		w.Clock.Advance(77 * day)
		told(2)
	})
}

// proves A9: the daily batch is made in its hour of Rome, winter and summer.
func TestDailyBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	for i, at := range []time.Time{
		time.Date(2026, 3, 4, 5, 30, 0, 0, time.UTC), time.Date(2026, 3, 30, 4, 30, 0, 0, time.UTC),
	} {
		who := w.add(codes[i], "")
		w.Clock.Set(at.Add(-time.Hour))
		for _, want := range []dossier.PINState{dossier.PINLetterReleased, dossier.PINAwaitingActivation} {
			if err := w.serve.MakeDaily(t.Context(), 6); err != nil || w.state(who) != want {
				t.Errorf("at %s: %s, want %s, %v", w.Clock.Now(), w.state(who), want, err)
			}
			w.Clock.Advance(time.Hour)
		}
	}
}

// A window that closed while the PIN was suspended ends when it is resumed, so
// that its holder can renew it.
func TestWindowOfASuspendedPIN(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		who := w.asks(codes[0], "")
		w.first(who)
		w.MovePIN(who.PIN.ID, dossier.PINEventConfirmed, dossier.PINEventLetterPrinted, dossier.PINEventActivated, dossier.PINEventSuspended)
		w.Clock.Advance(90 * day)
		w.lapses(who)
		for _, want := range []dossier.PINState{dossier.PINSuspended, dossier.PINLapsed} {
			if err := w.serve.LapseResumed(t.Context()); err != nil || w.state(who) != want {
				t.Fatalf("%s, want %s, %v", w.state(who), want, err)
			}
			if want == dossier.PINSuspended {
				w.MovePIN(who.PIN.ID, dossier.PINEventResumed)
			}
		}
	})
}
