// Package journal lets people read what was done: the holder the own operations
// and the messages the agency sent, the auditor everything (B6, B12).
//
// It changes nothing and proves nothing: that the log is whole is for
// internal/audit to say. It must not hand out a text with a secret in it.
package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/codicefiscale"
)

// MaxSubjects bounds the subjects of a filter: a submission with its documents.
const MaxSubjects = 50

// PageSize is how many entries or messages are shown at once.
const PageSize = 50

// Filter says which entries are wanted; zero fields let all through.
type Filter struct {
	// Since and Until bound the time, the latter excluded.
	Since, Until time.Time
	// Actor is a role, such as "operator", or a role and an id, "operator:ID".
	Actor string
	// Action is the whole act, such as "pin.revoked", or its kind, "pin".
	Action string
	// HolderID is whom it is about; Subjects are the ids of what it is about, any.
	HolderID string
	Subjects []string
	// Acting is a holder's id: what is about that holder, or was done by that
	// holder for another (B10).
	Acting string
	// Before leaves out what is as new as this row or newer; 0: nothing.
	Before int64
}

// Store is what the journal needs of the database.
type Store interface {
	// Log returns the newest entries of a filter first, at most limit.
	Log(ctx context.Context, f Filter, limit int) ([]audit.Entry, error)
	// EachLogged calls fn for every entry of a filter, the newest first.
	EachLogged(ctx context.Context, f Filter, fn func(audit.Entry) error) error
	// LogEntry returns one entry, CodeNotFound when there is none; Personal opens its
	// personal fields, CodeNotFound when their holder was erased.
	LogEntry(ctx context.Context, row int64) (audit.Entry, error)
	Personal(ctx context.Context, e audit.Entry) (map[string]string, error)
	// NoteLook writes down that an auditor looked a person or a dossier up, or took
	// the log away: action, and what about.
	NoteLook(ctx context.Context, who dossier.Actor, action, subject, holderID, detail string) error
	// Sent returns the messages handed over to a holder, secrets masked, the newest
	// first, at most limit; before is the id of the last one seen, "" for none.
	Sent(ctx context.Context, holderID, before string, limit int) ([]dossier.Message, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	// ByProtocol returns the submission of a protocol number.
	ByProtocol(ctx context.Context, p dossier.Protocol) (dossier.Submission, error)
	// FiledUnder returns the domanda of a protocol number, and whose it is: there is
	// one register for both.
	FiledUnder(ctx context.Context, p dossier.Protocol) (id, holderID string, err error)
	// Usernames returns those of accounts by id; unknown ids are left out.
	Usernames(ctx context.Context, ids []string) (map[string]string, error)
	// OperatorActor returns an account as the log names it, "role:ID".
	OperatorActor(ctx context.Context, username string) (string, error)
}

// Service reads the log and the messages.
type Service struct{ store Store }

// New returns a service.
func New(store Store) *Service { return &Service{store: store} }

// Line is one entry of the log as it is shown.
type Line struct {
	audit.Entry
	// Role is who did it, as a role; Name that person, where the reader may know.
	Role dossier.Role
	Name string
	// Own: the holder who reads did it.
	Own bool
	// For is the holder a delegate acted for; "" otherwise.
	For string
}

// Page is a part of a list; Next is the filter of what follows, nil at the end.
type Page struct {
	Lines []Line
	Next  *Filter
}

// All returns what the auditor asks for, the newest first.
func (s *Service) All(ctx context.Context, actor dossier.Actor, f Filter) (Page, error) {
	if err := actor.Require(dossier.RoleAuditor); err != nil {
		return Page{}, err
	}
	page, err := s.page(ctx, f)
	if err != nil {
		return Page{}, err
	}
	return page, s.nameOperators(ctx, page.Lines)
}

func (s *Service) page(ctx context.Context, f Filter) (Page, error) {
	entries, err := s.store.Log(ctx, f, PageSize+1)
	if err != nil {
		return Page{}, fmt.Errorf("read log: %w", err)
	}
	var page Page
	if len(entries) > PageSize {
		entries = entries[:PageSize]
		next := f
		next.Before = entries[PageSize-1].Row
		page.Next = &next
	}
	for _, e := range entries {
		role, _, _ := strings.Cut(e.Actor, ":")
		page.Lines = append(page.Lines, Line{Entry: e, Role: dossier.Role(role)})
	}
	return page, nil
}

// nameOperators puts user names to the ids of operators: an auditor may know.
func (s *Service) nameOperators(ctx context.Context, lines []Line) error {
	seen := map[string]bool{}
	var ids []string
	for _, l := range lines {
		if _, id, _ := strings.Cut(l.Actor, ":"); id != "" && !seen[id] && !isHolder(l.Role) && l.Role != dossier.RoleSystem {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	names, err := s.store.Usernames(ctx, ids)
	if err != nil {
		return fmt.Errorf("name operators: %w", err)
	}
	for i := range lines {
		_, id, _ := strings.Cut(lines[i].Actor, ":")
		lines[i].Name = names[id]
	}
	return nil
}

func isHolder(r dossier.Role) bool { return dossier.Actor{Role: r, ID: "x"}.IsHolder() }

// Export writes everything the auditor asks for, and logs that it was taken away
// before the first line is written. Nothing is held in memory.
func (s *Service) Export(ctx context.Context, actor dossier.Actor, f Filter, file *CSV) error {
	if err := actor.Require(dossier.RoleAuditor); err != nil {
		return err
	}
	if err := s.store.NoteLook(ctx, actor, "audit.exported", "audit", f.HolderID, fmt.Sprintf(`{"since":%q,"until":%q,"actor":%q,"action":%q}`,
		day(f.Since), day(f.Until), f.Actor, f.Action)); err != nil {
		return fmt.Errorf("log export: %w", err)
	}
	f.Before = 0
	if err := file.line(slices.Clone(columns)); err != nil {
		return err
	}
	if err := s.store.EachLogged(ctx, f, file.Entry); err != nil {
		return fmt.Errorf("export log: %w", err)
	}
	return file.End()
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Search is what an auditor types to find a person, a submission, a domanda or an
// operator.
// It never belongs into an address.
type Search struct{ CodiceFiscale, Protocol, Username string }

// Find completes a filter with the ids of what was typed. Looking a person or a
// dossier up is logged. CodeNotFound when there is none.
func (s *Service) Find(ctx context.Context, actor dossier.Actor, q Search, f Filter) (Filter, error) {
	if err := actor.Require(dossier.RoleAuditor); err != nil {
		return Filter{}, err
	}
	if q.CodiceFiscale != "" {
		code, err := codicefiscale.Parse(q.CodiceFiscale)
		if err != nil {
			return Filter{}, &dossier.Error{Code: dossier.CodeNotFound, Err: err}
		}
		h, err := s.store.HolderByCF(ctx, code.String())
		if err != nil {
			return Filter{}, fmt.Errorf("find holder: %w", err)
		}
		f.HolderID = h.ID
		if err := s.store.NoteLook(ctx, actor, "audit.searched", h.ID, h.ID, `{"by":"codice_fiscale"}`); err != nil {
			return Filter{}, fmt.Errorf("log search: %w", err)
		}
	}
	if q.Protocol != "" {
		if err := s.findProtocol(ctx, actor, q.Protocol, &f); err != nil {
			return Filter{}, err
		}
	}
	if q.Username != "" {
		name, err := s.store.OperatorActor(ctx, q.Username)
		if err != nil {
			return Filter{}, fmt.Errorf("find operator: %w", err)
		}
		f.Actor = name
	}
	return f, nil
}

func (s *Service) findProtocol(ctx context.Context, actor dossier.Actor, text string, f *Filter) error {
	p, err := dossier.ParseProtocol(text)
	if err != nil {
		return &dossier.Error{Code: dossier.CodeNotFound, Err: err}
	}
	sub, err := s.store.ByProtocol(ctx, p)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return s.findDomanda(ctx, actor, p, f)
	}
	if err != nil {
		return fmt.Errorf("find submission: %w", err)
	}
	f.Subjects = []string{sub.ID}
	if sub.DossierID != "" {
		f.Subjects = append(f.Subjects, sub.DossierID)
	}
	for _, d := range sub.Documents {
		if len(f.Subjects) < MaxSubjects {
			f.Subjects = append(f.Subjects, d.ID)
		}
	}
	if err := s.store.NoteLook(ctx, actor, "audit.searched", sub.ID, sub.HolderID, `{"by":"protocol"}`); err != nil {
		return fmt.Errorf("log search: %w", err)
	}
	return nil
}

func (s *Service) findDomanda(ctx context.Context, actor dossier.Actor, p dossier.Protocol, f *Filter) error {
	id, holderID, err := s.store.FiledUnder(ctx, p)
	if err != nil {
		return fmt.Errorf("find domanda: %w", err)
	}
	f.Subjects = []string{id}
	if err := s.store.NoteLook(ctx, actor, "audit.searched", id, holderID, `{"by":"protocol"}`); err != nil {
		return fmt.Errorf("log search: %w", err)
	}
	return nil
}
