package evidence_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify/evidence"
)

// proves C14: who may take originals away, by role, office and whose they are. Nothing
// leaves, and nothing is logged, for anybody else or without a reason.
func TestWhoMayExport(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Reviewing(holder)
		as := func(role dossier.Role, office string) dossier.Actor {
			return dossier.Actor{Role: role, ID: "x", Office: office, KeyedCF: []byte("cf of x")}
		}
		own := func(role dossier.Role) dossier.Actor {
			return dossier.Actor{Role: role, ID: "x", KeyedCF: h.KeyCF(someCF)}
		}
		for name, test := range map[string]struct {
			actor  dossier.Actor
			id     string
			reason evidence.Reason
			want   dossier.Code
		}{
			"a supervisor":                  {as(dossier.RoleSupervisor, ""), id, evidence.ReasonCourt, ""},
			"of the office":                 {as(dossier.RoleSupervisor, house.Office), id, evidence.ReasonFraud, ""},
			"of another office":             {as(dossier.RoleSupervisor, "altrove"), id, evidence.ReasonCourt, dossier.CodeNotFound},
			"an auditor":                    {as(dossier.RoleAuditor, ""), id, evidence.ReasonOversight, ""},
			"an auditor of the office":      {as(dossier.RoleAuditor, house.Office), id, evidence.ReasonDisputed, ""},
			"an auditor of another office":  {as(dossier.RoleAuditor, "altrove"), id, evidence.ReasonCourt, dossier.CodeNotFound},
			"a supervisor, the own":         {own(dossier.RoleSupervisor), id, evidence.ReasonHolder, dossier.CodeOwnDossier},
			"an auditor, the own":           {own(dossier.RoleAuditor), id, evidence.ReasonHolder, dossier.CodeOwnDossier},
			"an operator":                   {as(dossier.RoleOperator, ""), id, evidence.ReasonCourt, dossier.CodeForbidden},
			"an operator of the office":     {as(dossier.RoleOperator, house.Office), id, evidence.ReasonCourt, dossier.CodeForbidden},
			"an administrator":              {as(dossier.RoleAdmin, ""), id, evidence.ReasonCourt, dossier.CodeForbidden},
			"a gateway":                     {as(dossier.RoleGateway, ""), id, evidence.ReasonCourt, dossier.CodeForbidden},
			"the pipeline":                  {house.Worker(), id, evidence.ReasonCourt, dossier.CodeForbidden},
			"the holder":                    {house.Citizen(holder), id, evidence.ReasonHolder, dossier.CodeForbidden},
			"a holder who must change":      {as(dossier.RoleMustChange, ""), id, evidence.ReasonHolder, dossier.CodeForbidden},
			"a holder with the first half":  {as(dossier.RoleSimplified, ""), id, evidence.ReasonHolder, dossier.CodeForbidden},
			"nobody":                        {dossier.Actor{}, id, evidence.ReasonCourt, dossier.CodeForbidden},
			"a role without a name":         {dossier.Actor{Role: dossier.RoleAuditor}, id, evidence.ReasonCourt, dossier.CodeForbidden},
			"no dossier":                    {supervisor(), "none", evidence.ReasonCourt, dossier.CodeNotFound},
			"no reason":                     {supervisor(), id, "", dossier.CodeRequestInvalid},
			"some reason":                   {supervisor(), id, "curiosity", dossier.CodeRequestInvalid},
			"another office, and no reason": {as(dossier.RoleSupervisor, "altrove"), id, "", dossier.CodeNotFound},
		} {
			before, began := len(exports(t, h, id)), false
			err := newService(h).Export(t.Context(), test.actor, test.id, test.reason, func(string) io.Writer {
				began = true
				return io.Discard
			})
			after := len(exports(t, h, id))
			if got := dossier.CodeOf(err); got != test.want || began != (test.want == "") || after-before != map[bool]int{true: 1}[began] {
				t.Errorf("%s: %q, want %q; began %t, %d rows", name, got, test.want, began, after-before)
			}
		}
	})
}

// exports are the rows of the log about exports of a dossier.
func exports(t *testing.T, h house.House, id string) []audit.Entry {
	t.Helper()
	history, err := h.History(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(history, func(e audit.Entry) bool { return !strings.HasPrefix(e.Action, "evidence.") })
}

// firstByte looks at the log when the first byte comes.
type firstByte struct {
	look func()
	once bool
}

func (f *firstByte) Write(b []byte) (int, error) {
	if !f.once {
		f.once = true
		f.look()
	}
	return len(b), nil
}

// proves C14: the log names holder, operator and reason before a byte leaves; when it
// cannot, none does.
func TestLoggedBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Reviewing(holder)
		looked := false
		out := &firstByte{look: func() {
			rows := exports(t, h, id)
			looked = len(rows) == 1 && rows[0].HolderID == holder.ID && rows[0].Actor == "supervisor:silvia" &&
				rows[0].Action == "evidence.exported" && strings.Contains(rows[0].Detail, `"reason":"holder_asks"`)
		}}
		if err := newService(h).Export(t.Context(), supervisor(), id, evidence.ReasonHolder, func(string) io.Writer { return out }); err != nil || !looked {
			t.Errorf("%v; logged before: %t", err, looked)
		}
		silent := evidence.New(evidence.Config{Store: mute{h.Store}, Originals: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock})
		err := silent.Export(t.Context(), supervisor(), id, evidence.ReasonHolder, func(string) io.Writer {
			t.Error("began without a row in the log")
			return io.Discard
		})
		if err == nil {
			t.Error("the log failed, and nobody said so")
		}
	})
}

// mute is a store whose log takes nothing.
type mute struct{ evidence.Store }

func (mute) NoteLook(context.Context, dossier.Actor, string, string, string, string) error {
	return errors.New("no log")
}
