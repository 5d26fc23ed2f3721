package letters_test

import (
	"log/slog"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/passhash"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/letters"
)

// proves A9: a lost letter is issued again on request, not before it had its time
// to its destination, to the second; the old half is void, the first half stays.
func TestLostLetter(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		for i, to := range []struct {
			state string
			days  time.Duration
		}{{"", 10}, {"Svizzera", 30}, {"Argentina", 45}} {
			who := w.add(codes[i], to.state)
			w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
				dossier.SetWindow{PINIssueID: who.PIN.ID, Until: w.Clock.Now().Add(200 * day)},
			}})
			w.prints()
			l := w.letter(who)
			w.asksAgain(who) // not even posted
			old := w.posts()[l.ID]
			w.Clock.Advance(to.days*day - time.Second)
			w.asksAgain(who)
			if w.state(who) != dossier.PINAwaitingActivation || !w.counts(codes[i], old) {
				t.Fatalf("%q: issued again too early", to.state)
			}
			if n := len(w.Told(dossier.MessageLetterUnderway)); n != 2*(i+1) {
				t.Errorf("%q: told %d times to wait", to.state, n)
			}
			w.Clock.Advance(time.Second)
			w.asksAgain(who)
			if w.state(who) != dossier.PINLetterReleased || w.letter(who).State != dossier.LetterLost || w.counts(codes[i], old) {
				t.Fatalf("%q: PIN %s, letter %s", to.state, w.state(who), w.letter(who).State)
			}
			w.asksAgain(who) // nothing more to do
			w.prints()
			next := w.letter(who)
			if halves := w.halves(next.BatchID); next.ID == l.ID || !w.counts(codes[i], halves[next.ID]) {
				t.Errorf("%q: the new half does not count", to.state)
			}
		}
		if n := len(w.Told(dossier.MessageFirstHalf)); n != 0 {
			t.Errorf("%d first halves sent again", n)
		}
	})
}

// When the new letter could come too late for the first half, that one is made
// anew too, and the letter waits for it.
func TestLostLetterNearTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	who := w.add(codes[0], "Argentina")
	w.prints()
	w.posts()
	w.Clock.Advance(60 * day)
	w.asksAgain(who)
	if n := len(w.Told(dossier.MessageFirstHalf)); n != 1 || w.state(who) != dossier.PINLetterReleased {
		t.Fatalf("%d first halves, PIN %s", n, w.state(who))
	}
	if made := w.prints(); made.Printed != 0 {
		t.Error("printed before the first half is out")
	}
	w.first(who)
	if made := w.prints(); made.Printed != 1 {
		t.Errorf("made %+v", made)
	}
}

// proves A8: never activated in time: whoever was confirmed gets a new first half
// at the contact on file and a new letter, whoever was not is called once more.
func TestNeverActivated(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		posted, unconfirmed := w.add(codes[0], ""), w.asks(codes[1], "")
		w.first(unconfirmed)
		w.prints()
		l := w.letter(posted)
		w.posts()
		w.Clock.Advance(90 * day)
		for _, who := range []dossier.Holder{posted, unconfirmed} {
			w.lapses(who)
			if w.state(who) != dossier.PINUnclaimed {
				t.Fatalf("after 90 days: %s", w.state(who))
			}
			w.asksAgain(who)
			w.asksAgain(who)
		}
		if w.state(posted) != dossier.PINLetterReleased || w.state(unconfirmed) != dossier.PINRequested {
			t.Errorf("confirmed: %s, not confirmed: %s", w.state(posted), w.state(unconfirmed))
		}
		firsts := w.Told(dossier.MessageFirstHalf)
		if len(firsts) != 2 || firsts[0].To != nil {
			t.Errorf("%d first halves: %+v", len(firsts), firsts)
		}
		for _, cf := range codes[:2] {
			if s, err := w.PINSecrets(t.Context(), cf); err != nil || s.First.Hash != "" || s.Second.Hash != "" {
				t.Errorf("old halves still count: %+v, %v", s, err)
			}
		}
		if got := w.letter(posted); got.ID != l.ID || got.State != dossier.LetterLost {
			t.Errorf("the old letter is %s", got.State)
		}
		w.first(posted)
		if made := w.prints(); made.Printed != 1 {
			t.Errorf("made %+v", made)
		}
	})
}

// proves A8: everybody gets the same answer, and nothing happens to who has
// nothing to issue again.
func TestReissueAnswersAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	fresh := w.add(codes[0], "")
	active := w.AddHolder(codes[2])
	unreachable := w.asks(codes[3], "")
	w.first(unreachable)
	person := unreachable.Person
	person.Contacts = dossier.Contacts{Phone: "+39066000000"}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: unreachable.ID, Person: person, Version: unreachable.Version},
	}})
	w.MovePIN(unreachable.PIN.ID, dossier.PINEventWindowPassed)
	for _, cf := range []string{"no code", codes[4], codes[0], codes[2], codes[3]} {
		if err := w.serve.Reissue(t.Context(), cf, "net"); err != nil {
			t.Errorf("%s: %v", cf, err)
		}
		if cf != "no code" {
			w.works()
		}
	}
	for who, want := range map[string]dossier.PINState{
		fresh.ID: dossier.PINLetterReleased, active.ID: dossier.PINActive, unreachable.ID: dossier.PINUnclaimed,
	} {
		if got := w.holder(who).PIN.State; got != want {
			t.Errorf("moved from %s to %s", want, got)
		}
	}
	if n := len(w.Told(dossier.MessageFirstHalf)); n != 0 {
		t.Errorf("%d halves sent", n)
	}
}

// Asking is bounded by source and by code, for codes of nobody alike.
func TestReissueIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(codes[0], "")
	cfg := config(t, w.House, w.Store, passhash.New(w.Keys.Pepper()), slog.New(slog.DiscardHandler))
	for _, cf := range codes[:2] { // one that is known, one that is not
		cfg.Tries = throttle.New(w.Clock, 2, time.Minute)
		s := letters.New(cfg)
		for i, source := range []string{"a", "b", "c"} {
			want := dossier.Code("")
			if i == 2 {
				want = dossier.CodeRateLimited
			}
			house.WantCode(t, s.Reissue(t.Context(), cf, source), want)
		}
	}
}
