package fax_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/fax"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// page stands for a fax: the door looks at nothing.
var page = []byte("II*\x00 a page")

func newDoor(h house.House) *intake.Door {
	return intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
}

// broken is a door whose disk is full.
type broken struct{}

func (broken) Receive(context.Context, intake.Post) (intake.Receipt, error) {
	return intake.Receipt{}, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: errors.New("no space")}
}

func (broken) Earlier(context.Context, dossier.Channel, string) (intake.Receipt, error) {
	return intake.Receipt{}, dossier.Problem(dossier.CodeNotFound)
}

func (broken) NoteFailure(context.Context, dossier.Actor, dossier.Channel, string, dossier.Code) error {
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: errors.New("no space")}
}

var _ fax.Door = broken{}

// received are all submissions, oldest first.
func received(t *testing.T, h house.House) []dossier.Submission {
	t.Helper()
	subs, err := h.SubmissionsIn(t.Context(), dossier.SubmissionReceived, 100)
	if err != nil {
		t.Fatal(err)
	}
	return subs
}

func ledger(t *testing.T, h house.House) []dossier.Refusal {
	t.Helper()
	all, err := h.Refusals(t.Context(), dossier.RefusalFilter{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// origin opens what was kept of the sender.
func origin(t *testing.T, h house.House, sub dossier.Submission) string {
	t.Helper()
	note, err := h.Vault.OpenNote(sub.Documents[0], sub.Documents[0].SealedOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return string(note)
}
