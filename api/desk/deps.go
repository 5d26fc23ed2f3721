package desk

import (
	"context"
	"time"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake/counter"
	"dispositivo/internal/operator"
	"dispositivo/internal/session"
	"dispositivo/pin/request"
	"dispositivo/verify/review"
)

// Accounts is what the desk needs of operator.Accounts.
type Accounts interface {
	SignIn(ctx context.Context, username, password, otp string) (session.Session, operator.Account, error)
}

// Reviews is what the desk needs of review.Desk.
type Reviews interface {
	List(ctx context.Context, actor dossier.Actor, f review.Filter) ([]review.Item, error)
	Next(ctx context.Context, actor dossier.Actor) (review.Claim, bool, error)
	Claim(ctx context.Context, actor dossier.Actor, dossierID string) (review.Claim, error)
	Case(ctx context.Context, actor dossier.Actor, reviewID string) (review.Case, error)
	Dossier(ctx context.Context, actor dossier.Actor, dossierID string) (review.Case, error)
	Page(ctx context.Context, actor dossier.Actor, documentID string, n int, size review.Size) (review.Image, error)
	Decide(ctx context.Context, actor dossier.Actor, reviewID string, v review.Verdict) (dossier.State, error)
	Release(ctx context.Context, actor dossier.Actor, reviewID string) error
	Clear(ctx context.Context, actor dossier.Actor, submissionID string) error
	Refuse(ctx context.Context, actor dossier.Actor, submissionID string, reason dossier.RefusalReason) error
	Submissions(ctx context.Context, actor dossier.Actor, state dossier.SubmissionState) ([]dossier.Submission, error)
	Arrival(ctx context.Context, actor dossier.Actor, submissionID string) (review.Arrival, error)
}

// Requests is what the desk needs of request.Service.
type Requests interface {
	List(ctx context.Context, actor dossier.Actor) ([]dossier.PINRequest, error)
	View(ctx context.Context, actor dossier.Actor, id string) (dossier.PINRequest, dossier.Holder, error)
	Record(ctx context.Context, actor dossier.Actor, id string, c request.Call) error
	ByPhone(ctx context.Context, actor dossier.Actor, a request.Ask) (half string, err error)
	ByOffice(ctx context.Context, actor dossier.Actor, c request.AtCounter) (request.Envelope, error)
}

// Deps is what New needs; every field is required.
type Deps struct {
	Edge     *edge.Edge
	UI       *ui.UI
	Accounts Accounts
	Reviews  Reviews
	// Evidence hands out the originals of what came.
	Evidence Evidence
	// Conversions are stopped for who cannot do it alone.
	Conversions Conversions
	Letters     Letters
	Journal     Journal
	Requests    Requests
	Revocation  Revocation
	Guardians   Guardians
	Services    Services
	// Delegations are read beside Services.
	Delegations Delegations
	Matching    Matching
	// Ledger has what was turned away.
	Ledger Ledger
	Scans  Scans
	// Slip draws the receipt of a scan as a PDF, for the language.
	Slip func(a counter.Arrival, lang string) ([]byte, error)
	// Now says which calls are late.
	Now func() time.Time
}
