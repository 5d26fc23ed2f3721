package pin

import (
	"context"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/session"
)

// ProveFirstHalf lets in who has the first half of a PIN that is to be activated,
// and knows what fits asks of the holder (B1); Try.PIN is the half. Whatever is
// wrong counts as a wrong PIN and answers as one: errors and hashes are as for
// SignIn. CodePINLetterPending says that the second half did not go out yet.
func (a *Access) ProveFirstHalf(ctx context.Context, t Try, fits func(dossier.Person) bool) (session.Session, Account, error) {
	var h dossier.Holder
	secrets, err := a.prove(ctx, t, func(ctx context.Context, s dossier.PINSecrets) (_ bool, err error) {
		if s.Hash != "" || len(Normalize(t.PIN)) != Length {
			return false, nil // the PIN in use is no half, nor are both
		}
		h, err = a.cfg.Store.Holder(ctx, s.Issue.HolderID)
		return err == nil && fits(h.Person), err
	})
	if err != nil {
		return session.Session{}, Account{}, fmt.Errorf("prove first half: %w", err)
	}
	if err := a.usable(secrets.Issue, false); err != nil {
		return session.Session{}, Account{}, err
	}
	if secrets.Issue.State != dossier.PINAwaitingActivation {
		return session.Session{}, Account{}, dossier.Problem(dossier.CodePINLetterPending)
	}
	return a.start(ctx, h, secrets.Issue)
}

// ProveSecondHalf checks the second half of the PIN that a session of the first
// was opened with, under the same lock; Try.PIN is the half, the codice fiscale
// is the session's.
func (a *Access) ProveSecondHalf(ctx context.Context, s session.Session, t Try) error {
	if err := s.Actor.Require(dossier.RoleSimplified); err != nil {
		return err
	}
	if err := a.cfg.Tries.Take(t.Source); err != nil {
		return err
	}
	h, err := a.cfg.Store.Holder(ctx, s.Actor.ID)
	if err != nil {
		return fmt.Errorf("prove second half: %w", err)
	}
	cf := h.Person.CodiceFiscale
	subject, err := a.subject(ctx, cf, t.Device)
	if err != nil {
		return fmt.Errorf("prove second half: %w", err)
	}
	return a.cfg.Guard.Try(ctx, subject, func(ctx context.Context) (bool, error) {
		secrets, err := a.cfg.Store.PINSecrets(ctx, cf)
		if err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
			return false, err
		}
		return a.half(ctx, cf, secrets.Second, 2, Normalize(t.PIN))
	})
}
