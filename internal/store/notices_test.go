package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit/house"
)

// toldTo opens the house's database with subscribers.
func toldTo(t *testing.T, e house.House, subs ...dossier.Subscription) house.House {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: e.URL, Keys: e.Keys, Clock: e.Clock, Policy: dossier.DefaultPolicy(), Subscriptions: subs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	e.Store = s
	return e
}

// noticesOf returns the open notices to a subscriber, with their bodies.
func noticesOf(t *testing.T, e house.House, subscriber string) (notices []dossier.Notice, bodies []dossier.NoticeBody) {
	t.Helper()
	tasks, err := e.DueTasks(t.Context(), e.Clock.Now().Add(time.Hour), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if task.Kind != dossier.TaskNotify {
			continue
		}
		n, err := e.Notice(t.Context(), task.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if n.Subscriber != subscriber {
			continue
		}
		var b dossier.NoticeBody
		if err := json.Unmarshal(n.Body, &b); err != nil {
			t.Fatal(err)
		}
		if b.ID != n.ID || b.Type != n.Type {
			t.Errorf("notice %s of type %s says %+v", n.ID, n.Type, b)
		}
		notices, bodies = append(notices, n), append(bodies, b)
	}
	return notices, bodies
}

func words(bodies []dossier.NoticeBody) []string {
	var all []string
	for _, b := range bodies {
		all = append(all, fmt.Sprintf("%s %d", b.Type, b.Sequence))
	}
	slices.Sort(all)
	return all
}

// proves E3 and promise 4: a change of state and its notices are one transaction; they
// name numbers and ids, never a person, and only to who asked for them.
func TestNoticesAreWrittenWithTheChange(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		e = toldTo(t, e,
			dossier.Subscription{Name: "all", Types: []string{"*"}},
			dossier.Subscription{Name: "ends", Types: []string{"dossier.converted", "dossier.rejected"}},
			dossier.Subscription{Name: "papers", Types: []string{"submission.*"}},
		)
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)
		e.Must(dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventRejected}})
		notices, all := noticesOf(t, e, "all")
		want := []string{
			"dossier.open 1", "dossier.rejected 4", "dossier.reviewing 3", "dossier.screening 2",
			"submission.joined 3", "submission.received 1", "submission.screening 2",
		}
		if got := words(all); !slices.Equal(got, want) {
			t.Errorf("told of %v, want %v", got, want)
		}
		protocol := e.Get(id).Submissions[0].Protocol.String()
		for i, b := range all {
			if b.Type != "dossier.open" && !slices.Equal(b.Protocols, []string{protocol}) || b.Dossier != id || b.Time.IsZero() {
				t.Errorf("notice says %+v", b)
			}
			for _, personal := range []string{h.ID, h.PIN.ID, h.Person.CodiceFiscale, h.Person.Surname, h.Person.Contacts.Email} {
				if strings.Contains(string(notices[i].Body), personal) {
					t.Errorf("%s tells of a person", notices[i].Body)
				}
			}
		}
		if _, got := noticesOf(t, e, "ends"); !slices.Equal(words(got), []string{"dossier.rejected 4"}) {
			t.Errorf("the subscriber to ends was told of %v", words(got))
		}
		if _, got := noticesOf(t, e, "papers"); len(got) != 3 {
			t.Errorf("the subscriber to submissions was told of %v", words(got))
		}
	})
}

// proves E3: whatever events come, allowed or not, the notices tell of the states that
// were reached, each once, in rising sequence.
func TestNoticesFollowTheDossier(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		e = toldTo(t, e, dossier.Subscription{Name: "erp", Types: []string{"dossier.*"}})
		random := rand.New(rand.NewPCG(20, 11))
		events := []dossier.Event{
			dossier.EventPagesAdded, dossier.EventPartRead, dossier.EventScreened, dossier.EventScreenedPartly, dossier.EventApproved,
			dossier.EventFirstApproval, dossier.EventMoreAsked, dossier.EventConversionBlocked, dossier.EventWithdrawn,
		}
		for n := range 6 {
			id := e.Begin(e.AddHolder(fmt.Sprintf("PRVDAA8%dA41H501X", n)))
			want := []string{"open"}
			for range 40 {
				before := e.Get(id).State
				out, err := e.Apply(t.Context(), dossier.Change{
					Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: events[random.IntN(len(events))]},
				})
				if err == nil && out.State != before {
					want = append(want, string(out.State))
				}
			}
			_, all := noticesOf(t, e, "erp")
			all = slices.DeleteFunc(all, func(b dossier.NoticeBody) bool { return b.Dossier != id })
			slices.SortFunc(all, func(a, b dossier.NoticeBody) int { return int(a.Sequence - b.Sequence) })
			var got []string
			for i, b := range all {
				if i > 0 && b.Sequence == all[i-1].Sequence {
					t.Errorf("dossier %s: two notices have sequence %d", id, b.Sequence)
				}
				got = append(got, b.State)
			}
			if !slices.Equal(got, want) {
				t.Errorf("told of %v, happened %v", got, want)
			}
		}
	})
}

// proves E3: what was given up is counted, and told anew or forgotten when an
// operator says so; what nobody waits for any more is ended.
func TestLostNotices(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		e = toldTo(t, e, dossier.Subscription{Name: "erp", Types: []string{"dossier.open"}})
		e.Begin(e.AddHolder("PRVDAA80A41H501X"))
		notices, _ := noticesOf(t, e, "erp")
		task := e.Task(dossier.TaskNotify, notices[0].ID)
		if err := e.NoticeFailed(t.Context(), notices[0].ID, "status 500"); err != nil {
			t.Fatal(err)
		}
		lost := func() []dossier.LostNotices {
			t.Helper()
			l, err := e.LostNotices(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		if l := lost(); len(l) != 0 {
			t.Errorf("lost while it is tried: %+v", l)
		}
		give := dossier.Change{Actor: house.Worker(), Closes: task.ID, Effects: []dossier.Effect{dossier.EndNotice{ID: notices[0].ID, Problem: "status 500"}}}
		e.Must(give)
		give.Closes = ""
		if _, err := e.Apply(t.Context(), give); dossier.CodeOf(err) != dossier.CodeConflict {
			t.Errorf("it ended twice: %v", err)
		}
		if l := lost(); len(l) != 1 || l[0].Subscriber != "erp" || l[0].Count != 1 || l[0].Problem != "status 500" || l[0].Since.IsZero() {
			t.Errorf("lost: %+v", l)
		}
		if n, err := e.ReviveNotices(t.Context(), "erp"); n != 1 || err != nil || len(lost()) != 0 {
			t.Errorf("revived %d, %v; lost %+v", n, err, lost())
		}
		if again, err := e.Notice(t.Context(), notices[0].ID); err != nil || again.Tries != 0 {
			t.Errorf("revived: %+v, %v", again, err)
		}
		e.Task(dossier.TaskNotify, notices[0].ID)

		if err := toldTo(t, e).EndNoticesToNobody(t.Context()); err != nil {
			t.Fatal(err)
		}
		if open, _ := noticesOf(t, e, "erp"); len(open) != 0 || len(lost()) != 1 {
			t.Errorf("nobody is told of %+v, lost %+v", open, lost())
		}
		if n, err := e.DropNotices(t.Context(), "erp"); n != 1 || err != nil || len(lost()) != 0 {
			t.Errorf("dropped %d, %v", n, err)
		}
	})
}
