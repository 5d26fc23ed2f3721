package match_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/match"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const (
	ada  = "RSSMRA80A01H501U"
	bice = "PRVDAA80A41H501X"
)

// unmatched is a fax that nothing led to a dossier, with what was read on it.
func unmatched(t *testing.T, h house.House, id, from string, clues dossier.Clues) dossier.Submission {
	t.Helper()
	door := intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
	r, err := door.Receive(t.Context(), intake.Post{
		Actor: house.Worker(), Channel: dossier.ChannelFax, ExternalID: id, Origin: dossier.Origin{From: from}, Files: [][]byte{[]byte(id)},
	})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := h.Submission(t.Context(), r.SubmissionID)
	if err != nil {
		t.Fatal(err)
	}
	note, err := json.Marshal(clues)
	if err != nil {
		t.Fatal(err)
	}
	f := sub.Documents[0]
	sealed, err := h.Vault.SealNote(f, note)
	if err != nil {
		t.Fatal(err)
	}
	h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadingStarted}})
	h.Must(dossier.Change{
		Actor: house.Worker(), Closes: h.Task(dossier.TaskScreen, sub.ID).ID,
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadUnmatched},
		Effects:    []dossier.Effect{dossier.AddPages{FileID: f.ID, Format: "tiff", Pages: []dossier.Page{{N: 1}}, SealedClues: sealed}},
	})
	sub, err = h.Submission(t.Context(), sub.ID)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func code(cf, source string) dossier.Clues {
	return dossier.Clues{CodiciFiscali: []dossier.CodeClue{{Code: cf, Page: 1, Source: source}}}
}

// proves C9: codice fiscale and sender only propose; an operator joins, by
// protocol number or codice fiscale, and the pages are read again.
func TestMatch(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(ada)
		id := h.Begin(holder)
		s := match.New(h.Store, h.Vault)
		op := house.Reviewer("op")

		first := unmatched(t, h, "f/1", "+390655512", code(ada, "bars"))
		got, err := s.CandidatesOf(t.Context(), op, first.ID)
		if err != nil || len(got) != 1 || got[0].Dossier.ID != id || !slices.Equal(got[0].Why, []match.Reason{match.ReasonCard}) {
			t.Fatalf("%+v, %v", got, err)
		}
		if d := h.Get(id); d.State != dossier.StateOpen || len(d.Submissions) != 0 {
			t.Errorf("a proposal changed the dossier: %s", d.State)
		}
		if err := s.Join(t.Context(), op, first.ID, " "+ada); err != nil {
			t.Fatal(err)
		}
		if d := h.Get(id); d.State != dossier.StateScreening || len(d.Submissions) != 1 || d.Submissions[0].State != dossier.SubmissionScreening {
			t.Errorf("%s with %+v", d.State, d.Submissions)
		}
		h.Task(dossier.TaskScreen, first.ID)
		house.WantCode(t, s.Join(t.Context(), op, first.ID, ada), dossier.CodeConflict)

		second := unmatched(t, h, "f/2", "+390655512", dossier.Clues{})
		got, err = s.Candidates(t.Context(), op, second)
		if err != nil || len(got) != 1 || !slices.Equal(got[0].Why, []match.Reason{match.ReasonSender}) {
			t.Fatalf("%+v, %v", got, err)
		}
		if err := s.Join(t.Context(), op, second.ID, first.Protocol.String()); err != nil {
			t.Fatal(err)
		}
		if n := len(h.Told(dossier.MessageReceipt)); n != 2 {
			t.Errorf("%d receipts", n)
		}
	})
}

// What an operator may not join, or what is not there.
func TestJoinRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(ada)
	id := h.Begin(holder)
	h.AddHolder(bice)
	s := match.New(h.Store, h.Vault)
	sub := unmatched(t, h, "f/1", "", code(ada, "text"))
	op := house.Reviewer("op")
	nobody, err := codicefiscale.Compute("Prova", "Zoe", house.Start(), "F", "Z404")
	if err != nil {
		t.Fatal(err)
	}
	own, away := op, op
	own.KeyedCF, away.Office = h.KeyCF(ada), "altrove"
	for _, tt := range []struct {
		actor dossier.Actor
		named string
		want  dossier.Code
	}{
		{op, "somebody", dossier.CodeRequestInvalid},
		{op, "2026/0000099", dossier.CodeNotFound},
		{op, sub.Protocol.String(), dossier.CodeNotFound}, // itself
		{op, nobody.String(), dossier.CodeNotFound},
		{own, ada, dossier.CodeOwnDossier},
		{away, ada, dossier.CodeNotFound},
		{dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}, ada, dossier.CodeForbidden},
		{house.Citizen(holder), ada, dossier.CodeForbidden},
	} {
		house.WantCode(t, s.Join(t.Context(), tt.actor, sub.ID, tt.named), tt.want)
	}
	if got, err := s.Candidates(t.Context(), away, sub); err != nil || len(got) != 0 {
		t.Errorf("another office's: %+v, %v", got, err)
	}
	h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
	house.WantCode(t, s.Join(t.Context(), op, sub.ID, ada), dossier.CodeConversionClosed)
	if got, err := s.Candidates(t.Context(), op, sub); err != nil || len(got) != 0 {
		t.Errorf("one that ended: %+v, %v", got, err)
	}
}
