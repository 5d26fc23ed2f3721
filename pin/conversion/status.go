package conversion

import (
	"context"
	"fmt"
	"slices"

	"dispositivo/dossier"
	"dispositivo/internal/token"
)

// List returns the holder's dossiers, the newest first.
func (s *Service) List(ctx context.Context, actor dossier.Actor) ([]Status, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return nil, err
	}
	ds, err := s.cfg.Store.DossiersOf(ctx, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("list conversions: %w", err)
	}
	list := make([]Status, len(ds))
	for i, d := range ds {
		list[i] = statusOf(d)
	}
	return list, nil
}

// Status returns one dossier of the holder's own; CodeNotFound for anybody
// else's, as if it did not exist.
func (s *Service) Status(ctx context.Context, actor dossier.Actor, id string) (Status, error) {
	d, err := s.own(ctx, actor, id)
	if err != nil {
		return Status{}, err
	}
	return statusOf(d), nil
}

func (s *Service) own(ctx context.Context, actor dossier.Actor, id string) (dossier.Dossier, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Dossier{}, err
	}
	d, err := s.cfg.Store.Dossier(ctx, id)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("read conversion: %w", err)
	}
	if d.HolderID != actor.ID {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
	}
	return d, nil
}

// StatusByCode returns state and next step alone for a protocol number and its
// status code, without sign-in (C13). Tries are limited by number and by
// source; a wrong number and a wrong code answer alike, CodeNotFound.
func (s *Service) StatusByCode(ctx context.Context, protocol, code, source string) (Status, error) {
	if err := s.cfg.Tries.Take("source " + source); err != nil {
		return Status{}, err
	}
	p, err := dossier.ParseProtocol(protocol)
	if err != nil {
		return Status{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err := s.cfg.Tries.Take("protocol " + p.String()); err != nil {
		return Status{}, err
	}
	d, err := s.cfg.Store.DossierByCode(ctx, p, token.Normalize(code))
	if err != nil {
		return Status{}, fmt.Errorf("look up status: %w", err)
	}
	full := statusOf(d)
	return Status{State: full.State, Protocol: full.Protocol, OpenedAt: full.OpenedAt, ChangedAt: full.ChangedAt, DueAt: full.DueAt}, nil
}

// Withdraw stops the holder's own dossier.
func (s *Service) Withdraw(ctx context.Context, actor dossier.Actor, id string) error {
	d, err := s.own(ctx, actor, id)
	if err != nil {
		return err
	}
	if d.State.Final() {
		return dossier.Problem(dossier.CodeConversionClosed)
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Dossier: &dossier.Move{ID: d.ID, Event: dossier.EventWithdrawn}})
	if err != nil {
		return fmt.Errorf("withdraw conversion: %w", err)
	}
	return nil
}

func statusOf(d dossier.Dossier) Status {
	st := Status{
		ID: d.ID, State: d.State, Lacks: d.Lacks(), OpenedAt: d.OpenedAt, ChangedAt: d.ChangedAt, DueAt: d.DueAt,
		Reason: d.Reason, CanUpload: allows(d.State, dossier.EventPagesAdded), CanWithdraw: allows(d.State, dossier.EventWithdrawn),
	}
	if d.State == dossier.StateWaiting || st.Lacks {
		st.Missing = d.Missing()
	}
	for _, sub := range slices.Backward(d.Submissions) {
		one := SubmissionStatus{
			Protocol: sub.Protocol.String(), Channel: sub.Channel, State: sub.State,
			ReceivedAt: sub.ReceivedAt, Findings: dossier.ForHolder(sub.Findings),
		}
		for _, f := range sub.Documents {
			one.Pages += len(f.Pages)
		}
		st.Submissions = append(st.Submissions, one)
	}
	if len(st.Submissions) > 0 {
		st.Protocol = st.Submissions[0].Protocol
	}
	return st
}

func allows(s dossier.State, e dossier.Event) bool {
	_, err := s.Next(e)
	return err == nil
}
