package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// noticesKept is how long a delivered notice stays to be looked at.
const noticesKept = 30 * 24 * time.Hour

// news is a state that a dossier or submission reached in this change.
type news struct {
	life, id, state string
	sequence        int64
}

// reached notes what subscribers may want to know. A move that leads back to the
// state it came from is no news.
func (a *applier) reached(n news, from string) {
	if n.state != from {
		a.news = append(a.news, n)
	}
}

// tellSubscribers writes a notice for everybody who wants one. It is done last, so
// that a number given and a dossier found in this change are in it.
func (a *applier) tellSubscribers(ctx context.Context) error {
	for _, n := range a.news {
		body := dossier.NoticeBody{Type: n.life + "." + n.state, Time: a.now, State: n.state, Sequence: n.sequence}
		for _, s := range a.s.subscriptions {
			if !s.Wants(body.Type) {
				continue
			}
			if body.Protocols == nil {
				if err := a.locate(ctx, n, &body); err != nil {
					return err
				}
			}
			if err := a.addNotice(ctx, s.Name, body); err != nil {
				return err
			}
		}
	}
	return nil
}

// locate says which dossier and which numbers it is about.
func (a *applier) locate(ctx context.Context, n news, body *dossier.NoticeBody) error {
	where := `dossier_id`
	if n.life == dossier.NoticeOfSubmission {
		where = `id`
	} else {
		body.Dossier = n.id
	}
	body.Protocols = []string{}
	err := a.each(ctx, func(rows *sql.Rows) error {
		var p dossier.Protocol
		err := rows.Scan(&p.Year, &p.Number, &body.Dossier)
		body.Protocols = append(body.Protocols, p.String())
		return err
	}, `SELECT protocol_year, protocol_number, dossier_id FROM submissions WHERE `+where+` = ? ORDER BY 1, 2`, n.id)
	if err != nil {
		return fmt.Errorf("read numbers of notice: %w", err)
	}
	return nil
}

func (a *applier) addNotice(ctx context.Context, subscriber string, body dossier.NoticeBody) error {
	body.ID = ident.New(a.now)
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	err = a.exec(ctx, `INSERT INTO notices (id, subscriber, type, body, created_at) VALUES (?, ?, ?, ?, ?)`,
		body.ID, subscriber, body.Type, raw, micros(a.now))
	if err != nil {
		return fmt.Errorf("insert notice: %w", err)
	}
	return a.addTask(ctx, dossier.TaskNotify, body.ID, a.now)
}

// endNotice ends a notice that is on its way.
func (a *applier) endNotice(ctx context.Context, e dossier.EndNotice) error {
	n, err := a.execN(ctx, `UPDATE notices SET ended_at = ?, problem = ? WHERE id = ? AND ended_at = 0`, micros(a.now), e.Problem, e.ID)
	if err != nil {
		return fmt.Errorf("end notice: %w", err)
	}
	if n == 0 {
		return conflict("the notice is over already")
	}
	return nil
}

// Notice returns one notice.
func (s *Store) Notice(ctx context.Context, id string) (dossier.Notice, error) {
	n := dossier.Notice{ID: id}
	err := s.reader().row(ctx, `SELECT subscriber, type, body, tries FROM notices WHERE id = ?`, id).
		Scan(&n.Subscriber, &n.Type, &n.Body, &n.Tries)
	return n, classify("read notice", err)
}

// NoticeFailed counts a try that failed, and says why.
func (s *Store) NoticeFailed(ctx context.Context, id, problem string) error {
	return s.tx(ctx, "count failed notice", func(t *tx) error {
		return t.exec(ctx, `UPDATE notices SET tries = tries + 1, problem = ? WHERE id = ? AND ended_at = 0`, problem, id)
	})
}

// LostNotices counts, for each subscriber, the notices that were given up.
func (s *Store) LostNotices(ctx context.Context) ([]dossier.LostNotices, error) {
	var lost []dossier.LostNotices
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var l dossier.LostNotices
		var since int64
		err := rows.Scan(&l.Subscriber, &l.Count, &since, &l.Problem)
		l.Since = fromMicros(since)
		lost = append(lost, l)
		return err
	}, `SELECT subscriber, COUNT(*), MIN(created_at), MAX(problem) FROM notices WHERE ended_at > 0 AND problem <> ''
		GROUP BY subscriber ORDER BY subscriber`)
	return lost, classify("count lost notices", err)
}

// ReviveNotices has a subscriber told anew of everything that was given up, and
// returns how much that is.
func (s *Store) ReviveNotices(ctx context.Context, subscriber string) (int, error) {
	var ids []string
	err := s.tx(ctx, "revive notices", func(t *tx) error {
		ids = nil
		err := t.each(ctx, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, `SELECT id FROM notices WHERE subscriber = ? AND ended_at > 0 AND problem <> '' ORDER BY created_at, id`+t.d.lock, subscriber)
		if err != nil {
			return fmt.Errorf("find lost notices: %w", err)
		}
		for _, id := range ids {
			if err := t.exec(ctx, `UPDATE notices SET ended_at = 0, tries = 0 WHERE id = ?`, id); err != nil {
				return fmt.Errorf("revive notice: %w", err)
			}
			if err := t.addTask(ctx, dossier.TaskNotify, id, t.now); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids), err
}

// DropNotices forgets what a subscriber was not told.
func (s *Store) DropNotices(ctx context.Context, subscriber string) (int, error) {
	var n int64
	err := s.tx(ctx, "drop notices", func(t *tx) (err error) {
		n, err = t.execN(ctx, `DELETE FROM notices WHERE subscriber = ? AND ended_at > 0 AND problem <> ''`, subscriber)
		return err
	})
	return int(n), err
}

// EndNoticesToNobody gives up what is on its way to subscribers that the settings
// no longer name.
func (s *Store) EndNoticesToNobody(ctx context.Context) error {
	return s.tx(ctx, "end notices to nobody", func(t *tx) error {
		waiting := `SELECT id FROM notices WHERE ended_at = 0`
		var names []any
		for _, sub := range s.subscriptions {
			waiting += ` AND subscriber <> ?`
			names = append(names, sub.Name)
		}
		err := t.exec(ctx, `UPDATE outbox SET closed_at = ? WHERE closed_at = 0 AND kind = ? AND subject IN (`+waiting+`)`,
			append([]any{micros(t.now), string(dossier.TaskNotify)}, names...)...)
		if err != nil {
			return err
		}
		return t.exec(ctx, `UPDATE notices SET ended_at = ?, problem = ? WHERE id IN (`+waiting+`)`,
			append([]any{micros(t.now), "no such subscriber"}, names...)...)
	})
}

// forgetNotices removes what was delivered long ago.
func (t *tx) forgetNotices(ctx context.Context) error {
	err := t.exec(ctx, `DELETE FROM notices WHERE ended_at > 0 AND ended_at < ? AND problem = ''`, micros(t.now.Add(-noticesKept)))
	if err != nil {
		return fmt.Errorf("forget notices: %w", err)
	}
	return nil
}
