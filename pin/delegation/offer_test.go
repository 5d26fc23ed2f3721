package delegation_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/delegation"
)

// proves B10: an offer tells its delegate, who alone declines it; both sides see what
// concerns them, and nobody else does.
func TestOffer(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		ctx := t.Context()
		ada, bea, eva := w.citizen(1), w.citizen(2), w.citizen(3)
		id, err := w.Grant(ctx, house.Citizen(ada), grantTo(bea))
		check(t, err)
		if told := h.Told(dossier.MessageDelegationOffered); len(told) != 1 || told[0].HolderID != bea.ID {
			t.Errorf("told of the offer: %+v", told)
		}
		for _, side := range []struct {
			who      dossier.Holder
			other    string
			delegate bool
		}{{ada, "Ada 2 Prova", false}, {bea, "Ada 1 Prova", true}} {
			list, err := w.List(ctx, house.Citizen(side.who))
			if err != nil || len(list) != 1 || list[0].Other != side.other || list[0].Delegate != side.delegate || list[0].InForce {
				t.Errorf("%s sees %+v, %v", side.who.Person.Name, list, err)
			}
		}
		stranger := house.Citizen(eva)
		if list, err := w.List(ctx, stranger); err != nil || len(list) != 0 {
			t.Errorf("a stranger sees %+v, %v", list, err)
		}
		for _, act := range []func() error{
			func() error { return w.Accept(ctx, stranger, id) }, func() error { return w.Decline(ctx, stranger, id) },
			func() error { return w.End(ctx, stranger, id) },
		} {
			house.WantCode(t, act(), dossier.CodeNotFound)
		}
		house.WantCode(t, w.Decline(ctx, house.Citizen(ada), id), dossier.CodeForbidden)
		check(t, w.Decline(ctx, house.Citizen(bea), id))
		if d, err := h.Delegation(ctx, ada.ID, id); err != nil || d.State != dossier.DelegationEnded {
			t.Errorf("declined: %+v, %v", d, err)
		}
		if told := h.Told(dossier.MessageDelegationDeclined); len(told) != 1 || told[0].HolderID != ada.ID {
			t.Errorf("told of the refusal: %+v", told)
		}
		house.WantCode(t, w.Accept(ctx, house.Citizen(bea), id), dossier.CodeConflict)

		w.delegated(ada, bea)
		if told := h.Told(dossier.MessageDelegationAccepted); len(told) != 1 || told[0].HolderID != ada.ID {
			t.Errorf("told of the acceptance: %+v", told)
		}
	})
}

// proves B10: a delegate hands on nothing, an offer that is over is not accepted any
// more, and who names delegates too often is stopped: names are on file or not.
func TestGrantLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	ctx := t.Context()
	ada, bea, eva := w.citizen(1), w.citizen(2), w.citizen(3)
	acting := w.under(bea, w.delegated(ada, bea))
	_, err := w.Grant(ctx, acting, grantTo(eva))
	house.WantCode(t, err, dossier.CodeForbidden)

	late, err := w.Grant(ctx, house.Citizen(bea), grantTo(eva))
	check(t, err)
	once := delegation.New(delegation.Config{Store: w.Store, Clock: w.Clock, Tries: throttle.New(w.Clock, 1, time.Hour), Rome: time.UTC})
	for _, tt := range []struct {
		who  dossier.Holder
		want dossier.Code
	}{{ada, dossier.CodeDelegationDelegate}, {ada, dossier.CodeRateLimited}, {bea, dossier.CodeDelegationDelegate}} {
		_, err := once.Grant(ctx, house.Citizen(tt.who), delegation.Grant{CodiceFiscale: "x", Until: "2026-12-31"})
		house.WantCode(t, err, tt.want)
	}
	w.Clock.Set(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	house.WantCode(t, w.Accept(ctx, house.Citizen(eva), late), dossier.CodeDelegationOver)
}

// proves B10: a CAF, a patronato and a consultant act for any number; everybody else
// for five, and a delegator has one of each kind.
func TestKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	for n, typ := range dossier.HolderTypes() {
		want := dossier.DelegationPersonal
		if typ == dossier.HolderPatronato || typ == dossier.HolderConsultant {
			want = dossier.DelegationInstitution
		}
		ada, other := w.citizen(2*n), w.person(2*n+1, typ, dossier.Dispositivo)
		d, err := w.Delegation(t.Context(), ada.ID, w.delegated(ada, other))
		if err != nil || d.Kind != want {
			t.Errorf("to a %s: %q, %v; want %q", typ, d.Kind, err, want)
		}
	}
}
