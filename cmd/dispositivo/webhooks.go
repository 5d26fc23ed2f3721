package main

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/store"
	"dispositivo/internal/webhook"
	"dispositivo/queue"
)

// subscribers reads who is told of state changes.
func (s storage) subscribers() ([]webhook.Subscriber, []dossier.Subscription, error) {
	if s.Webhooks == "" {
		return nil, nil, nil
	}
	subs, err := webhook.Load(s.Webhooks)
	if err != nil {
		return nil, nil, err
	}
	var told []dossier.Subscription
	for _, sub := range subs {
		told = append(told, sub.Subscription)
	}
	return subs, told, nil
}

// notices is the work of telling subscribers; none without any.
func (h *house) notices() map[dossier.TaskKind]queue.Handler {
	if len(h.subscribers) == 0 {
		return nil
	}
	d := webhook.New(h.store, h.clock, h.logger, h.subscribers)
	return map[dossier.TaskKind]queue.Handler{
		dossier.TaskNotify: func(ctx context.Context, t dossier.Task) error { return d.Deliver(ctx, t.ID, t.Subject) },
	}
}

// lostNotices words what subscribers were not told, for the reconciliation.
func (h *house) lostNotices(ctx context.Context) ([]string, error) {
	lost, err := h.store.LostNotices(ctx)
	if err != nil {
		return nil, fmt.Errorf("reconcile: %w", err)
	}
	var faults []string
	for _, l := range lost {
		faults = append(faults, fmt.Sprintf("subscriber %s was not told of %d changes, the oldest of %s (%s): dispositivo webhooks retry %s, or drop",
			l.Subscriber, l.Count, l.Since.Format(time.RFC3339), l.Problem, l.Subscriber))
	}
	return faults, nil
}

// webhooksCmd is for the day after a subscriber was away for too long.
type webhooksCmd struct {
	Retry retryNoticesCmd `cmd:"" help:"Have a subscriber told anew of everything that was given up."`
	Drop  dropNoticesCmd  `cmd:"" help:"Forget what a subscriber was not told."`
}

type retryNoticesCmd struct {
	storage    `embed:""`
	Subscriber string `arg:"" help:"Its name in the settings."`
	Demo       bool   `help:"The store is a demonstration."`
}

// Run implements the command.
func (c *retryNoticesCmd) Run(env *environment) error {
	return withNotices(env, c.storage, c.Demo, "to be told again", func(s *store.Store) (int, error) {
		return s.ReviveNotices(env.ctx, c.Subscriber)
	})
}

type dropNoticesCmd struct {
	storage    `embed:""`
	Subscriber string `arg:"" help:"Its name, also one that the settings no longer have."`
	Demo       bool   `help:"The store is a demonstration."`
}

// Run implements the command.
func (c *dropNoticesCmd) Run(env *environment) error {
	return withNotices(env, c.storage, c.Demo, "forgotten", func(s *store.Store) (int, error) {
		return s.DropNotices(env.ctx, c.Subscriber)
	})
}

func withNotices(env *environment, s storage, demo bool, done string, do func(*store.Store) (int, error)) error {
	h, err := openHouse(env, s, dossier.DefaultPolicy(), demo)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // committed or failed before
	n, err := do(h.store)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d notices %s\n", n, done)
	return nil
}
