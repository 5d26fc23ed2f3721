package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/pin/journal"
)

// Log returns the newest entries of a filter first, at most limit.
func (s *Store) Log(ctx context.Context, f journal.Filter, limit int) ([]audit.Entry, error) {
	where, args := logWhere(f)
	var entries []audit.Entry
	err := s.eachEntry(ctx, func(e audit.Entry) error {
		entries = append(entries, e)
		return nil
	}, where+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
	return entries, err
}

// EachLogged calls fn for every entry of a filter, the newest first; nothing is
// held in memory.
func (s *Store) EachLogged(ctx context.Context, f journal.Filter, fn func(audit.Entry) error) error {
	where, args := logWhere(f)
	return s.eachEntry(ctx, fn, where+` ORDER BY id DESC`, args...)
}

// logWhere words a filter. A role alone and a kind of act are ranges of text:
// ':' and '.' are followed by ';' and '/'.
func logWhere(f journal.Filter) (where string, args []any) {
	terms := []string{`1 = 1`}
	add := func(term string, values ...any) {
		terms, args = append(terms, term), append(args, values...)
	}
	if !f.Since.IsZero() {
		add(`at >= ?`, micros(f.Since))
	}
	if !f.Until.IsZero() {
		add(`at < ?`, micros(f.Until))
	}
	if f.Before > 0 {
		add(`id < ?`, f.Before)
	}
	switch {
	case f.Actor == "":
	case strings.Contains(f.Actor, ":"):
		add(`actor = ?`, f.Actor)
	default:
		add(`actor >= ? AND actor < ?`, f.Actor+":", f.Actor+";")
	}
	switch {
	case f.Action == "":
	case strings.Contains(f.Action, "."):
		add(`action = ?`, f.Action)
	default:
		add(`action >= ? AND action < ?`, f.Action+".", f.Action+"/")
	}
	if f.HolderID != "" {
		add(`holder_id = ?`, f.HolderID)
	}
	if n := len(f.Subjects); n > 0 {
		values := make([]any, n)
		for i, id := range f.Subjects {
			values[i] = id
		}
		add(`subject IN (?`+strings.Repeat(`, ?`, n-1)+`)`, values...)
	}
	if id := f.Acting; id != "" {
		add(`(holder_id = ? OR actor IN (?, ?, ?))`, id, actorName(dossier.Actor{Role: dossier.RoleCitizen, ID: id}),
			actorName(dossier.Actor{Role: dossier.RoleMustChange, ID: id}), actorName(dossier.Actor{Role: dossier.RoleSimplified, ID: id}))
	}
	return strings.Join(terms, ` AND `), args
}

// NoteLook writes down that somebody looked into the log, or took it away.
func (s *Store) NoteLook(ctx context.Context, who dossier.Actor, action, subject, holderID, detail string) error {
	return s.tx(ctx, "log a look", func(t *tx) error {
		return t.audit(ctx, auditRow{actor: actorName(who), action: action, subject: subject, holderID: holderID, detail: detail})
	})
}

// LogEntry returns one entry by the database's number, CodeNotFound when there is
// none.
func (s *Store) LogEntry(ctx context.Context, row int64) (audit.Entry, error) {
	var found audit.Entry
	err := s.eachEntry(ctx, func(e audit.Entry) error {
		found = e
		return nil
	}, `id = ?`, row)
	if err == nil && found.Row == 0 {
		err = dossier.Problem(dossier.CodeNotFound)
	}
	return found, err
}

// Personal opens the personal fields of an entry; nil when there are none, and
// CodeNotFound when their holder was erased.
func (s *Store) Personal(ctx context.Context, e audit.Entry) (map[string]string, error) {
	if len(e.Sealed) == 0 {
		return nil, nil //nolint:nilnil // there are none, which is no error
	}
	if _, err := s.Holder(ctx, e.HolderID); err != nil {
		return nil, err
	}
	key, err := s.holderKey(ctx, s.reader(), e.HolderID)
	if err != nil {
		return nil, classify("open log entry", err)
	}
	var personal map[string]string
	return personal, classify("open log entry", openJSON(key, e.Sealed, adAudit(e.UID), &personal))
}

// sentColumns are messageColumns with the masked words in place of the clear ones,
// where a demonstration keeps both, and without what was drawn beforehand.
const sentColumns = `id, holder_id, dossier_id, kind, occasion, state, CASE WHEN masked IS NULL THEN wrapped_key ELSE masked_key END,
	CASE WHEN masked IS NULL THEN sealed ELSE masked END, NULL, NULL, created_at, sent_at`

// Sent returns the messages handed over to a holder, secrets masked, with what
// receipts say of them, the newest first, at most limit; before is the id of the last one seen, "" for none.
func (s *Store) Sent(ctx context.Context, holderID, before string, limit int) ([]dossier.Message, error) {
	sent, err := s.messages(ctx, `SELECT `+sentColumns+` FROM messages WHERE holder_id = ? AND state = 'sent' AND (? = '' OR id < ?)
		ORDER BY id DESC LIMIT ?`, holderID, before, before, limit)
	if err != nil {
		return nil, err
	}
	return sent, s.fillDeliveries(ctx, sent)
}

// ByProtocol returns the submission of a protocol number, CodeNotFound when there
// is none.
func (s *Store) ByProtocol(ctx context.Context, p dossier.Protocol) (dossier.Submission, error) {
	subs, err := s.submissions(ctx, s.reader(), `protocol_year = ? AND protocol_number = ?`, p.Year, p.Number)
	if err != nil {
		return dossier.Submission{}, classify("find submission", err)
	}
	if len(subs) == 0 {
		return dossier.Submission{}, dossier.Problem(dossier.CodeNotFound)
	}
	return subs[0], nil
}

// FiledUnder returns the domanda of a protocol number, and whose it is; CodeNotFound
// when there is none. What was filed stays sealed.
func (s *Store) FiledUnder(ctx context.Context, p dossier.Protocol) (id, holderID string, err error) {
	err = s.reader().row(ctx, `SELECT id, holder_id FROM domande WHERE protocol_year = ? AND protocol_number = ?`, p.Year, p.Number).Scan(&id, &holderID)
	return id, holderID, classify("find domanda", err)
}

// Usernames returns those of accounts by id; unknown ids are left out.
func (s *Store) Usernames(ctx context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids { // a page has few
		name, err := s.reader().optional(ctx, `SELECT username FROM operators WHERE id = ?`, id)
		if err != nil {
			return nil, unavailable("name operators", err)
		}
		if name != "" {
			names[id] = name
		}
	}
	return names, nil
}

// OperatorActor returns an account as the log names it, CodeNotFound when there is
// none.
func (s *Store) OperatorActor(ctx context.Context, username string) (string, error) {
	var id, role string
	err := s.reader().each(ctx, func(rows *sql.Rows) error { return rows.Scan(&id, &role) },
		`SELECT id, role FROM operators WHERE username = ?`, username)
	if err == nil && id == "" {
		err = fmt.Errorf("operator: %w", sql.ErrNoRows)
	}
	return role + ":" + id, classify("find operator", err)
}
