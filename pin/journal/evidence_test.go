package journal_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/journal"
)

// proves B6, B9: the auditor opens what an identity was proved with, which is logged;
// nobody else does, an entry without evidence has none, and after an erasure there is
// none to be read.
func TestEvidence(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx, s := t.Context(), journal.New(e.Store)
		h := e.AddHolder("PRVDAA80A41H501X")
		spid := house.Citizen(h)
		spid.Way = dossier.WaySPID
		proof := map[string]string{"subject": "AIDP123", "issuer": "https://idp.example"}
		if _, err := session.NewKeeper(e.Store, e.Clock, session.DefaultIdle).StartElsewhere(ctx, spid, proof); err != nil {
			t.Fatal(err)
		}
		log, err := s.All(ctx, auditor, journal.Filter{HolderID: h.ID})
		if err != nil || len(log.Lines[0].Sealed) == 0 {
			t.Fatalf("log %+v, %v", log, err)
		}
		row, opened := log.Lines[0].Row, func() int {
			page, err := s.All(ctx, auditor, journal.Filter{Action: "audit.opened", HolderID: h.ID})
			if err != nil {
				t.Fatal(err)
			}
			return len(page.Lines)
		}
		for _, role := range []dossier.Role{dossier.RoleCitizen, dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAdmin} {
			_, err := s.Evidence(ctx, dossier.Actor{Role: role, ID: h.ID}, row)
			house.WantCode(t, err, dossier.CodeForbidden)
		}
		for _, other := range []int64{0, row + 1000, log.Lines[1].Row} { // the last has nothing sealed
			_, err := s.Evidence(ctx, auditor, other)
			house.WantCode(t, err, dossier.CodeNotFound)
		}
		if n := opened(); n != 0 {
			t.Errorf("%d openings logged, of none", n)
		}
		found, err := s.Evidence(ctx, auditor, row)
		want := [2][2]string{{"issuer", "https://idp.example"}, {"subject", "AIDP123"}}
		if err != nil || len(found.Fields) != 2 || [2][2]string(found.Fields) != want || found.Erased || opened() != 1 {
			t.Errorf("evidence %+v, %v, %d openings", found, err, opened())
		}
		e.Must(dossier.Change{
			Actor: house.Worker(), PIN: &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventRevoked},
			Effects: []dossier.Effect{dossier.EraseHolder{HolderID: h.ID}},
		})
		if found, err := s.Evidence(ctx, auditor, row); err != nil || !found.Erased || len(found.Fields) != 0 {
			t.Errorf("after the erasure: %+v, %v", found, err)
		}
	})
}
