// Package session keeps who is signed in: a random token in the client's hand,
// its hash in SQL, and 30 minutes without activity at most (B5).
//
// It must not know passwords, PINs or HTTP; who has proved to be somebody is
// said by package pin and package internal/operator.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// DefaultIdle is how long a session lives without activity (B5).
const DefaultIdle = 30 * time.Minute

// touchEvery bounds how often activity is written down: a session's end may
// come this much early, never late.
const touchEvery = time.Minute

// Session is one signed-in actor.
type Session struct {
	// Token is what the client shows; set by Start alone.
	Token string
	// key is the hash of the token.
	key   []byte
	Actor dossier.Actor
	// PINIssueID is the PIN a citizen signed in with.
	// "" with an identity of elsewhere.
	PINIssueID string
	// Evidence is what an identity of elsewhere was proved with, for the log, where
	// it is kept under the holder's key. It is no part of a resumed session.
	Evidence map[string]string
	// Mandate says for whom a holder chose to act (B10). It is no leave: whoever acts
	// under it is checked there and then.
	Mandate dossier.Mandate
	// CSRF is the synchroniser token of this session's pages.
	CSRF      string
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Key is the hash of the session's token, by which the store knows it.
func (s Session) Key() []byte { return s.key }

// CSRFMatches compares a submitted token in constant time.
func (s Session) CSRFMatches(token string) bool {
	return s.CSRF != "" && subtle.ConstantTimeCompare([]byte(s.CSRF), []byte(token)) == 1
}

// Store is what the keeper needs of the database.
type Store interface {
	InsertSession(ctx context.Context, hash []byte, s Session) error
	// Session returns CodeUnauthorized when there is none, or its actor may no
	// longer sign in.
	Session(ctx context.Context, hash []byte) (Session, error)
	TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	SetMandate(ctx context.Context, hash []byte, m dossier.Mandate) error
}

// Keeper starts, resumes and ends sessions.
type Keeper struct {
	store Store
	clock clock.Clock
	idle  time.Duration
}

// NewKeeper returns a keeper whose sessions end after idle without activity.
func NewKeeper(store Store, clk clock.Clock, idle time.Duration) *Keeper {
	return &Keeper{store: store, clock: clk, idle: idle}
}

// Start opens a session for an actor who has proved to be that actor.
func (k *Keeper) Start(ctx context.Context, actor dossier.Actor, pinIssueID string) (Session, error) {
	return k.start(ctx, Session{Actor: actor, PINIssueID: pinIssueID})
}

// StartElsewhere opens a session for a holder whom an identity of elsewhere, named
// by actor.Way, has proved to be that holder (B9).
func (k *Keeper) StartElsewhere(ctx context.Context, actor dossier.Actor, evidence map[string]string) (Session, error) {
	return k.start(ctx, Session{Actor: actor, Evidence: evidence})
}

func (k *Keeper) start(ctx context.Context, s Session) (Session, error) {
	now := k.clock.Now()
	s.Token, s.CSRF, s.SeenAt, s.ExpiresAt = secret(), secret(), now, now.Add(k.idle)
	s.key = digest(s.Token)
	if err := k.store.InsertSession(ctx, digest(s.Token), s); err != nil {
		return Session{}, fmt.Errorf("start session: %w", err)
	}
	return s, nil
}

// Resume returns the session of a token and counts as activity. It returns
// CodeUnauthorized for a token that is unknown or too old.
func (k *Keeper) Resume(ctx context.Context, token string) (Session, error) {
	if token == "" {
		return Session{}, dossier.Problem(dossier.CodeUnauthorized)
	}
	s, err := k.store.Session(ctx, digest(token))
	if err != nil {
		return Session{}, err
	}
	s.key = digest(token)
	now := k.clock.Now()
	if !now.Before(s.ExpiresAt) {
		return Session{}, dossier.Problem(dossier.CodeUnauthorized)
	}
	if now.Sub(s.SeenAt) >= touchEvery {
		s.SeenAt, s.ExpiresAt = now, now.Add(k.idle)
		if err := k.store.TouchSession(ctx, digest(token), s.SeenAt, s.ExpiresAt); err != nil {
			return Session{}, fmt.Errorf("touch session: %w", err)
		}
	}
	return s, nil
}

// End closes the session of a token; ending it twice is fine.
func (k *Keeper) End(ctx context.Context, token string) error {
	if err := k.store.DeleteSession(ctx, digest(token)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// ActFor keeps for whom a session acts from now on; the zero Mandate: for itself.
func (k *Keeper) ActFor(ctx context.Context, s Session, m dossier.Mandate) error {
	if err := k.store.SetMandate(ctx, s.key, m); err != nil {
		return fmt.Errorf("act for another: %w", err)
	}
	return nil
}

// secret returns 256 random bits as text. crypto/rand.Read never fails.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// digest is what SQL keeps: a stolen database opens no session.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
