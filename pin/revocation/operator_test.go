package revocation_test

import (
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/revocation"
)

// wantNoted looks for the note of an action, which a colleague is to see.
func (w *world) wantNoted(holderID string, action revocation.Action, done bool) {
	w.T.Helper()
	found, err := w.service.View(w.T.Context(), house.Reviewer("colleague"), holderID)
	want := dossier.PINNote{At: w.Clock.Now(), Action: string(action), Reason: "lost", Note: "called at noon"}
	if err != nil || (len(found.Notes) == 1) != done || done && found.Notes[0] != want {
		w.T.Errorf("noted %+v, %v", found.Notes, err)
	}
}

// proves D3: what an operator may do to a PIN in each state, what becomes of it,
// and that the holder is told.
func TestOperatorActs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  dossier.PINState
		action revocation.Action
		want   dossier.PINState // "": refused
		told   dossier.MessageKind
	}{
		{dossier.PINActive, revocation.Revoke, dossier.PINRevoked, dossier.MessagePINRevoked},
		{dossier.PINActive, revocation.Suspend, dossier.PINSuspended, dossier.MessagePINSuspended},
		{dossier.PINActive, revocation.Resume, "", ""},
		{dossier.PINActive, revocation.Unlock, dossier.PINActive, dossier.MessagePINUnlocked},
		{dossier.PINMustChange, revocation.Suspend, dossier.PINSuspended, dossier.MessagePINSuspended},
		{dossier.PINSuspended, revocation.Resume, dossier.PINMustChange, dossier.MessagePINResumed},
		{dossier.PINSuspended, revocation.Suspend, "", ""},
		{dossier.PINSuspended, revocation.Revoke, dossier.PINRevoked, dossier.MessagePINRevoked},
		{dossier.PINRequested, revocation.Suspend, "", ""},
		{dossier.PINRequested, revocation.Revoke, dossier.PINRevoked, dossier.MessagePINRevoked},
		{dossier.PINLapsed, revocation.Revoke, dossier.PINRevoked, dossier.MessagePINRevoked},
		{dossier.PINUnclaimed, revocation.Resume, "", ""},
	} {
		t.Run(string(c.state)+" "+string(c.action), func(t *testing.T) {
			t.Parallel()
			w := newWorld(house.New(t))
			h := w.add(c.state, dossier.Contacts{Email: "a@prova.example"})
			w.lock(3)
			found, err := w.service.Find(t.Context(), house.Reviewer("op"), someCF)
			if err != nil || found.Holder.ID != h.ID || slices.Contains(found.Actions, c.action) != (c.want != "") {
				t.Fatalf("found %+v, %v", found, err)
			}
			err = w.service.Carry(t.Context(), house.Reviewer("op"), revocation.Act{
				HolderID: h.ID, Version: h.PIN.Version, Action: c.action, Reason: "lost", Note: "called at noon",
			})
			p, readErr := w.PINIssue(t.Context(), h.PIN.ID)
			if c.want == "" {
				house.WantCode(t, err, dossier.CodeConflict)
				c.want = c.state
			} else if err != nil || len(w.Told(c.told)) != 1 {
				t.Errorf("%v, told %d", err, len(w.Told(c.told)))
			} else if c.want != c.state {
				w.wantLogged(h, "pin."+map[revocation.Action]string{
					revocation.Revoke: "revoked", revocation.Suspend: "suspended", revocation.Resume: "resumed",
				}[c.action], "operator:op", "lost")
			}
			w.wantNoted(h.ID, c.action, err == nil)
			if readErr != nil || p.State != c.want {
				t.Errorf("the PIN is %s, want %s", p.State, c.want)
			}
		})
	}
}

// lock counts wrong tries against someCF.
func (w *world) lock(n int) {
	w.T.Helper()
	for range n {
		_, err := w.CountWrong(w.T.Context(), someCF, func(l dossier.Lock, now time.Time) dossier.Lock {
			return dossier.Lock{Wrong: l.Wrong + 1, LockedUntil: now.Add(3 * time.Minute)}
		})
		if err != nil {
			w.T.Fatal(err)
		}
	}
}

// proves D3, B6: who looks at a holder is written down before anything is shown.
func TestLooksAreLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(house.New(t))
	h := w.add(dossier.PINActive, dossier.Contacts{})
	for n, look := range []func() error{
		func() error { _, err := w.service.Find(t.Context(), house.Reviewer("op"), someCF); return err },
		func() error { _, err := w.service.View(t.Context(), house.Reviewer("op"), h.ID); return err },
	} {
		if err := look(); err != nil {
			t.Fatal(err)
		}
		log, err := w.History(t.Context(), h.ID)
		if err != nil {
			t.Fatal(err)
		}
		looks := 0
		for _, one := range log {
			if one.Action == "holder.viewed" && one.Actor == "operator:op" && one.HolderID == h.ID {
				looks++
			}
		}
		if looks != n+1 {
			t.Errorf("%d looks logged, want %d", looks, n+1)
		}
	}
}

// proves D3, B3: an operator ends a lock; nothing else about the PIN changes.
func TestUnlock(t *testing.T) {
	t.Parallel()
	w := newWorld(house.New(t))
	h := w.add(dossier.PINActive, dossier.Contacts{Email: "a@prova.example"})
	w.lock(11)
	found, err := w.service.View(t.Context(), house.Reviewer("op"), h.ID)
	if err != nil || found.Lock.Wrong != 11 || !found.Lock.LockedUntil.After(w.Clock.Now()) {
		t.Fatalf("lock %+v, %v", found.Lock, err)
	}
	if err := w.service.Carry(t.Context(), house.Reviewer("op"), revocation.Act{HolderID: h.ID, Action: revocation.Unlock, Reason: "holder_asked"}); err != nil {
		t.Fatal(err)
	}
	found, err = w.service.View(t.Context(), house.Reviewer("op"), h.ID)
	if err != nil || found.Lock != (dossier.Lock{}) || slices.Contains(found.Actions, revocation.Unlock) || found.Holder.PIN != h.PIN {
		t.Errorf("after it: %+v, %v", found, err)
	}
}

// proves D3: who may not act: other roles, other offices, the holder as an
// operator; and what is refused of who may.
func TestWhoMayAct(t *testing.T) {
	t.Parallel()
	w := newWorld(house.New(t))
	h := w.add(dossier.PINActive, dossier.Contacts{Email: "a@prova.example"})
	own := house.Reviewer("own")
	own.KeyedCF = w.KeyCF(someCF)
	elsewhere := house.Reviewer("elsewhere")
	elsewhere.Office = "milano"
	here := house.Reviewer("here")
	here.Office = house.Office
	good := revocation.Act{HolderID: h.ID, Version: h.PIN.Version, Action: revocation.Suspend, Reason: "lost"}
	with := func(change func(*revocation.Act)) revocation.Act { a := good; change(&a); return a }
	for name, c := range map[string]struct {
		actor dossier.Actor
		act   revocation.Act
		code  dossier.Code
	}{
		"a citizen":      {house.Citizen(h), good, dossier.CodeForbidden},
		"an auditor":     {dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}, good, dossier.CodeForbidden},
		"an admin":       {dossier.Actor{Role: dossier.RoleAdmin, ID: "a"}, good, dossier.CodeForbidden},
		"the own PIN":    {own, good, dossier.CodeOwnDossier},
		"another office": {elsewhere, good, dossier.CodeNotFound},
		"no reason":      {here, with(func(a *revocation.Act) { a.Reason = "" }), dossier.CodeRequestInvalid},
		"no action":      {here, with(func(a *revocation.Act) { a.Action = "convert" }), dossier.CodeRequestInvalid},
		"a long note":    {here, with(func(a *revocation.Act) { a.Note = string(make([]rune, 1001)) }), dossier.CodeRequestInvalid},
		"a stale look":   {here, with(func(a *revocation.Act) { a.Version += 1 }), dossier.CodeConflict},
		"no version":     {here, with(func(a *revocation.Act) { a.Version = 0 }), dossier.CodeConflict},
		"nobody":         {here, with(func(a *revocation.Act) { a.HolderID = "x" }), dossier.CodeNotFound},
	} {
		house.WantCode(t, w.service.Carry(t.Context(), c.actor, c.act), c.code)
		if w.holder(h.ID).PIN != h.PIN {
			t.Errorf("%s: the PIN changed", name)
		}
		if c.code == dossier.CodeForbidden || c.code == dossier.CodeOwnDossier || name == "another office" {
			_, err := w.service.Find(t.Context(), c.actor, someCF)
			house.WantCode(t, err, c.code)
			_, err = w.service.View(t.Context(), c.actor, h.ID)
			house.WantCode(t, err, c.code)
		}
		if c.code == dossier.CodeForbidden {
			_, err := w.service.Cases(t.Context(), c.actor)
			house.WantCode(t, err, c.code)
		}
	}
	_, err := w.service.Find(t.Context(), here, otherCF)
	house.WantCode(t, err, dossier.CodeNotFound)
	if err := w.service.Carry(t.Context(), here, good); err != nil {
		t.Error(err)
	}
}
