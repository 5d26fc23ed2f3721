package counter_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// issued gives a holder a PIN from a channel in the place of the one there is.
func issued(t *testing.T, h house.House, channel dossier.PINChannel) {
	t.Helper()
	holder, err := h.HolderByCF(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	h.Must(dossier.Change{
		Actor: house.Reviewer("op"),
		PIN:   &dossier.PINMove{ID: holder.PIN.ID, Event: dossier.PINEventReplaced, Version: holder.PIN.Version},
		Effects: []dossier.Effect{dossier.OpenPIN{Hash: "x", Issue: dossier.PINIssue{
			ID: h.ID(), HolderID: holder.ID, Kind: dossier.Dispositivo, State: dossier.PINActive, Channel: channel,
		}}},
	})
}

// proves A5: the scan of form and document is kept by the door that everything
// passes: with a number, sealed, under its holder, in no dossier, the same scan once.
func TestArchive(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, _ := newService(h)
		op, scan := house.Reviewer("op"), []byte("%PDF-1.7 MV35")
		holder := h.AddHolder(ada)
		issued(t, h, dossier.PINContactCentre)
		_, err := s.Archive(t.Context(), op, ada, scan)
		house.WantCode(t, err, dossier.CodeNotFound)
		issued(t, h, dossier.PINOffice)
		r, err := s.Archive(t.Context(), op, " "+ada, scan)
		if err != nil || r.Protocol != "2026/0000001" || r.DossierID != "" {
			t.Fatalf("%+v, %v", r, err)
		}
		sub, err := h.Submission(t.Context(), r.SubmissionID)
		if err != nil || sub.HolderID != holder.ID || len(sub.Documents) != 1 || !sub.Documents[0].Evidence {
			t.Fatalf("%+v, %v", sub, err)
		}
		if kept, err := h.Vault.Open(t.Context(), sub.Documents[0], sub.Documents[0].Blob); err != nil || string(kept) != string(scan) {
			t.Errorf("kept %q, %v", kept, err)
		}
		if again, err := s.Archive(t.Context(), op, ada, scan); err != nil || !again.Repeated || again.Protocol != r.Protocol {
			t.Errorf("%+v, %v", again, err)
		}
		if other, err := s.Archive(t.Context(), op, ada, []byte("%PDF-1.7 better")); err != nil || other.Protocol != "2026/0000002" {
			t.Errorf("%+v, %v", other, err)
		}
		for _, event := range []dossier.SubmissionEvent{dossier.EventReadingStarted, dossier.EventReadNoDocument} {
			h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: event}})
		}
		if files, err := h.Erasable(t.Context(), h.Clock.Now().AddDate(10, 0, 0), 10); err != nil || len(files) != 0 {
			t.Errorf("%d files are erased with time, %v", len(files), err)
		}
		if all, err := h.DossiersOf(t.Context(), holder.ID); err != nil || len(all) != 0 {
			t.Errorf("%d dossiers, %v", len(all), err)
		}
	})
}

// proves A5: nothing is archived for the operator in person, by another office, by
// who does not work at the counter, for nobody, and of what is no scan.
func TestArchiveRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, _ := newService(h)
	op := house.Reviewer("op")
	h.AddHolder(ada)
	issued(t, h, dossier.PINAdministration)
	own, away, auditor := op, op, dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}
	own.KeyedCF, away.Office = h.KeyCF(ada), "altrove"
	for name, tt := range map[string]struct {
		actor    dossier.Actor
		cf, scan string
		want     dossier.Code
	}{
		"own": {own, ada, "%PDF-1.7", dossier.CodeOwnDossier}, "another office": {away, ada, "%PDF-1.7", dossier.CodeNotFound},
		"auditor": {auditor, ada, "%PDF-1.7", dossier.CodeForbidden}, "nobody": {op, codeOf(t, "Bice"), "%PDF-1.7", dossier.CodeNotFound},
		"no code": {op, "2026/0000001", "%PDF-1.7", dossier.CodeRequestInvalid}, "text": {op, ada, "Buongiorno", dossier.Code(dossier.FileType)},
		"empty": {op, ada, "", dossier.Code(dossier.FileEmpty)},
	} {
		_, err := s.Archive(t.Context(), tt.actor, tt.cf, []byte(tt.scan))
		if dossier.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if r, err := s.Archive(t.Context(), op, ada, []byte("%PDF-1.7")); err != nil || r.Protocol != "2026/0000001" {
		t.Errorf("a number was spent: %+v, %v", r, err)
	}
}
