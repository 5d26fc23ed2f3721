package fax

import (
	"context"
	"log/slog"
	"time"

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
	// Answer draws the page that a gateway sends back; nil: none.
	Answer func(intake.Receipt) ([]byte, error)
}

// NewSpool makes the folders of a spool of faxes and returns it.
func NewSpool(cfg SpoolConfig) (*spool.Spool, error) {
	return spool.New(spool.Config{
		What: "fax", Dir: cfg.Dir, Clock: cfg.Clock, Logger: cfg.Logger, MaxBytes: intake.MaxOriginal, Settle: cfg.Settle, Take: cfg.take,
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
		ID: id + "/" + mark(item.Data), From: said.From, Incomplete: said.Incomplete, Failed: said.Error != "", Data: item.Data,
	})
	if err != nil {
		return nil, err
	}
	return c.answer(ctx, receipt), nil
}

// sidecar reads what can be read: a fax is not lost for its sidecar.
func (c SpoolConfig) sidecar(ctx context.Context, item spool.Item) Sidecar {
	if item.Sidecar == nil {
		return Sidecar{}
	}
	said, err := ParseSidecar(item.Sidecar)
	if err != nil {
		c.Logger.LogAttrs(ctx, slog.LevelWarn, "fax without its sidecar, which cannot be read")
	}
	return said
}

// answer draws the page for the gateway; a fax is not lost for it.
func (c SpoolConfig) answer(ctx context.Context, r intake.Receipt) []byte {
	if c.Answer == nil || r.Protocol == "" {
		return nil
	}
	page, err := c.Answer(r)
	if err != nil {
		c.Logger.LogAttrs(ctx, slog.LevelWarn, "no answer page", slog.String("error", err.Error()))
	}
	return page
}
