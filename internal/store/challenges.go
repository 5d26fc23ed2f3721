package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dispositivo/dossier"
)

func adChallenge(id string) []byte { return []byte("challenges.sealed:" + id) }

// contact is what a challenge's sealed column holds.
type contact struct {
	Kind  dossier.ContactKind `json:"kind"`
	Value string              `json:"value"`
}

func (a *applier) openChallenge(ctx context.Context, e dossier.OpenChallenge) error {
	c := e.Challenge
	key, err := a.s.holderKey(ctx, a.querier, c.HolderID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, contact{Kind: c.Kind, Value: c.Value}, adChallenge(c.ID))
	if err != nil {
		return err
	}
	// One at a time for each purpose: an older code no longer counts.
	if err := a.exec(ctx, `UPDATE challenges SET closed = 1 WHERE holder_id = ? AND purpose = ? AND closed = 0`, c.HolderID, string(c.Purpose)); err != nil {
		return fmt.Errorf("close older challenges: %w", err)
	}
	err = a.exec(ctx, `INSERT INTO challenges (id, holder_id, purpose, sealed, keyed_code, wrong, until, closed, created_at)
		VALUES (?, ?, ?, ?, ?, 0, ?, 0, ?)`, c.ID, c.HolderID, string(c.Purpose), sealed, []byte{}, micros(c.Until), micros(a.now))
	if err != nil {
		return fmt.Errorf("insert challenge: %w", err)
	}
	return a.audit(ctx, auditRow{
		action: "challenge.opened", subject: c.ID, holderID: c.HolderID, detail: fmt.Sprintf(`{"purpose":%q,"kind":%q}`, c.Purpose, c.Kind),
	})
}

func (a *applier) mintChallenge(ctx context.Context, e dossier.MintChallenge) error {
	n, err := a.execN(ctx, `UPDATE challenges SET keyed_code = ?, until = ?, wrong = 0 WHERE id = ? AND closed = 0`,
		a.s.KeyChallenge(e.Code), micros(e.Until), e.ID)
	if err != nil {
		return fmt.Errorf("mint challenge: %w", err)
	}
	if n == 0 {
		return conflict("the challenge is over")
	}
	return nil
}

func (a *applier) closeChallenge(ctx context.Context, e dossier.CloseChallenge) error {
	n, err := a.execN(ctx, `UPDATE challenges SET closed = 1 WHERE id = ? AND closed = 0 AND until > ?`, e.ID, micros(a.now))
	if err != nil {
		return fmt.Errorf("close challenge: %w", err)
	}
	if n == 0 {
		return conflict("the challenge is over")
	}
	return nil
}

// KeyChallenge returns the keyed hash by which a challenge's code is kept.
func (s *Store) KeyChallenge(code string) []byte { return s.keys.MAC("challenge").Sum([]byte(code)) }

// OpenChallengeOf returns a holder's challenge for a purpose that is not over,
// CodeNotFound when there is none.
func (s *Store) OpenChallengeOf(ctx context.Context, holderID string, purpose dossier.Purpose) (dossier.Challenge, error) {
	c, err := s.challenge(ctx, `holder_id = ? AND purpose = ? AND closed = 0 AND until > ? ORDER BY created_at DESC, id DESC LIMIT 1`,
		holderID, string(purpose), micros(s.clock.Now()))
	return c, classify("read challenge", err)
}

// Challenge returns a challenge that is not over by its id.
func (s *Store) Challenge(ctx context.Context, id string) (dossier.Challenge, error) {
	c, err := s.challenge(ctx, `id = ? AND closed = 0 AND until > ?`, id, micros(s.clock.Now()))
	return c, classify("read challenge", err)
}

func (s *Store) challenge(ctx context.Context, where string, args ...any) (dossier.Challenge, error) {
	var c dossier.Challenge
	var sealed []byte
	var until int64
	err := s.reader().row(ctx, `SELECT id, holder_id, purpose, sealed, keyed_code, wrong, until FROM challenges WHERE `+where, args...).
		Scan(&c.ID, &c.HolderID, &c.Purpose, &sealed, &c.KeyedCode, &c.Wrong, &until)
	if err != nil {
		return c, err
	}
	c.Until = fromMicros(until)
	key, err := s.holderKey(ctx, s.reader(), c.HolderID)
	if err != nil {
		return c, err
	}
	var to contact
	err = openJSON(key, sealed, adChallenge(c.ID), &to)
	c.Kind, c.Value = to.Kind, to.Value
	return c, err
}

// errTooManyWrong ends a challenge that was answered wrongly too often.
var errTooManyWrong = errors.New("too many wrong answers")

// CountWrongAnswer counts a wrong answer before it is compared, and ends the
// challenge at the limit: it returns CodeNotFound then.
func (s *Store) CountWrongAnswer(ctx context.Context, id string, limit int) error {
	return s.tx(ctx, "count wrong answer", func(t *tx) error {
		n, err := t.execN(ctx, `UPDATE challenges SET wrong = wrong + 1 WHERE id = ? AND closed = 0 AND wrong < ? AND until > ?`, id, limit, micros(t.now))
		if err == nil && n == 0 {
			return &dossier.Error{Code: dossier.CodeNotFound, Err: errTooManyWrong}
		}
		return err
	})
}

// deviceKey joins holder and device: nobody learns from one who uses the other.
func (s *Store) deviceKey(codiceFiscale, device string) []byte {
	return s.keys.MAC("device").Sum([]byte(codiceFiscale + " " + device))
}

// KnownDevice reports whether the holder of a code signed in from a device.
func (s *Store) KnownDevice(ctx context.Context, codiceFiscale, device string) (bool, error) {
	var n int
	err := s.reader().row(ctx, `SELECT COUNT(*) FROM devices WHERE keyed = ? AND until > ?`,
		s.deviceKey(codiceFiscale, device), micros(s.clock.Now())).Scan(&n)
	return n > 0, classify("look up device", err)
}

// RememberDevice makes a device known until a moment.
func (s *Store) RememberDevice(ctx context.Context, codiceFiscale, device string, until time.Time) error {
	return s.tx(ctx, "remember device", func(t *tx) error {
		return t.exec(ctx, `INSERT INTO devices (keyed, until) VALUES (?, ?) ON CONFLICT (keyed) DO UPDATE SET until = excluded.until`,
			s.deviceKey(codiceFiscale, device), micros(until))
	})
}

// ForgetOver removes devices, challenges, proposals, activations, losses and answers to
// mails whose time is over.
func (s *Store) ForgetOver(ctx context.Context) error {
	return s.tx(ctx, "forget what is over", func(t *tx) error {
		for _, query := range []string{
			`DELETE FROM devices WHERE until < ?`, `DELETE FROM challenges WHERE until < ?`, `DELETE FROM proposals WHERE until < ?`,
			`DELETE FROM activations WHERE until < ?`, `DELETE FROM pin_losses WHERE until < ?`,
		} {
			if err := t.exec(ctx, query, micros(t.now)); err != nil {
				return err
			}
		}
		if err := t.forgetNotices(ctx); err != nil {
			return err
		}
		return t.forgetAnswers(ctx)
	})
}
