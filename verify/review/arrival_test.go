package review_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/journal"
	"dispositivo/verify/review"
)

// unmatched is a scan of an office, or a fax of none, that nothing led to a dossier.
func unmatched(t *testing.T, h house.House, id, office string) dossier.Submission {
	t.Helper()
	door := intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
	channel := dossier.ChannelFax
	if office != "" {
		channel = dossier.ChannelCounter
	}
	r, err := door.Receive(t.Context(), intake.Post{
		Actor: house.Worker(), Channel: channel, ExternalID: id, Office: office, Files: [][]byte{[]byte(id)},
		Origin: dossier.Origin{From: "+39 06 555 0100"},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: r.SubmissionID, Event: dossier.EventReadingStarted}})
	h.Must(dossier.Change{
		Actor: house.Worker(), Closes: h.Task(dossier.TaskScreen, r.SubmissionID).ID,
		Submission: &dossier.SubmissionMove{ID: r.SubmissionID, Event: dossier.EventReadUnmatched},
	})
	sub, err := h.Submission(t.Context(), r.SubmissionID)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// proves promise 5, C9: who sent what nothing joins is told to the desk, logged
// before, and to nobody else; once it is erased nobody is told.
func TestArrival(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		ctx, d, op := t.Context(), newDesk(h, false), house.Reviewer("op")
		holder := h.AddHolder(someCF)
		looks := func() int {
			logged, err := h.Log(ctx, journal.Filter{Action: "submission.viewed"}, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(logged)
		}
		sub := unmatched(t, h, "srfax/1", "")
		a, err := d.Arrival(ctx, op, sub.ID)
		if err != nil || a.From != "+39 06 555 0100" || a.Protocol.Number != sub.Protocol.Number {
			t.Fatalf("%+v, %v", a, err)
		}
		logged, err := h.Log(ctx, journal.Filter{Action: "submission.viewed"}, 10)
		if err != nil || len(logged) != 1 || logged[0].Actor != "operator:op" || logged[0].Subject != sub.ID {
			t.Errorf("log %+v, %v", logged, err)
		}
		for _, role := range []dossier.Role{dossier.RoleAdmin, dossier.RoleGateway} {
			_, err := d.Arrival(ctx, dossier.Actor{Role: role, ID: "x"}, sub.ID)
			house.WantCode(t, err, dossier.CodeForbidden)
		}
		_, err = d.Arrival(ctx, house.Citizen(holder), sub.ID)
		house.WantCode(t, err, dossier.CodeForbidden)
		_, err = d.Arrival(ctx, op, h.Get(h.Reviewing(holder)).Submissions[0].ID) // a dossier's
		house.WantCode(t, err, dossier.CodeNotFound)
		scan := unmatched(t, h, "folder 1", "milano")
		away := op
		away.Office = "roma"
		_, err = d.Arrival(ctx, away, scan.ID)
		house.WantCode(t, err, dossier.CodeNotFound)
		if n := looks(); n != 1 {
			t.Errorf("%d looks logged, want 1: nothing else was shown", n)
		}

		h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseFile{FileID: sub.Documents[0].ID}}})
		if a, err = d.Arrival(ctx, op, sub.ID); err != nil || a.From != "" {
			t.Errorf("after the erasure: %+v, %v", a, err)
		}
	})
}

// mute is a store whose log takes nothing.
type mute struct{ review.Store }

func (mute) NoteLook(context.Context, dossier.Actor, string, string, string, string) error {
	return errors.New("no log")
}

// proves promise 5: without the log's row nobody is told.
func TestArrivalIsNotShownUnlogged(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	sub := unmatched(t, h, "srfax/1", "")
	d := review.NewDesk(review.Config{Store: mute{h.Store}, Pictures: h.Vault, Clock: h.Clock, Lease: review.DefaultLease})
	if a, err := d.Arrival(t.Context(), house.Reviewer("op"), sub.ID); err == nil || a.From != "" {
		t.Errorf("told %+v, %v", a, err)
	}
}
