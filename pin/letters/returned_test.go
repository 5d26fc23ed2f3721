package letters_test

import (
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves A9: a returned letter voids its half and has the address asked for; the
// next letter carries another half.
func TestReturnedLetterVoidsItsHalf(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		who := w.add(codes[0], "")
		w.prints()
		first := w.letter(who)
		_, _, err := w.serve.Return(t.Context(), operator, first.ID)
		house.WantCode(t, err, dossier.CodeLetterNotPosted)
		old := w.posts()[first.ID]
		// As a person copies it who takes 1 for I and 0 for O.
		typed := " " + strings.NewReplacer("1", "I", "0", "O").Replace(strings.ToUpper(first.ID)) + "\n"
		l, voided, err := w.serve.Return(t.Context(), operator, typed)
		if err != nil || !voided || l.State != dossier.LetterReturned || w.state(who) != dossier.PINCallBack || len(w.Told(dossier.MessageLetterBack)) != 1 {
			t.Fatalf("%+v, PIN %s, %v", l, w.state(who), err)
		}
		if w.counts(codes[0], old) {
			t.Error("the half that came back still counts")
		}
		// The contact centre calls, with what is on file.
		calls, err := w.PINRequests(t.Context(), 10)
		if err != nil || len(calls) != 1 || calls[0].Issue.ID != who.PIN.ID || !calls[0].DueAt.Equal(w.Clock.Now().Add(48*time.Hour)) {
			t.Errorf("calls %+v, %v", calls, err)
		}
		_, _, err = w.serve.Return(t.Context(), operator, first.ID)
		house.WantCode(t, err, dossier.CodeConflict)
		_, _, err = w.serve.Return(t.Context(), operator, "none")
		house.WantCode(t, err, dossier.CodeNotFound)

		w.MovePIN(who.PIN.ID, dossier.PINEventConfirmed)
		w.prints()
		second := w.letter(who)
		if halves := w.halves(second.BatchID); second.ID == first.ID || halves[second.ID] == old || !w.counts(codes[0], halves[second.ID]) {
			t.Error("the second letter's half does not count")
		}
	})
}

// proves A9: a letter that comes back late is booked alone; what took its place,
// or is in use, stays.
func TestLateReturnIsBookedAlone(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(w *world, who dossier.Holder){
		"another letter was printed": func(w *world, who dossier.Holder) {
			w.Clock.Advance(10 * day)
			w.asksAgain(who)
			w.prints()
			w.posts()
		},
		"another letter is wanted": func(w *world, who dossier.Holder) {
			w.Clock.Advance(10 * day)
			w.asksAgain(who)
		},
		"the PIN was activated": func(w *world, who dossier.Holder) {
			w.MovePIN(who.PIN.ID, dossier.PINEventActivated)
		},
		"the PIN is gone": func(w *world, who dossier.Holder) {
			w.MovePIN(who.PIN.ID, dossier.PINEventRevoked)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			who := w.add(codes[0], "")
			w.prints()
			l := w.letter(who)
			w.posts()
			meanwhile(w, who)
			before, err := w.PINIssue(t.Context(), who.PIN.ID)
			if err != nil {
				t.Fatal(err)
			}
			secrets, _ := w.PINSecrets(t.Context(), codes[0])
			got, voided, err := w.serve.Return(t.Context(), supervisor, l.ID)
			if err != nil || voided || got.State != dossier.LetterReturned {
				t.Fatalf("%+v, %v", got, err)
			}
			after, err := w.PINIssue(t.Context(), who.PIN.ID)
			if err != nil || after != before {
				t.Errorf("PIN %+v, was %+v, %v", after, before, err)
			}
			if now, _ := w.PINSecrets(t.Context(), codes[0]); now.Second != secrets.Second {
				t.Error("the half changed")
			}
		})
	}
}

// asksAgain asks for another letter, as everybody may.
func (w *world) asksAgain(who dossier.Holder) {
	w.T.Helper()
	if err := w.serve.Reissue(w.T.Context(), who.Person.CodiceFiscale, "net"); err != nil {
		w.T.Fatal(err)
	}
	w.works()
}

// works does what was left to a worker.
func (w *world) works() {
	w.T.Helper()
	task := w.Task(dossier.TaskReissue, "")
	if err := w.serve.IssueAgain(w.T.Context(), task.ID, task.Subject); err != nil {
		w.T.Fatal(err)
	}
	// Rung twice, it is done once.
	if err := w.serve.IssueAgain(w.T.Context(), task.ID, task.Subject); err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		w.T.Fatal(err)
	}
}
