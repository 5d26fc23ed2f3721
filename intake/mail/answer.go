package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
)

// answerWaits is how long an answer may wait for the screening, so that it can say
// what is unreadable; it must be out within a minute (C7).
const answerWaits = 40 * time.Second

// AnswerStore is what answers need of the database.
type AnswerStore interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	Submission(ctx context.Context, id string) (dossier.Submission, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	// DossiersOfSender returns the dossiers that the sender's earlier mails joined.
	DossiersOfSender(ctx context.Context, submissionID string) ([]string, error)
}

// Vault opens the mail that was kept: *vault.Vault.
type Vault interface {
	Open(ctx context.Context, f dossier.File, name string) ([]byte, error)
	OpenNote(f dossier.File, sealed []byte) ([]byte, error)
}

// AnswerConfig holds the settings of an Answerer and what it works with.
type AnswerConfig struct {
	Store  AnswerStore
	Vault  Vault
	Proof  Proof
	Clock  clock.Clock
	Logger *slog.Logger
	// Portal is where a form is fetched.
	Portal string
}

// Answerer answers mails, where that may be (DESIGN, section 5): when PEC or DMARC
// prove the sender, or the sender is a confirmed contact of the holder. An answer
// holds a number, counts and codes, and nothing of anybody. It is safe for
// concurrent use.
type Answerer struct{ cfg AnswerConfig }

// NewAnswerer returns an answerer.
func NewAnswerer(cfg AnswerConfig) *Answerer { return &Answerer{cfg: cfg} }

// Answer queues the answer to a submission that came by mail and closes its task, in
// one transaction. While the pages are being read it asks for another try.
func (a *Answerer) Answer(ctx context.Context, taskID, submissionID string) error {
	sub, err := a.cfg.Store.Submission(ctx, submissionID)
	if err != nil {
		return fmt.Errorf("answer mail: %w", err)
	}
	patient := a.cfg.Clock.Now().Before(sub.ReceivedAt.Add(answerWaits))
	if sub.Reading() && patient {
		return dossier.Later(time.Second, "the pages are still being read")
	}
	origin, raw, err := a.open(ctx, sub)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return a.cfg.Store.CloseTask(ctx, taskID) // erased meanwhile
	}
	if err != nil {
		return fmt.Errorf("answer mail: %w", err)
	}
	proved, err := a.proved(ctx, sub, origin, raw)
	if errors.Is(err, errLookup) {
		if patient {
			return dossier.Later(5*time.Second, "the sender cannot be looked up just now")
		}
		proved, err = false, nil
	}
	if err != nil {
		return fmt.Errorf("answer mail: %w", err)
	}
	if !proved {
		a.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "mail not answered: its sender is not proved", slog.String("protocol", sub.Protocol.String()))
		return a.cfg.Store.CloseTask(ctx, taskID)
	}
	_, err = a.cfg.Store.Apply(ctx, dossier.Change{
		Actor: dossier.System("answers"), Closes: taskID, Effects: []dossier.Effect{a.answer(sub, origin)},
	})
	if err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		return fmt.Errorf("answer mail: %w", err)
	}
	return nil
}

// open reads what was kept of a mail: what it says of itself, and all of it.
func (a *Answerer) open(ctx context.Context, sub dossier.Submission) (dossier.Origin, []byte, error) {
	var origin dossier.Origin
	if len(sub.Documents) == 0 || len(sub.Documents[0].SealedOrigin) == 0 || !sub.Documents[0].Evidence {
		return origin, nil, dossier.Problem(dossier.CodeNotFound)
	}
	f := sub.Documents[0]
	note, err := a.cfg.Vault.OpenNote(f, f.SealedOrigin)
	if err != nil {
		return origin, nil, err
	}
	if err := json.Unmarshal(note, &origin); err != nil {
		return origin, nil, fmt.Errorf("decode origin: %w", err)
	}
	raw, err := a.cfg.Vault.Open(ctx, f, f.Blob)
	return origin, raw, err
}

// proved reports whether the sender may be answered.
func (a *Answerer) proved(ctx context.Context, sub dossier.Submission, origin dossier.Origin, raw []byte) (bool, error) {
	if !Class(origin.Class).Answerable() || origin.From == "" {
		return false, nil
	}
	if sub.Channel == dossier.ChannelPEC {
		return Class(origin.Class) == Envelope, nil // the signature was verified at the door
	}
	known, err := a.confirmed(ctx, sub, origin.From)
	if known || err != nil {
		return known, err
	}
	return a.cfg.Proof.Aligned(ctx, raw, origin.From)
}

// confirmed reports whether an address is a confirmed contact of the holder whom the
// mail is about, or whom earlier mails of the sender were.
func (a *Answerer) confirmed(ctx context.Context, sub dossier.Submission, from string) (bool, error) {
	ids, err := a.cfg.Store.DossiersOfSender(ctx, sub.ID)
	if err != nil {
		return false, err
	}
	if sub.DossierID != "" {
		ids = append(ids, sub.DossierID)
	}
	for _, id := range ids {
		d, err := a.cfg.Store.Dossier(ctx, id)
		if err != nil {
			return false, err
		}
		h, err := a.cfg.Store.Holder(ctx, d.HolderID)
		if dossier.CodeOf(err) == dossier.CodeNotFound {
			continue // erased
		}
		if err != nil {
			return false, err
		}
		for _, kind := range []dossier.ContactKind{dossier.ContactEmail, dossier.ContactPEC, dossier.ContactCitizenPEC} {
			if h.Person.Contacts.Confirmed(kind) && strings.EqualFold(h.Person.Contacts.Get(kind), from) {
				return true, nil
			}
		}
	}
	return false, nil
}

// answer is what the sender is told.
func (a *Answerer) answer(sub dossier.Submission, origin dossier.Origin) dossier.Answer {
	kind := dossier.ContactEmail
	if sub.Channel == dossier.ChannelPEC {
		kind = dossier.ContactPEC
	}
	answer := dossier.Answer{
		SubmissionID: sub.ID, Kind: dossier.MessageMailReceipt, To: dossier.Contact{Kind: kind, Value: origin.From},
		Values: map[string]string{"protocol": sub.Protocol.String()},
	}
	if id := origin.MessageID; strings.HasPrefix(id, "<") && strings.HasSuffix(id, ">") && !strings.Contains(id, " ") {
		answer.Values[dossier.AnswerTo] = id
	}
	if sub.Refusal != "" {
		answer.Kind, answer.Values["refusal"] = dossier.MessageMailRefused, string(sub.Refusal)
		return answer
	}
	if sub.State == dossier.SubmissionNotASubmission || len(sub.Documents) == 1 {
		answer.Kind, answer.Values["portal"] = dossier.MessageMailEmpty, a.cfg.Portal
		return answer
	}
	answer.Values["outcome"], answer.Values["files"] = intake.Next(sub.State, sub.Findings), strconv.Itoa(len(sub.Documents)-1)
	if n := sub.PageCount(); n > 0 {
		answer.Values["pages"] = strconv.Itoa(n)
	}
	if told := tellable(sub.Findings); told != "" {
		answer.Values["findings"] = told
	}
	return answer
}

// tellable lists the findings that a sender may be told.
func tellable(all []dossier.Finding) string {
	var parts []string
	for _, f := range intake.Tellable(all) {
		part := string(f.Code)
		if f.Page > 0 {
			part += ":" + strconv.Itoa(f.Page)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}
