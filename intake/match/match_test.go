package match_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/match"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/token"
	"dispositivo/pin/journal"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const (
	ada  = "RSSMRA80A01H501U"
	bice = "PRVDAA80A41H501X"
)

// unmatched is a fax that nothing led to a dossier, with what was read on it.
func unmatched(t *testing.T, h house.House, id, from string, clues dossier.Clues) dossier.Submission {
	t.Helper()
	return arrived(t, h, dossier.ChannelFax, id, dossier.Origin{From: from}, clues)
}

func arrived(t *testing.T, h house.House, channel dossier.Channel, id string, origin dossier.Origin, clues dossier.Clues, zones ...dossier.Zone) dossier.Submission {
	t.Helper()
	door := intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
	r, err := door.Receive(t.Context(), intake.Post{
		Actor: house.Worker(), Channel: channel, ExternalID: id, Origin: origin, Files: [][]byte{[]byte(id)},
	})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := h.Submission(t.Context(), r.SubmissionID)
	if err != nil {
		t.Fatal(err)
	}
	f := sub.Documents[0]
	seal := func(v any) []byte {
		note, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := h.Vault.SealNote(f, note)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadingStarted}})
	h.Must(dossier.Change{
		Actor: house.Worker(), Closes: h.Task(dossier.TaskScreen, sub.ID).ID,
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadUnmatched},
		Effects:    []dossier.Effect{dossier.AddPages{FileID: f.ID, Format: "tiff", Pages: []dossier.Page{{N: 1}}, SealedClues: seal(clues), SealedZones: seal(zones)}},
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

// places are two of birth.
func places(t *testing.T) *codicefiscale.Places {
	t.Helper()
	p, err := codicefiscale.ReadPlaces([]byte("H501\tRM\t\t\tRoma\nZ404\tUS\t\t\tStati Uniti d'America\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// proves C9: the zone of a document proposes whose codice fiscale may be made of it,
// wherever born, and joins nothing; another day of birth, sex or name proposes nobody.
func TestZone(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		id := h.Begin(h.AddHolder(ada))
		h.AddHolder(bice) // has no dossier
		s, op := match.New(h.Store, h.Vault, places(t)), house.Reviewer("op")
		own := dossier.Zone{Page: 1, Surname: "ROSSI", GivenNames: "MARIO", Birth: "1980-01-01", Sex: "M"}
		for name, tt := range map[string]struct {
			change func(z *dossier.Zone)
			found  bool
		}{
			"the holder's":             {func(*dossier.Zone) {}, true},
			"sex not said":             {func(z *dossier.Zone) { z.Sex = "" }, true},
			"another's day":            {func(z *dossier.Zone) { z.Birth = "1980-01-02" }, false},
			"day of birth not known":   {func(z *dossier.Zone) { z.Birth = "1980-01" }, false},
			"another's name":           {func(z *dossier.Zone) { z.GivenNames = "LUCA" }, false},
			"another sex":              {func(z *dossier.Zone) { z.Sex = "F" }, false},
			"of one without a dossier": {func(z *dossier.Zone) { z.Surname, z.GivenNames, z.Sex = "PROVA", "ADA", "F" }, false},
		} {
			zone := own
			tt.change(&zone)
			sub := arrived(t, h, dossier.ChannelMail, name, dossier.Origin{}, dossier.Clues{}, zone)
			got, err := s.CandidatesOf(t.Context(), op, sub.ID)
			if err != nil || tt.found != (len(got) == 1) || len(got) > 1 {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			if tt.found && (got[0].Dossier.ID != id || !because(got[0], match.ReasonZone) || got[0].Why[0].Page != 1) {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if n := len(h.Get(id).Submissions); n != 0 {
			t.Errorf("%d submissions joined by themselves", n)
		}
	})
}

// proves promise 3: only so many zones of a submission are looked up.
func TestZonesAreBounded(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	h.Begin(h.AddHolder(ada))
	s, op := match.New(h.Store, h.Vault, places(t)), house.Reviewer("op")
	strangers := slices.Repeat([]dossier.Zone{{Page: 1, Surname: "VERDI", GivenNames: "LUCA", Birth: "1980-01-01", Sex: "M"}}, 4)
	own := dossier.Zone{Page: 1, Surname: "ROSSI", GivenNames: "MARIO", Birth: "1980-01-01", Sex: "M"}
	for n, want := range map[int]int{3: 1, 4: 0} {
		zones := append(slices.Clone(strangers[:n]), own)
		sub := arrived(t, h, dossier.ChannelMail, fmt.Sprint(n), dossier.Origin{}, dossier.Clues{}, zones...)
		if got, err := s.CandidatesOf(t.Context(), op, sub.ID); err != nil || len(got) != want {
			t.Errorf("after %d: %+v, %v", n, got, err)
		}
	}
}

// proves C9: codice fiscale and sender only propose; an operator joins, by
// protocol number or codice fiscale, and the pages are read again.
func TestMatch(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(ada)
		id := h.Begin(holder)
		s := match.New(h.Store, h.Vault, places(t))
		op := house.Reviewer("op")

		first := unmatched(t, h, "f/1", "+390655512", code(ada, "bars"))
		got, err := s.CandidatesOf(t.Context(), op, first.ID)
		if err != nil || len(got) != 1 || got[0].Dossier.ID != id || !because(got[0], match.ReasonCard) || got[0].Why[0].Page != 1 {
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
		if err != nil || len(got) != 1 || !because(got[0], match.ReasonSender) {
			t.Fatalf("%+v, %v", got, err)
		}
		if by := got[0].Why[0].Arrival; by.Protocol != (dossier.Protocol{Year: first.Protocol.Year, Number: first.Protocol.Number}) ||
			by.Channel != dossier.ChannelFax || !by.ReceivedAt.Equal(first.ReceivedAt) {
			t.Errorf("the arrival that gave the reason: %+v", by)
		}
		if err := s.Join(t.Context(), op, second.ID, first.Protocol.String()); err != nil {
			t.Fatal(err)
		}
		if n := len(h.Told(dossier.MessageReceipt)); n != 2 {
			t.Errorf("%d receipts", n)
		}
	})
}

// because reports whether a candidate has just these reasons.
func because(c match.Candidate, want ...match.Reason) bool {
	return slices.EqualFunc(c.Why, want, func(g match.Ground, r match.Reason) bool { return g.Reason == r })
}

// proves C9: a code typed with one slip proposes its dossier, and joins nothing; the
// dossier can be named by its id.
func TestTypedNearly(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder, id := h.AddHolder(ada), h.ID()
		tok, err := token.Mint(rand.Reader, make([]byte, token.MinKeyLength))
		if err != nil {
			t.Fatal(err)
		}
		h.Must(dossier.Change{Actor: house.Citizen(holder), Effects: []dossier.Effect{dossier.OpenDossier{
			Dossier: dossier.Dossier{ID: id, HolderID: holder.ID, PINIssueID: holder.PIN.ID, Office: holder.Office, FormVersion: "1"},
			Form:    holder.Person, TokenID: tok.ID, StatusCode: "code",
		}}})
		typed := "Re: modulo " + strings.ToLower(token.Group("1"+tok.ID[1:], 5)) + "."
		sub := arrived(t, h, dossier.ChannelMail, "m/1", dossier.Origin{From: "ada@example.org", Typed: []string{typed}}, dossier.Clues{})
		s, op := match.New(h.Store, h.Vault, places(t)), house.Reviewer("op")
		got, err := s.CandidatesOf(t.Context(), op, sub.ID)
		if err != nil || len(got) != 1 || got[0].Dossier.ID != id || !because(got[0], match.ReasonTyped) || got[0].Why[0].Earlier {
			t.Fatalf("%+v, %v", got, err)
		}
		if n := len(h.Get(id).Submissions); n != 0 {
			t.Errorf("%d submissions joined by themselves", n)
		}
		if err := s.Join(t.Context(), op, sub.ID, id); err != nil {
			t.Error(err)
		}
		other := arrived(t, h, dossier.ChannelMail, "m/2", dossier.Origin{From: "ADA@example.org"}, dossier.Clues{})
		got, err = s.CandidatesOf(t.Context(), op, other.ID)
		if err != nil || len(got) != 1 || !because(got[0], match.ReasonSender) || got[0].Why[0].Arrival.Channel != dossier.ChannelMail {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// proves C14: with its pages the hash of a stranger's number goes too; that of a
// holder's stays until the holder's end.
func TestSenderIsErased(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		h.Begin(h.AddHolder(ada))
		s, op := match.New(h.Store, h.Vault, places(t)), house.Reviewer("op")
		joined, stranger, later := unmatched(t, h, "f/1", "+390655512", dossier.Clues{}), unmatched(t, h, "f/2", "+390655512", dossier.Clues{}), unmatched(t, h, "f/3", "+390655512", dossier.Clues{})
		if err := s.Join(t.Context(), op, joined.ID, ada); err != nil {
			t.Fatal(err)
		}
		found := func(sub dossier.Submission) int {
			all, err := h.ArrivalsOfSender(t.Context(), sub.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		if found(stranger) != 1 || found(later) != 1 {
			t.Fatalf("found %d and %d", found(stranger), found(later))
		}
		for _, sub := range []dossier.Submission{joined, stranger} {
			h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseFile{FileID: sub.Documents[0].ID}}})
		}
		if found(stranger) != 0 || found(later) != 1 {
			t.Errorf("after the erasure: %d and %d, want 0 and 1", found(stranger), found(later))
		}
	})
}

// The address of a fax gateway proposes nothing: it is the sender of everybody's faxes.
func TestGatewayIsNoSender(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	h.Begin(h.AddHolder(ada))
	s, op := match.New(h.Store, h.Vault, places(t)), house.Reviewer("op")
	first := unmatched(t, h, "g/1", "fax@gateway.example", dossier.Clues{})
	if err := s.Join(t.Context(), op, first.ID, ada); err != nil {
		t.Fatal(err)
	}
	second := unmatched(t, h, "g/2", "fax@gateway.example", dossier.Clues{})
	if got, err := s.Candidates(t.Context(), op, second); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// proves promise 5: who may hold a dossier is named to those who may join, each name
// logged before; not of the operator's own, nor of another office's.
func TestProposalsAreNamedAndLogged(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	first, second := h.AddHolder(ada), h.AddHolder(bice)
	h.Begin(first)
	h.Begin(second)
	clues := dossier.Clues{CodiciFiscali: []dossier.CodeClue{{Code: ada, Page: 1, Source: "bars"}, {Code: bice, Page: 1, Source: "text"}}}
	sub := unmatched(t, h, "f/1", "", clues)
	s, op := match.New(h.Store, h.Vault, places(t)), house.Reviewer("op")
	op.KeyedCF = h.KeyCF(bice)
	got, err := s.Proposals(t.Context(), op, sub.ID)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].Own || got[0].Holder != first.Person.Name+" "+first.Person.Surname {
		t.Errorf("the first: %+v", got[0])
	}
	if !got[1].Own || got[1].Holder != "" {
		t.Errorf("the own: %+v", got[1])
	}
	logged, err := h.Log(t.Context(), journal.Filter{Action: "holder.proposed"}, 10)
	if err != nil || len(logged) != 1 || logged[0].HolderID != first.ID || logged[0].Actor != "operator:op" || !strings.Contains(logged[0].Detail, sub.ID) {
		t.Errorf("log %+v, %v", logged, err)
	}
	away := op
	away.Office = "altrove"
	if got, err := s.Proposals(t.Context(), away, sub.ID); err != nil || len(got) != 0 {
		t.Errorf("another office's: %+v, %v", got, err)
	}
	_, err = s.Proposals(t.Context(), house.Citizen(first), sub.ID)
	house.WantCode(t, err, dossier.CodeForbidden)
	if logged, err = h.Log(t.Context(), journal.Filter{Action: "holder.proposed"}, 10); err != nil || len(logged) != 1 {
		t.Errorf("log %+v, %v", logged, err)
	}
}

// What an operator may not join, or what is not there.
func TestJoinRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(ada)
	id := h.Begin(holder)
	h.AddHolder(bice)
	s := match.New(h.Store, h.Vault, places(t))
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
