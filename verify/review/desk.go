package review

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/clock"
)

// DefaultLease is how long a claim holds without a sign of life (DESIGN,
// section 2).
const DefaultLease = 10 * time.Minute

// Store is what the desk needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	Form(ctx context.Context, dossierID string) (form dossier.Person, tokenID, statusCode string, err error)
	Submission(ctx context.Context, id string) (dossier.Submission, error)
	SubmissionsIn(ctx context.Context, state dossier.SubmissionState, limit int) ([]dossier.Submission, error)
	FileSubmission(ctx context.Context, fileID string) (dossier.Submission, error)
	Queue(ctx context.Context, f Filter, limit int) ([]Queued, error)
	ClaimReview(ctx context.Context, op dossier.Actor, dossierID string, lease time.Duration) (Lease, error)
	Review(ctx context.Context, id string) (Lease, error)
	// HeldReview returns the operator's live lease, CodeNotFound when there is none.
	HeldReview(ctx context.Context, operatorID string) (Lease, error)
	RenewLease(ctx context.Context, reviewID string, lease time.Duration) error
	ReleaseReview(ctx context.Context, op dossier.Actor, l Lease) error
	RecordView(ctx context.Context, who dossier.Actor, sub dossier.Submission, fileID string, page dossier.Page, full bool) error
	Seen(ctx context.Context, operatorID, dossierID string) (map[PageRef]bool, error)
	Decisions(ctx context.Context, dossierID string, all bool) ([]dossier.Decision, error)
	// NoteLook commits an entry of the log.
	NoteLook(ctx context.Context, who dossier.Actor, action, subject, holderID, detail string) error
	History(ctx context.Context, subject string) ([]audit.Entry, error)
	KeyCF(codiceFiscale string) []byte
}

// Pictures opens the sealed page images: *vault.Vault.
type Pictures interface {
	Open(ctx context.Context, f dossier.File, name string) ([]byte, error)
	OpenNote(f dossier.File, sealed []byte) ([]byte, error)
}

// Config holds the settings of a Desk and what it works with.
type Config struct {
	Store    Store
	Pictures Pictures
	Clock    clock.Clock
	Lease    time.Duration
	// FourEyes asks for a second approval by another reviewer (C10).
	FourEyes bool
}

// Desk is where reviewers work. It is safe for concurrent use.
type Desk struct{ cfg Config }

// NewDesk returns a desk.
func NewDesk(cfg Config) *Desk { return &Desk{cfg: cfg} }

// queueLimit bounds a page of the queue.
const queueLimit = 200

// Who may do what at the desk: reviewers decide, the others look on.
var (
	reviewers = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}
	onlookers = []dossier.Role{dossier.RoleSupervisor, dossier.RoleAuditor}
	everyone  = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor}
)

// List returns the queue by urgency. An operator of an office sees that office.
func (d *Desk) List(ctx context.Context, actor dossier.Actor, f Filter) ([]Item, error) {
	if err := actor.Require(everyone...); err != nil {
		return nil, err
	}
	if actor.Office != "" {
		f.Office = actor.Office
	}
	queue, err := d.cfg.Store.Queue(ctx, f, queueLimit)
	if err != nil {
		return nil, fmt.Errorf("list reviews: %w", err)
	}
	items := make([]Item, len(queue))
	for i, q := range queue {
		items[i] = itemOf(q, actor)
	}
	return items, nil
}

func itemOf(q Queued, actor dossier.Actor) Item {
	it := Item{
		DossierID: q.Dossier.ID, State: q.Dossier.State, Office: q.Dossier.Office, Since: q.Dossier.ChangedAt,
		DueAt: q.Dossier.DueAt, Escalated: q.Dossier.Escalated, Claimed: q.Lease.ID != "", Findings: q.Dossier.Findings(),
	}
	if n := len(q.Dossier.Submissions); n > 0 {
		it.Protocol = q.Dossier.Submissions[n-1].Protocol.String()
	}
	for _, f := range q.Dossier.Files() {
		it.Pages += len(f.Pages)
	}
	if it.Claimed && q.Lease.OperatorID == actor.ID {
		it.Mine, it.ReviewID = true, q.Lease.ID
	}
	return it
}

// Next gives the reviewer the dossier in hand again, else the most urgent one;
// false when there is none.
func (d *Desk) Next(ctx context.Context, actor dossier.Actor) (Claim, bool, error) {
	c, err := d.claim(ctx, actor, "")
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return Claim{}, false, nil
	}
	return c, err == nil, err
}

// Claim gives the reviewer a particular dossier. Whoever holds another one gets
// CodeConflict: never two at once. CodeOwnDossier, CodeFourEyes and
// CodeLeaseLost say why it cannot be had.
func (d *Desk) Claim(ctx context.Context, actor dossier.Actor, dossierID string) (Claim, error) {
	c, err := d.claim(ctx, actor, dossierID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return Claim{}, d.whyNot(ctx, actor, dossierID)
	}
	if err == nil && c.DossierID != dossierID {
		return Claim{}, dossier.Problem(dossier.CodeConflict)
	}
	return c, err
}

func (d *Desk) claim(ctx context.Context, actor dossier.Actor, dossierID string) (Claim, error) {
	if err := actor.Require(reviewers...); err != nil {
		return Claim{}, err
	}
	lease, err := d.cfg.Store.ClaimReview(ctx, actor, dossierID, d.cfg.Lease)
	if err != nil {
		return Claim{}, fmt.Errorf("claim review: %w", err)
	}
	ds, err := d.cfg.Store.Dossier(ctx, lease.DossierID)
	if err != nil {
		return Claim{}, fmt.Errorf("claim review: %w", err)
	}
	return claimOf(lease, ds), nil
}

func claimOf(l Lease, d dossier.Dossier) Claim {
	c := Claim{ID: l.ID, DossierID: d.ID, Version: d.Version, LeaseUntil: l.LeaseUntil, Pages: []PageRef{}}
	for _, f := range d.Files() {
		for _, p := range f.Pages {
			c.Pages = append(c.Pages, PageRef{DocumentID: f.ID, N: p.N})
		}
	}
	return c
}

// whyNot says why a particular dossier cannot be claimed.
func (d *Desk) whyNot(ctx context.Context, actor dossier.Actor, id string) error {
	ds, err := d.cfg.Store.Dossier(ctx, id)
	if err != nil {
		return err
	}
	if actor.Office != "" && actor.Office != ds.Office {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if err := d.mayDecide(ctx, actor, ds); err != nil {
		return err
	}
	if ds.State != dossier.StateReviewing && ds.State != dossier.StateSecondReview {
		return dossier.Problem(dossier.CodeConflict)
	}
	return dossier.Problem(dossier.CodeLeaseLost)
}

// Release gives the dossier back to the queue.
func (d *Desk) Release(ctx context.Context, actor dossier.Actor, reviewID string) error {
	lease, err := d.mine(ctx, actor, reviewID)
	if err != nil {
		return err
	}
	if err := d.cfg.Store.ReleaseReview(ctx, actor, lease); err != nil {
		return fmt.Errorf("release review: %w", err)
	}
	return nil
}

// mine returns a review of the actor's own; CodeNotFound for others'.
func (d *Desk) mine(ctx context.Context, actor dossier.Actor, reviewID string) (Lease, error) {
	if err := actor.Require(reviewers...); err != nil {
		return Lease{}, err
	}
	lease, err := d.cfg.Store.Review(ctx, reviewID)
	if err != nil {
		return Lease{}, fmt.Errorf("read review: %w", err)
	}
	if lease.OperatorID != actor.ID {
		return Lease{}, dossier.Problem(dossier.CodeNotFound)
	}
	return lease, nil
}
