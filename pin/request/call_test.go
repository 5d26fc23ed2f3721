package request_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/request"
)

// proves A3: the list is by deadline, the late ones first, and holds no personal data.
func TestCallsByDeadline(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		check(t, w.Ask(t.Context(), mario(otherCF)))
		h.Clock.Advance(49 * time.Hour)
		check(t, w.Ask(t.Context(), mario(someCF)))
		list, err := w.List(t.Context(), operator)
		check(t, err)
		if len(list) != 2 || list[0].HolderID != w.onFile(otherCF).ID || !list[0].DueAt.Before(h.Clock.Now()) || list[1].DueAt.Before(h.Clock.Now()) {
			t.Errorf("list: %+v", list)
		}
		if list[0].Asked.Person.Surname != "" {
			t.Error("the list shows who it is")
		}
	})
}

// proves A3: confirmed, corrected, not reached, refused; only a confirmation
// releases the letter.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	better := ask(func(a *request.Ask) {
		a.Person.Address.Street, a.Person.Contacts.Email = "Langstrasse 2", "rossi@prova.example"
	})
	for _, c := range []struct {
		call    request.Call
		state   dossier.PINState
		waits   int
		halves  int
		letters int
	}{
		{request.Call{Outcome: request.Confirmed}, dossier.PINLetterReleased, 0, 1, 1},
		{request.Call{Outcome: request.Corrected, Data: better}, dossier.PINLetterReleased, 0, 2, 1},
		{request.Call{Outcome: request.Unreached}, dossier.PINCallBack, 1, 1, 0},
		{request.Call{Outcome: request.Refused, Reason: "not_asked"}, dossier.PINRefused, 0, 1, 0},
	} {
		t.Run(string(c.call.Outcome), func(t *testing.T) {
			t.Parallel()
			house.Each(t, func(t *testing.T, h house.House) {
				w := newWorld(t, h)
				check(t, w.Ask(t.Context(), mario(someCF)))
				r := w.waiting()
				check(t, w.record(r, c.call))
				p, err := w.PINIssue(t.Context(), r.Issue.ID)
				check(t, err)
				list, err := w.List(t.Context(), operator)
				check(t, err)
				if p.State != c.state || len(list) != c.waits {
					t.Errorf("state %s, %d waiting", p.State, len(list))
				}
				if c.waits == 1 && list[0].Attempts != 1 {
					t.Errorf("%d attempts", list[0].Attempts)
				}
				if n := len(w.Told(dossier.MessageFirstHalf)); n != c.halves {
					t.Errorf("%d first halves", n)
				}
				if n := len(w.Told(dossier.MessageLetterComing)); n != c.letters {
					t.Errorf("%d letters", n)
				}
				if c.call.Outcome == request.Corrected && w.onFile(someCF).Person.Address.Street != "Langstrasse 2" {
					t.Error("the correction is not on file")
				}
				// The second operator comes too late.
				if c.waits == 0 {
					house.WantCode(t, w.record(r, c.call), dossier.CodeNotFound)
				} else {
					house.WantCode(t, w.record(r, c.call), dossier.CodeConflict)
				}
			})
		})
	}
}

// proves A3: of two operators at once one is heard.
func TestTwoOperatorsAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		check(t, w.Ask(t.Context(), mario(someCF)))
		r := w.waiting()
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				call := request.Call{Outcome: request.Confirmed, Version: r.Issue.Version}
				if i%2 == 1 {
					call = request.Call{Outcome: request.Refused, Reason: "other", Version: r.Issue.Version}
				}
				errs[i] = w.Record(t.Context(), operator, r.ID, call)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if code := dossier.CodeOf(err); code != dossier.CodeConflict && code != dossier.CodeNotFound {
				t.Errorf("unexpected: %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d were heard", won)
		}
	})
}

// proves A3, promise 5: every look at a request is in the log before it is granted,
// nobody handles the own one, and who is not of the staff sees none.
func TestLooksAreLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	check(t, w.Ask(t.Context(), mario(someCF)))
	r := w.waiting()
	entries, err := w.History(t.Context(), r.ID)
	check(t, err)
	if !slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Action == "pin_request.viewed" && e.Actor == "operator:operatore" }) {
		t.Errorf("no look in %+v", entries)
	}
	self := dossier.Actor{Role: dossier.RoleOperator, ID: "mario", KeyedCF: w.KeyCF(someCF)}
	_, _, err = w.View(t.Context(), self, r.ID)
	house.WantCode(t, err, dossier.CodeOwnDossier)
	house.WantCode(t, w.Record(t.Context(), self, r.ID, request.Call{Outcome: request.Confirmed, Version: 1}), dossier.CodeOwnDossier)
	_, err = w.ByPhone(t.Context(), self, mario(someCF))
	house.WantCode(t, err, dossier.CodeOwnDossier)
	for _, role := range []dossier.Role{"", dossier.RoleCitizen, dossier.RoleAuditor, dossier.RoleAdmin} {
		who := dossier.Actor{Role: role, ID: "somebody"}
		_, err := w.List(t.Context(), who)
		house.WantCode(t, err, dossier.CodeForbidden)
		_, _, err = w.View(t.Context(), who, r.ID)
		house.WantCode(t, err, dossier.CodeForbidden)
		_, err = w.ByPhone(t.Context(), who, mario(someCF))
		house.WantCode(t, err, dossier.CodeForbidden)
		_, err = w.ByOffice(t.Context(), who, request.AtCounter{Ask: mario(someCF), Verified: true})
		house.WantCode(t, err, dossier.CodeForbidden)
	}
}

// proves A3: an outcome needs the version that was seen, and a refusal a reason,
// which nothing else has.
func TestCallsAreWellFormed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	check(t, w.Ask(t.Context(), mario(someCF)))
	r := w.waiting()
	house.WantCode(t, w.Record(t.Context(), operator, r.ID, request.Call{Outcome: request.Confirmed}), dossier.CodeRequestInvalid)
	house.WantCode(t, w.record(r, request.Call{Outcome: request.Refused}), dossier.CodeRequestInvalid)
	house.WantCode(t, w.record(r, request.Call{Outcome: request.Refused, Reason: "dislike"}), dossier.CodeRequestInvalid)
	house.WantCode(t, w.record(r, request.Call{Outcome: request.Confirmed, Reason: "other"}), dossier.CodeRequestInvalid)
	house.WantCode(t, w.record(r, request.Call{Outcome: "shrug"}), dossier.CodeRequestInvalid)
	house.WantCode(t, w.record(r, request.Call{Outcome: request.Corrected}), dossier.CodePINData)
}

// proves A1 to A5: no sequence of requests, calls and lapses makes two issues of
// one person that could open something.
func TestOneLivingIssue(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	w := newWorld(t, h)
	ever := map[string]map[string]bool{someCF: {}, otherCF: {}}
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			cf := rapid.SampledFrom([]string{someCF, otherCF}).Draw(r, "who")
			w.step(r, cf)
			holder, err := w.HolderByCF(t.Context(), cf)
			if dossier.CodeOf(err) == dossier.CodeNotFound {
				continue
			}
			ever[cf][holder.PIN.ID] = true
			living := 0
			for id := range ever[cf] {
				if p, err := w.PINIssue(t.Context(), id); err == nil && !p.Gone() {
					living++
				}
			}
			if living > 1 {
				r.Fatalf("%d living issues", living)
			}
		}
	})
	if len(ever[someCF]) < 3 {
		t.Errorf("only %d issues were ever made", len(ever[someCF]))
	}
}

// step does one thing that may happen, and lets it fail.
func (w world) step(r *rapid.T, cf string) {
	ctx := w.T.Context()
	switch rapid.IntRange(0, 4).Draw(r, "what") {
	case 0:
		_ = w.Ask(ctx, mario(cf))
	case 1:
		_, _ = w.ByPhone(ctx, operator, mario(cf))
	case 2:
		_, _ = w.ByOffice(ctx, operator, request.AtCounter{Ask: mario(cf), Verified: true, Replace: rapid.Bool().Draw(r, "replace")})
	case 3:
		list, _ := w.List(ctx, operator)
		for _, q := range list {
			outcome := rapid.SampledFrom([]request.Outcome{request.Confirmed, request.Unreached, request.Refused}).Draw(r, "outcome")
			call := request.Call{Outcome: outcome, Version: q.Issue.Version}
			if outcome == request.Refused {
				call.Reason = "other"
			}
			_ = w.Record(ctx, operator, q.ID, call)
		}
	case 4:
		if h, err := w.HolderByCF(ctx, cf); err == nil && h.PIN.ID != "" {
			event := rapid.SampledFrom([]dossier.PINEvent{dossier.PINEventWindowPassed, dossier.PINEventRevoked}).Draw(r, "event")
			_, _ = w.Apply(ctx, dossier.Change{Actor: house.Worker(), PIN: &dossier.PINMove{ID: h.PIN.ID, Event: event}})
		}
	}
}
