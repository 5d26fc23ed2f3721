package fax

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/signed"
)

// answerWaits is how long an answer waits for the pages to be read, so that it can
// say what is unreadable; it must be out within a minute (C7).
const answerWaits = 40 * time.Second

// Answer is what a gateway's machine may be told: a number, counts and codes, and
// nothing of anybody.
type Answer struct {
	Protocol   string
	ReceivedAt time.Time
	// Read is false while the pages are being read.
	Read bool
	// Pages counts those that were read; 0: not yet, or none could be.
	Pages int
	// State is the submission's, which says what happens now.
	State dossier.SubmissionState
	// Refusal is why an operator refused it; "": none did.
	Refusal dossier.RefusalReason
	// Findings are those of intake.Tellable.
	Findings []dossier.Finding
}

// AnswerStore is what answers need of the database.
type AnswerStore interface {
	Submission(ctx context.Context, id string) (dossier.Submission, error)
	// SubmissionBySource finds what came under a gateway's own name of it.
	SubmissionBySource(ctx context.Context, channel dossier.Channel, externalID string) (dossier.Submission, error)
}

// Answers draws the page that a gateway sends back to the machine that called. It is
// safe for concurrent use.
type Answers struct {
	Store AnswerStore
	Clock clock.Clock
	// Draw makes a PDF of an answer.
	Draw func(Answer) ([]byte, error)
}

// Answered is the answer to a fax, for its gateway.
type Answered struct {
	Protocol string
	// Final is false while it is worth asking again: the pages are being read, and
	// the minute is not over.
	Final bool
	Page  []byte
}

// Now is the answer to a fax as it stands.
func (a *Answers) Now(ctx context.Context, submissionID string) (Answered, error) {
	sub, err := a.Store.Submission(ctx, submissionID)
	if err != nil {
		return Answered{}, fmt.Errorf("answer fax: %w", err)
	}
	return a.of(sub)
}

// Page is the final answer to a fax; nil while there is none.
func (a *Answers) Page(ctx context.Context, submissionID string) ([]byte, error) {
	sub, err := a.Store.Submission(ctx, submissionID)
	if err != nil {
		return nil, fmt.Errorf("answer fax: %w", err)
	}
	if !a.final(sub) {
		return nil, nil
	}
	answered, err := a.of(sub)
	return answered.Page, err
}

func (a *Answers) final(sub dossier.Submission) bool {
	return !sub.Reading() || !a.Clock.Now().Before(sub.ReceivedAt.Add(answerWaits))
}

func (a *Answers) of(sub dossier.Submission) (Answered, error) {
	page, err := a.Draw(Answer{
		Protocol: sub.Protocol.String(), ReceivedAt: sub.ReceivedAt, Read: !sub.Reading(), Pages: sub.PageCount(),
		State: sub.State, Refusal: sub.Refusal, Findings: intake.Tellable(sub.Findings),
	})
	if err != nil {
		return Answered{}, fmt.Errorf("draw answer: %w", err)
	}
	return Answered{Protocol: sub.Protocol.String(), Final: a.final(sub), Page: page}, nil
}

// Asked is the body of a call that asks for an answer, in our own form.
type Asked struct {
	// ID is the gateway's own name of the fax, as it was told.
	ID string `json:"id"`
}

// Now is the answer to a fax that was just taken.
func (w *Webhooks) Now(ctx context.Context, submissionID string) (Answered, error) {
	return w.cfg.Answers.Now(ctx, submissionID)
}

// AnswerTo answers a call that asks for the answer to a fax: in our own form alone,
// since no provider has one. Whoever cannot sign is CodeGatewayUnproved, a fax that
// never came CodeNotFound.
func (w *Webhooks) AnswerTo(ctx context.Context, name string, c Call) (Answered, error) {
	g, ok := w.providers[name].(generic)
	if !ok || !signed.Proves(c.Header, g.secret, g.now(), c.Body) {
		return Answered{}, unproved()
	}
	var asked Asked
	if err := json.Unmarshal(c.Body, &asked); err != nil {
		return Answered{}, unreadable(err, theBody)
	}
	if !validID(asked.ID) {
		return Answered{}, invalid("id", notAnID)
	}
	sub, err := w.cfg.Answers.Store.SubmissionBySource(ctx, dossier.ChannelFax, externalID(name, asked.ID))
	if err != nil {
		return Answered{}, fmt.Errorf("answer fax: %w", err)
	}
	return w.cfg.Answers.of(sub)
}
