package fax

import (
	"context"
	"log/slog"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/spool"
)

// SpoolConfig holds the settings of a spool.
type SpoolConfig struct {
	Dir    string
	Door   Door
	Clock  clock.Clock
	Logger *slog.Logger
	Settle time.Duration // 0: spool.DefaultSettle
	// Answers draws the pages that a gateway sends back, once they are read; nil: none.
	Answers *Answers
}

// NewSpool makes the folders of a spool of faxes and returns it.
func NewSpool(cfg SpoolConfig) (*spool.Spool, error) {
	return spool.New(spool.Config{
		What: "fax", Dir: cfg.Dir, Clock: cfg.Clock, Logger: cfg.Logger, MaxBytes: intake.MaxOriginal, Settle: cfg.Settle,
		Take: cfg.take, Later: cfg.answer,
	})
}

// take hands one file to the door. The door has it safe when the error is nil.
func (c SpoolConfig) take(ctx context.Context, item spool.Item) ([]byte, error) {
	said := c.sidecar(ctx, item)
	id := said.ID
	if id == "" {
		id = mark([]byte(item.Name))
	}
	receipt, err := deliver(ctx, c.Door, "spool", Fax{
		ID: id + "/" + mark(item.Data), From: said.From, Pages: said.Pages, Incomplete: said.Incomplete, Failed: said.Error != "", Data: item.Data,
	})
	if err != nil {
		return nil, err
	}
	return []byte(receipt.SubmissionID), nil
}

// sidecar reads what can be read: a fax is not lost for its sidecar.
func (c SpoolConfig) sidecar(ctx context.Context, item spool.Item) Sidecar {
	if item.Sidecar == nil {
		return Sidecar{}
	}
	said, faults := ParseSidecar(item.Sidecar)
	faults.Log(ctx, c.Logger, "fax")
	return said
}

// answer is the page for the gateway; nil while there is none.
func (c SpoolConfig) answer(ctx context.Context, submissionID []byte) ([]byte, error) {
	if c.Answers == nil || len(submissionID) == 0 {
		return nil, dossier.Problem(dossier.CodeNotFound)
	}
	return c.Answers.Page(ctx, string(submissionID))
}
