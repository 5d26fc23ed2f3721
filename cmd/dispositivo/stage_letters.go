package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/ident"
)

// correspondence plays those whose second half travels by post: the first letters
// left, the next are made and wait to be fetched, the last is still to be made. It
// is played once.
func (h *house) correspondence(ctx context.Context, s *services) error {
	all := demo.Correspondents()
	if _, err := h.store.HolderByCF(ctx, all[0].CodiceFiscale.String()); dossier.CodeOf(err) != dossier.CodeNotFound {
		return err
	}
	account, err := h.store.OperatorByName(ctx, "supervisore")
	if err != nil {
		return err
	}
	for _, post := range []demo.Post{demo.PostLeft, demo.PostMade, demo.PostWaits} {
		if err := h.confirmAll(ctx, all, post); err != nil {
			return err
		}
		if post == demo.PostWaits {
			return nil
		}
		if err := h.makeLetters(ctx, s, account.Actor(), all, post); err != nil {
			return err
		}
		if post == demo.PostLeft {
			if err := postNewest(ctx, s, account.Actor()); err != nil {
				return err
			}
		}
	}
	return nil
}

// confirmAll brings in those of a lot, as if they had been called back.
func (h *house) confirmAll(ctx context.Context, all []demo.Correspondent, post demo.Post) error {
	for _, c := range all {
		if c.Post != post {
			continue
		}
		now := h.clock.Now()
		who := dossier.Holder{ID: ident.New(now), Office: demoOffice, Person: personOf(c.Citizen, c.Passport(now, false))}
		issue := dossier.PINIssue{ID: ident.New(now), HolderID: who.ID, Kind: dossier.Ordinario, State: dossier.PINRequested, Channel: dossier.PINOnline}
		for _, ch := range []dossier.Change{
			{Effects: []dossier.Effect{
				dossier.AddHolder{Holder: who},
				dossier.OpenPIN{Issue: issue},
				dossier.Tell{HolderID: who.ID, Kind: dossier.MessageFirstHalf, Occasion: issue.ID},
			}},
			{PIN: &dossier.PINMove{ID: issue.ID, Event: dossier.PINEventConfirmed}},
		} {
			ch.Actor = dossier.System("demo")
			if _, err := h.store.Apply(ctx, ch); err != nil {
				return fmt.Errorf("confirm correspondent: %w", err)
			}
		}
	}
	return nil
}

// makeLetters makes letters until those of a lot are made: their first halves have
// to be on their way before.
func (h *house) makeLetters(ctx context.Context, s *services, boss dossier.Actor, all []demo.Correspondent, post demo.Post) error {
	tick := h.clock.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		if _, err := s.letters.Make(ctx, boss); err != nil {
			return fmt.Errorf("make letters: %w", err)
		}
		left, err := h.letterless(ctx, all, post)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C():
		}
	}
	return errors.New("the letters were never made")
}

// letterless counts those of a lot whose letter is not made yet.
func (h *house) letterless(ctx context.Context, all []demo.Correspondent, post demo.Post) (int, error) {
	n := 0
	for _, c := range all {
		if c.Post != post {
			continue
		}
		who, err := h.store.HolderByCF(ctx, c.CodiceFiscale.String())
		if err != nil {
			return 0, fmt.Errorf("look for letter: %w", err)
		}
		if who.PIN.State == dossier.PINLetterReleased {
			n++
		}
	}
	return n, nil
}

// postNewest fetches both files of the newest batch and posts it.
func postNewest(ctx context.Context, s *services, boss dossier.Actor) error {
	o, err := s.letters.Overview(ctx, boss)
	if err != nil {
		return err
	}
	if len(o.Batches) == 0 {
		return errors.New("no batch to post")
	}
	id := o.Batches[0].ID
	if _, err := s.letters.Letters(ctx, boss, id); err != nil {
		return err
	}
	if _, err := s.letters.Manifest(ctx, boss, id); err != nil {
		return err
	}
	return s.letters.Post(ctx, boss, id)
}
