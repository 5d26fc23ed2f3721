package delegation_test

import (
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/delegation"
	"dispositivo/pin/services"
)

// guardian is what an operator records of one.
func guardian(h dossier.Holder) delegation.Guardian {
	return delegation.Guardian{Grant: delegation.Grant{
		CodiceFiscale: h.Person.CodiceFiscale, Surname: h.Person.Surname, Until: "2034-12-31",
	}, Deed: "Tribunale di Roma, 1234/2026"}
}

// proves B10: an operator records a guardian, who acts at once, with any PIN of the
// ward's or none; neither ends it, but an operator does, and both are told.
func TestGuardian(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		ctx := t.Context()
		ward, bea := w.person(1, dossier.HolderCitizen, dossier.Ordinario), w.citizen(2)
		clerk := house.Reviewer("op")
		check(t, w.RecordGuardian(ctx, clerk, ward.ID, guardian(bea)))
		list, err := w.Guardians(ctx, clerk, ward.ID)
		if err != nil || len(list) != 1 || list[0].Kind != dossier.DelegationGuardian || !list[0].InForce || list[0].Other != "Ada 2 Prova" {
			t.Fatalf("guardians %+v, %v", list, err)
		}
		id := list[0].ID
		actor := w.under(bea, id)
		filed, err := w.desk.File(ctx, actor, services.Draft{Service: "naspi"})
		if err != nil || filed.HolderID != ward.ID || filed.DelegateID != bea.ID || filed.State != dossier.DomandaInWork {
			t.Errorf("filed %+v, %v", filed.Domanda, err)
		}
		for _, side := range []dossier.Holder{ward, bea} {
			house.WantCode(t, w.End(ctx, house.Citizen(side), id), dossier.CodeForbidden)
		}
		house.WantCode(t, w.EndGuardian(ctx, clerk, ward.ID, id, " "), dossier.CodeRequestInvalid)
		house.WantCode(t, w.EndGuardian(ctx, clerk, bea.ID, id, "revoked"), dossier.CodeNotFound)
		h.Clock.Advance(time.Minute)
		check(t, w.EndGuardian(ctx, clerk, ward.ID, id, "revoked by the court"))
		_, err = w.desk.File(ctx, actor, services.Draft{Service: "naspi"})
		house.WantCode(t, err, dossier.CodeDelegationOver)
		house.WantCode(t, w.EndGuardian(ctx, clerk, ward.ID, id, "again"), dossier.CodeConflict)
		if list, err := w.Guardians(ctx, clerk, bea.ID); err != nil || len(list) != 0 {
			t.Errorf("whom the guardian acts for is among the guardian's guardians: %+v, %v", list, err)
		}
		notes, err := w.PINNotes(ctx, ward.ID, 10)
		if err != nil || len(notes) != 2 || notes[0].Note != "revoked by the court" || notes[1].Note != "Tribunale di Roma, 1234/2026" || notes[1].Reason != "recorded" {
			t.Errorf("noted %+v, %v", notes, err)
		}
		if told, ended := h.Told(dossier.MessageGuardianRecorded), h.Told(dossier.MessageDelegationEnded); len(told) != 2 || len(ended) != 2 {
			t.Errorf("%d told of the guardian, %d of the end", len(told), len(ended))
		}
	})
}

// proves B10: who may record whom as a guardian; one beside a delegate, and one only.
func TestGuardianRules(t *testing.T) { //nolint:tparallel // one after the other, of the same people
	t.Parallel()
	w := newWorld(t, house.New(t))
	ctx := t.Context()
	ward, bea, eva := w.citizen(1), w.citizen(2), w.citizen(3)
	w.delegated(ward, eva)
	is := func(h dossier.Holder, office string) dossier.Actor {
		return dossier.Actor{Role: dossier.RoleOperator, ID: "op", KeyedCF: w.KeyCF(h.Person.CodiceFiscale), Office: office}
	}
	change := func(f func(*delegation.Guardian)) delegation.Guardian { g := guardian(bea); f(&g); return g }
	for name, tt := range map[string]struct {
		actor dossier.Actor
		g     delegation.Guardian
		want  dossier.Code
	}{
		"a citizen":            {house.Citizen(bea), guardian(bea), dossier.CodeForbidden},
		"the ward's own":       {is(ward, ""), guardian(bea), dossier.CodeOwnDossier},
		"the guardian's own":   {is(bea, ""), guardian(bea), dossier.CodeOwnDossier},
		"another office":       {is(eva, "another"), guardian(bea), dossier.CodeNotFound},
		"no deed":              {house.Reviewer("op"), change(func(g *delegation.Guardian) { g.Deed = "  " }), dossier.CodeRequestInvalid},
		"the ward as guardian": {house.Reviewer("op"), guardian(ward), dossier.CodeDelegationDelegate},
		"another surname":      {house.Reviewer("op"), change(func(g *delegation.Guardian) { g.Surname = "Altra" }), dossier.CodeDelegationDelegate},
		"no last day":          {house.Reviewer("op"), change(func(g *delegation.Guardian) { g.Until = "" }), dossier.CodeDelegationDates},
		"a long deed":          {house.Reviewer("op"), change(func(g *delegation.Guardian) { g.Deed = strings.Repeat("x", 201) }), dossier.CodeRequestInvalid},
		"for ever":             {house.Reviewer("op"), change(func(g *delegation.Guardian) { g.Until = "2036-03-09" }), dossier.CodeDelegationDates},
	} {
		t.Run(name, func(t *testing.T) {
			house.WantCode(t, w.RecordGuardian(ctx, tt.actor, ward.ID, tt.g), tt.want)
		})
	}
	if told := w.Told(dossier.MessageGuardianRecorded); len(told) != 0 {
		t.Errorf("%d told of nothing", len(told))
	}
	check(t, w.RecordGuardian(ctx, is(eva, house.Office), ward.ID, guardian(bea)))
	if list, err := w.Guardians(ctx, is(eva, house.Office), ward.ID); err != nil || len(list) != 1 {
		t.Errorf("guardians, beside a delegate who is none: %+v, %v", list, err)
	}
	if list, err := w.Of(ctx, is(eva, house.Office), ward.ID); err != nil || len(list) != 2 {
		t.Errorf("delegate and guardian: %+v, %v", list, err)
	}
	for actor, code := range map[*dossier.Actor]dossier.Code{
		new(house.Citizen(ward)): dossier.CodeForbidden, new(is(ward, "")): dossier.CodeOwnDossier, new(is(eva, "another")): dossier.CodeNotFound,
	} {
		_, err := w.Guardians(ctx, *actor, ward.ID)
		house.WantCode(t, err, code)
		_, err = w.Of(ctx, *actor, ward.ID)
		house.WantCode(t, err, code)
	}
	house.WantCode(t, w.RecordGuardian(ctx, house.Reviewer("op"), ward.ID, guardian(eva)), dossier.CodeDelegationTaken)
}

// proves B9, B10: a delegate who came by SPID, with no PIN that acts, acts for
// another as one with PIN dispositivo does; with the PIN alone that one does not.
func TestDelegateBySPID(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		ctx := t.Context()
		ada, bea := w.citizen(1), w.person(2, dossier.HolderCitizen, dossier.Ordinario)
		id, err := w.Grant(ctx, house.Citizen(ada), grantTo(bea))
		check(t, err)
		house.WantCode(t, w.Accept(ctx, house.Citizen(bea), id), dossier.CodeDelegationKind)
		spid := house.Citizen(bea)
		spid.Way = dossier.WaySPID
		check(t, w.Accept(ctx, spid, id))
		_, err = w.Mandate(ctx, house.Citizen(bea), id)
		house.WantCode(t, err, dossier.CodeDelegationKind)
		spid.Mandate, err = w.Mandate(ctx, spid, id)
		check(t, err)
		filed, err := w.desk.File(ctx, spid, services.Draft{Service: "cambio-iban"})
		if err != nil || filed.HolderID != ada.ID || filed.DelegateID != bea.ID || filed.State != dossier.DomandaInWork {
			t.Errorf("filed %+v, %v", filed.Domanda, err)
		}
		byPIN := spid
		byPIN.Way = dossier.WayPIN
		_, err = w.desk.File(ctx, byPIN, services.Draft{Service: "cambio-iban"})
		house.WantCode(t, err, dossier.CodeDelegationKind)
		check(t, w.End(ctx, house.Citizen(ada), id))
		_, err = w.desk.File(ctx, spid, services.Draft{Service: "cambio-iban"})
		house.WantCode(t, err, dossier.CodeDelegationOver)
	})
}
