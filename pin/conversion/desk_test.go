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
