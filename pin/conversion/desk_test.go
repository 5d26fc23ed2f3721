package conversion_test

import (
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/conversion"
)

// proves C12: an operator stops a conversion for who asks; the reason is logged, the
// holder told, and the holder cannot begin another.
func TestStopFor(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder := newService(h), h.AddHolder(someCF)
		id := h.Reviewing(holder)
		op := house.Reviewer("anna")
		own, away := op, op
		own.KeyedCF = h.KeyCF(someCF)
		away.Office = "altrove"
		auditor := op
		auditor.Role = dossier.RoleAuditor
		for name, test := range map[string]struct {
			actor  dossier.Actor
			id     string
			reason conversion.StopReason
			want   dossier.Code
		}{
			"an auditor":     {auditor, id, conversion.StopFraud, dossier.CodeForbidden},
			"the holder":     {house.Citizen(holder), id, conversion.StopFraud, dossier.CodeForbidden},
			"the own":        {own, id, conversion.StopFraud, dossier.CodeOwnDossier},
			"another office": {away, id, conversion.StopFraud, dossier.CodeNotFound},
			"none":           {op, "none", conversion.StopFraud, dossier.CodeNotFound},
			"no reason":      {op, id, "", dossier.CodeRequestInvalid},
			"some reason":    {op, id, "because", dossier.CodeRequestInvalid},
		} {
			if got := dossier.CodeOf(s.StopFor(t.Context(), test.actor, test.id, test.reason)); got != test.want {
				t.Errorf("%s: %q, want %q", name, got, test.want)
			}
		}
		if got := h.Get(id).State; got != dossier.StateReviewing {
			t.Fatalf("refused, and %s", got)
		}
		if err := s.StopFor(t.Context(), op, id, conversion.StopContactAsks); err != nil {
			t.Fatal(err)
		}
		house.WantCode(t, s.StopFor(t.Context(), op, id, conversion.StopContactAsks), dossier.CodeConversionClosed)
		if got := h.Get(id).State; got != dossier.StateWithdrawn {
			t.Errorf("%s", got)
		}
		if told := h.Told(dossier.MessageWithdrawn); len(told) != 1 || told[0].HolderID != holder.ID {
			t.Errorf("told %+v", told)
		}
		history, err := h.History(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		last := history[len(history)-1]
		if last.Action != "dossier.withdrawn" || !strings.Contains(last.Detail, `"reason":"contact_asks"`) || !strings.Contains(last.Actor, "anna") {
			t.Errorf("the log says %+v", last)
		}
	})
}

// proves C12: an operator finds the conversion of who calls by the holder, in the own
// office alone, never the own; and none when none is under way.
func TestUnderWay(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder, idle := newService(h), h.AddHolder(someCF), h.AddHolder("PRVBBB80A01H501H")
		id := h.Reviewing(holder)
		as := func(role dossier.Role, office string) dossier.Actor {
			return dossier.Actor{Role: role, ID: "anna", Office: office, KeyedCF: []byte("cf of anna")}
		}
		own := as(dossier.RoleSupervisor, "")
		own.KeyedCF = h.KeyCF(someCF)
		for name, test := range map[string]struct {
			actor  dossier.Actor
			holder string
			want   dossier.Code
		}{
			"an operator":    {as(dossier.RoleOperator, ""), holder.ID, ""},
			"of the office":  {as(dossier.RoleSupervisor, house.Office), holder.ID, ""},
			"another office": {as(dossier.RoleOperator, "altrove"), holder.ID, dossier.CodeNotFound},
			"the own":        {own, holder.ID, dossier.CodeOwnDossier},
			"an auditor":     {as(dossier.RoleAuditor, ""), holder.ID, dossier.CodeForbidden},
			"the holder":     {house.Citizen(holder), holder.ID, dossier.CodeForbidden},
			"nothing there":  {as(dossier.RoleOperator, ""), idle.ID, dossier.CodeNotFound},
			"nobody":         {as(dossier.RoleOperator, ""), "none", dossier.CodeNotFound},
		} {
			d, err := s.UnderWay(t.Context(), test.actor, test.holder)
			if got := dossier.CodeOf(err); got != test.want || test.want == "" && d.ID != id {
				t.Errorf("%s: %q and %q, want %q", name, got, d.ID, test.want)
			}
		}
		if err := s.StopFor(t.Context(), as(dossier.RoleOperator, ""), id, conversion.StopHolderAsks); err != nil {
			t.Fatal(err)
		}
		_, err := s.UnderWay(t.Context(), as(dossier.RoleOperator, ""), holder.ID)
		house.WantCode(t, err, dossier.CodeNotFound)
	})
}
