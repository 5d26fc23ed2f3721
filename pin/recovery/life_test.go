package recovery_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/session"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/conversion"
	"dispositivo/pin/recovery"
	"dispositivo/pin/revocation"
)

// life is one holder to whom anything may happen, and what must hold all along.
type life struct {
	*world
	conversion *conversion.Service
	sessions   *session.Keeper
	holderID   string
	cf         string
	// issues are all that ever were, with the kind each had last while it lived; kind
	// is what the living one must empower to.
	issues   map[string]dossier.Kind
	kind     dossier.Kind
	happened map[string]int
	// over are the sessions, by token, that a dead or suspended issue ended.
	over     map[string]bool
	opened   []session.Session
	dossiers []string
	answers  []recovery.Answer
}

// newLife brings in somebody of its own, with a PIN of a kind: one store serves many
// lives.
func (w *world) newLife(n int, kind dossier.Kind) *life {
	w.T.Helper()
	born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	cf, err := codicefiscale.Compute("Prova", "Ada", born, "F", "H501")
	if err != nil {
		w.T.Fatal(err)
	}
	l := &life{
		world: w, cf: cf.String(), issues: map[string]dossier.Kind{}, kind: kind, happened: map[string]int{}, over: map[string]bool{},
		sessions: session.NewKeeper(w.Store, w.Clock, session.DefaultIdle),
		conversion: conversion.New(conversion.Config{
			Store: w.Store, Clock: w.Clock, TokenKey: bytes.Repeat([]byte{7}, 32), Agency: "INPS",
		}),
	}
	l.holderID = w.add(l.cf, kind, dossier.PINActive).ID
	l.note()
	return l
}

func (l *life) note() {
	if p := l.holder(l.holderID).PIN; p.ID != "" {
		l.issues[p.ID] = p.Kind
	}
}

// must fails but for a conflict or a wrong code: what the tables and the rules
// refuse may be tried.
func (l *life) must(err error) bool {
	l.T.Helper()
	switch dossier.CodeOf(err) { //nolint:exhaustive // no other may come
	case "":
		return true
	case dossier.CodeConflict, dossier.CodeChallengeWrong:
	default:
		l.T.Fatal(err)
	}
	return false
}

// askRecovery keeps the answer for later; none when it is refused.
func (l *life) askRecovery() {
	if l.must(l.ask(l.cf, somePhone, someMail)) {
		for _, one := range of(l.codes(), dossier.MessageRecoveryCode) {
			l.answers = append(l.answers, recovery.Answer{Link: one.values["link"], CodiceFiscale: l.cf, Code: one.values["code"], Source: "net"})
		}
	}
}

// codes words the messages that carry a code, and none that costs a hash.
func (l *life) codes() []word {
	l.T.Helper()
	ctx := l.T.Context()
	tasks, err := l.DueTasks(ctx, l.Clock.Now(), manyTasks)
	if err != nil {
		l.T.Fatal(err)
	}
	for _, task := range tasks {
		switch task.Kind { //nolint:exhaustive // the others are not this world's
		case dossier.TaskRecover:
			err = l.recovery.Settle(ctx, task.ID, task.Subject)
		case dossier.TaskRevoke:
			err = l.revocation.Settle(ctx, task.ID, task.Subject)
		}
		if err != nil {
			l.T.Fatal(err)
		}
	}
	var words []word
	messages, err := l.Messages(ctx, l.holderID, 1000)
	if err != nil {
		l.T.Fatal(err)
	}
	for _, m := range messages {
		if m.Sent || m.Kind != dossier.MessageRecoveryCode && m.Kind != dossier.MessageRevocationCode {
			continue
		}
		words = append(words, l.send(l.task(dossier.TaskSend, m.ID)))
	}
	return words
}

// manyTasks is more than all lives of a test leave undone.
const manyTasks = 100_000

// task is the open task of a kind whose subject begins with subject.
func (l *life) task(kind dossier.TaskKind, subject string) dossier.Task {
	l.T.Helper()
	tasks, err := l.DueTasks(l.T.Context(), l.Clock.Now(), manyTasks)
	if err != nil {
		l.T.Fatal(err)
	}
	for _, task := range tasks {
		if task.Kind == kind && strings.HasPrefix(task.Subject, subject) {
			return task
		}
	}
	l.T.Fatalf("no open task %s for %s", kind, subject)
	return dossier.Task{}
}

// recover answers with any of the messages that ever came.
func (l *life) recover(n int) {
	if len(l.answers) > 0 {
		l.did("recovered", l.must(l.confirm(l.answers[n%len(l.answers)])))
	}
}

func (l *life) revoke() {
	handle, err := l.revocation.Ask(l.T.Context(), revocation.Ask{CodiceFiscale: l.cf, Card: someCard(), Source: "net"})
	if l.must(err) {
		for _, one := range of(l.codes(), dossier.MessageRevocationCode) {
			_, err := l.revocation.Confirm(l.T.Context(), revocation.Answer{Handle: handle, Code: one.values["code"], Source: "net"})
			l.did("revoked by the holder", l.must(err))
		}
	}
}

// did counts what came about, by name.
func (l *life) did(what string, done bool) {
	if done {
		l.happened[what]++
	}
}

func (l *life) carry(action revocation.Action) {
	h := l.holder(l.holderID)
	l.did(string(action), l.must(l.revocation.Carry(l.T.Context(), house.Reviewer("op"), revocation.Act{
		HolderID: h.ID, Version: h.PIN.Version, Action: action, Reason: "lost",
	})))
}

// approve brings a dossier of the living issue to its approval; "" when the issue
// takes none.
func (l *life) approve() string {
	l.T.Helper()
	h := l.holder(l.holderID)
	if !h.PIN.InUse() || h.PIN.Kind == dossier.Dispositivo || l.open() {
		return ""
	}
	id := l.Reviewing(h)
	l.dossiers = append(l.dossiers, id)
	r, err := l.ClaimReview(l.T.Context(), house.Reviewer("op"), id, time.Minute)
	if err != nil {
		l.T.Fatal(err)
	}
	version := l.Get(id).Version
	l.Must(dossier.Change{
		Actor: house.Reviewer("op"), Dossier: &dossier.Move{ID: id, Event: dossier.EventApproved, Version: version},
		Effects: []dossier.Effect{dossier.Decide{Decision: dossier.Decision{
			ID: l.ID(), DossierID: id, ReviewID: r.ID, OperatorID: "op", Action: dossier.ActionApprove, Version: version,
		}}},
	})
	return id
}

func (l *life) open() bool {
	for _, id := range l.dossiers {
		if !l.Get(id).State.Final() {
			return true
		}
	}
	return false
}

// convert carries out whatever is approved.
func (l *life) convert() {
	for _, id := range l.dossiers {
		if l.Get(id).State != dossier.StateApproved {
			continue
		}
		before := l.holder(l.holderID).PIN
		l.must(l.conversion.Convert(l.T.Context(), l.task(dossier.TaskConvert, id).ID, id))
		if l.Get(id).State == dossier.StateConverted {
			if before.ID != l.Get(id).PINIssueID {
				l.T.Errorf("a dossier of %s converted %s", l.Get(id).PINIssueID, before.ID)
			}
			l.kind = dossier.Dispositivo
			l.did("converted", true)
		}
	}
}

func (l *life) startSession() {
	h := l.holder(l.holderID)
	if h.PIN.Opens() == "" {
		return
	}
	s, err := l.sessions.Start(l.T.Context(), dossier.Actor{Role: h.PIN.Opens(), ID: h.ID}, h.PIN.ID)
	if l.must(err) {
		l.opened = append(l.opened, s)
		l.did("signed in", true)
	}
}

// request is what the counter does for who has no PIN: an ordinario one.
func (l *life) request() {
	h := l.holder(l.holderID)
	if h.PIN.ID != "" {
		return
	}
	l.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.OpenPIN{
		Issue: dossier.PINIssue{ID: l.ID(), HolderID: h.ID, Kind: dossier.Ordinario, State: dossier.PINActive, Channel: dossier.PINOnline}, Hash: l.hash,
	}}})
	l.kind = dossier.Ordinario
	l.did("requested", true)
}

// office hands a PIN over at the counter (A5), in place of a living one if there is any.
func (l *life) office() {
	h := l.holder(l.holderID)
	change := dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.OpenPIN{
		Issue: dossier.PINIssue{ID: l.ID(), HolderID: h.ID, Kind: dossier.Dispositivo, State: dossier.PINActive, Channel: dossier.PINOffice}, Hash: l.hash,
	}}}
	if h.PIN.ID != "" {
		change.PIN = &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventReplaced, Version: h.PIN.Version}
	}
	_, err := l.Apply(l.T.Context(), change)
	if l.must(err) {
		l.kind = dossier.Dispositivo
		l.did("handed over", true)
	}
}

// converted reports whether a dossier of the issue was converted: in a race, that may
// come about just before the issue dies.
func (l *life) converted(issueID string) bool {
	for _, id := range l.dossiers {
		if d := l.Get(id); d.PINIssueID == issueID && d.State == dossier.StateConverted {
			return true
		}
	}
	return false
}

// check is what must hold after everything that happens.
func (l *life) check(what string) {
	l.T.Helper()
	l.note()
	ctx := l.T.Context()
	living := 0
	for id, last := range l.issues {
		p, err := l.PINIssue(ctx, id)
		if err != nil {
			l.T.Fatal(err)
		}
		if !p.Gone() {
			living++
		}
		if p.Kind != last && (p.Kind != dossier.Dispositivo || !l.converted(id)) {
			l.T.Errorf("%s: a %s issue became %s, and was %s", what, p.State, p.Kind, last)
		}
		if p.Gone() && p.ID == l.holder(l.holderID).PIN.ID {
			l.T.Errorf("%s: the living issue is %s", what, p.State)
		}
	}
	if living > 1 {
		l.T.Errorf("%s: %d issues live", what, living)
	}
	if p := l.holder(l.holderID).PIN; p.ID != "" && p.Kind != l.kind {
		l.T.Errorf("%s: the PIN is %s, want %s", what, p.Kind, l.kind)
	}
	for _, s := range l.opened {
		p, err := l.PINIssue(ctx, s.PINIssueID)
		l.over[s.Token] = l.over[s.Token] || p.Opens() == ""
		if _, open := l.Session(ctx, s.Key()); err != nil || l.over[s.Token] && dossier.CodeOf(open) != dossier.CodeUnauthorized {
			l.T.Errorf("%s: a session that was over is open, the issue is %s: %v, %v", what, p.State, open, err)
		}
	}
	for _, id := range l.dossiers {
		d := l.Get(id)
		if p, err := l.PINIssue(ctx, d.PINIssueID); err != nil || p.Gone() && !d.State.Final() {
			l.T.Errorf("%s: a dossier of a %s issue is %s, %v", what, p.State, d.State, err)
		}
	}
}

// proves A5, D1, D2, D3, C11: whatever order recovery, revocation, suspension,
// conversion, the office and sign-in come in, one issue lives, no way leads to dispositivo
// but a conversion that was decided, the office, and the recovery of a PIN that was,
// nothing lowers its kind, no session is left of one that is dead
// or suspended, and no dossier of one that is dead.
func TestNoSequenceBreaksTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	n, happened := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		n++
		l := w.newLife(n, rapid.SampledFrom([]dossier.Kind{dossier.Ordinario, dossier.Dispositivo}).Draw(t, "kind"))
		l.happened = happened
		acts := map[string]func(){
			"ask": l.askRecovery, "recover": func() { l.recover(rapid.IntRange(0, 3).Draw(t, "which")) }, "revoke": l.revoke,
			"operator revokes": func() { l.carry(revocation.Revoke) }, "suspend": func() { l.carry(revocation.Suspend) },
			"resume": func() { l.carry(revocation.Resume) }, "unlock": func() { l.carry(revocation.Unlock) },
			"approve": func() { l.approve() }, "convert": l.convert, "approve and convert": func() { l.approve(); l.convert() },
			"suspend and resume": func() { l.carry(revocation.Suspend); l.check("suspend"); l.carry(revocation.Resume) }, "sign in": l.startSession, "request": l.request,
			"office": l.office, "revoke and request": func() { l.carry(revocation.Revoke); l.check("revoke"); l.request() },
		}
		names := []string{
			"ask", "ask", "recover", "recover", "recover", "revoke", "operator revokes", "suspend", "resume", "suspend and resume",
			"unlock", "approve", "approve", "convert", "approve and convert", "approve and convert", "sign in", "sign in", "request", "revoke and request", "approve and convert", "office",
		}
		for i := range rapid.IntRange(4, 10).Draw(t, "length") { // a slice would be short, and little would come about
			name := rapid.SampledFrom(names).Draw(t, "act")
			acts[name]()
			l.check(fmt.Sprint(i, " ", name))
			if w.T.Failed() {
				t.FailNow()
			}
		}
	})
	t.Log(happened)
	for _, what := range []string{"recovered", "revoked by the holder", "revoke", "suspend", "resume", "unlock", "converted", "signed in", "requested", "handed over"} {
		if happened[what] == 0 {
			t.Errorf("in %d lives nobody %s: the test shows nothing of it", n, what)
		}
	}
}

// A PIN that is gone takes no session any more, whoever proved it a moment ago.
func TestDeadIssuesTakeNoSession(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		l := newWorld(t, h).newLife(1, dossier.Ordinario)
		p := l.holder(l.holderID).PIN
		l.MovePIN(p.ID, dossier.PINEventRevoked)
		_, err := l.sessions.Start(t.Context(), dossier.Actor{Role: dossier.RoleCitizen, ID: l.holderID}, p.ID)
		house.WantCode(t, err, dossier.CodeConflict)
		_, err = h.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.OpenDossier{
			Dossier: dossier.Dossier{ID: l.ID(), HolderID: l.holderID, PINIssueID: p.ID}, TokenID: "t", StatusCode: "c",
		}}})
		house.WantCode(t, err, dossier.CodeConflict)
	})
}
