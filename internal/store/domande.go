package store

import (
	"context"
	"database/sql"
	"fmt"

	"dispositivo/dossier"
)

func adDomanda(id string) []byte { return []byte("domande.sealed:" + id) }

// sealedDomanda is what the column sealed holds.
type sealedDomanda struct {
	Title string `json:"title"`
	Note  string `json:"note"`
}

const domandaColumns = `id, holder_id, delegate_id, service, state, sealed, protocol_year, protocol_number, filed_at, released_at`

func scanDomanda(rows interface{ Scan(dest ...any) error }) (d dossier.Domanda, sealed []byte, err error) {
	var filed, released int64
	err = rows.Scan(&d.ID, &d.HolderID, &d.DelegateID, &d.Service, &d.State, &sealed, &d.Protocol.Year, &d.Protocol.Number, &filed, &released)
	d.Protocol.At, d.ReleasedAt = fromMicros(filed), fromMicros(released)
	return d, sealed, err
}

// domande returns rows of one holder, opened.
func (s *Store) domande(ctx context.Context, q querier, holderID, where string, args ...any) ([]dossier.Domanda, error) {
	key, err := s.holderKey(ctx, q, holderID)
	if err != nil {
		return nil, err
	}
	var list []dossier.Domanda
	err = q.each(ctx, func(rows *sql.Rows) error {
		d, sealed, err := scanDomanda(rows)
		if err != nil {
			return err
		}
		var text sealedDomanda
		if err := openJSON(key, sealed, adDomanda(d.ID), &text); err != nil {
			return err
		}
		d.Title, d.Note = text.Title, text.Note
		list = append(list, d)
		return nil
	}, `SELECT `+domandaColumns+` FROM domande WHERE holder_id = ? AND `+where, append([]any{holderID}, args...)...)
	return list, err
}

// DomandeOf returns at most limit domande of a holder, the newest first.
func (s *Store) DomandeOf(ctx context.Context, holderID string, limit int) ([]dossier.Domanda, error) {
	list, err := s.domande(ctx, s.reader(), holderID, `1 = 1 ORDER BY protocol_year DESC, protocol_number DESC LIMIT ?`, limit)
	return list, classify("list domande", err)
}

// Domanda returns one domanda of a holder; CodeNotFound for another's.
func (s *Store) Domanda(ctx context.Context, holderID, id string) (dossier.Domanda, error) {
	list, err := s.domande(ctx, s.reader(), holderID, `id = ?`, id)
	if err != nil {
		return dossier.Domanda{}, classify("read domanda", err)
	}
	if len(list) == 0 {
		return dossier.Domanda{}, dossier.Problem(dossier.CodeNotFound)
	}
	return list[0], nil
}

// findFiled looks whether what is to be filed is filed already, and if so makes
// it the outcome. The PIN's row is locked first: it puts the filings of a holder
// one after the other, and each wholly before or after a conversion.
func (a *applier) findFiled(ctx context.Context) (repeated bool, err error) {
	f := a.change.File
	d := f.Domanda
	if _, err := a.filingKind(ctx, *f); err != nil {
		return false, err
	}
	if f.IdempotencyKey == "" {
		return false, nil
	}
	list, err := a.s.domande(ctx, a.querier, d.HolderID, `idem_key = ?`, f.IdempotencyKey)
	if err != nil || len(list) == 0 {
		return false, err
	}
	earlier := list[0]
	if earlier.Service != d.Service || earlier.Note != d.Note {
		return false, dossier.Problem(dossier.CodeIdempotency)
	}
	a.out.Domanda, a.out.Repeated = earlier, true
	return true, nil
}

// filingKind locks the PIN that somebody files with and returns what it empowers.
func (a *applier) filingKind(ctx context.Context, f dossier.Filing) (dossier.Kind, error) {
	if who := a.change.Actor; who.Way.Elsewhere() { // no PIN says anything about it
		return dossier.Dispositivo, a.lockHolder(ctx, who.ID)
	}
	var r pinRow
	owner := f.Domanda.HolderID
	if a.change.Actor.Mandate.HolderID == owner && owner != "" {
		owner = a.change.Actor.ID // a delegate files with the own PIN
	}
	err := a.row(ctx, `SELECT `+pinColumns+` FROM pins p WHERE p.id = ? AND p.holder_id = ?`+a.d.lock, f.PINIssueID, owner).Scan(r.dest()...)
	if err != nil {
		return "", fmt.Errorf("lock PIN issue: %w", err)
	}
	kind := r.issue().Empowers()
	if kind == "" {
		return "", conflict("the PIN changed meanwhile")
	}
	return kind, nil
}

// file inserts the domanda, in the state that its PIN allows. As in admit, the
// register's row is locked last.
func (a *applier) file(ctx context.Context) error {
	f := a.change.File
	d := f.Domanda
	kind, err := a.filingKind(ctx, *f)
	if err != nil {
		return err
	}
	event := dossier.DomandaEventTaken
	switch {
	case kind.Covers(f.Needs):
	case f.MayBeHeld:
		event = dossier.DomandaEventHeld
	default:
		return dossier.Problem(dossier.CodeForbidden)
	}
	step, err := dossier.DomandaFiling.Next(event)
	if err != nil {
		return err
	}
	key, err := a.s.holderKey(ctx, a.querier, d.HolderID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, sealedDomanda{Title: d.Title, Note: d.Note}, adDomanda(d.ID))
	if err != nil {
		return err
	}
	if d.Protocol, err = a.nextProtocol(ctx); err != nil {
		return err
	}
	d.State = step.To
	if who := a.change.Actor; who.Mandate.HolderID == d.HolderID {
		d.DelegateID = who.ID
	}
	err = a.exec(ctx, `INSERT INTO domande (id, holder_id, delegate_id, service, state, sealed, idem_key, protocol_year, protocol_number, filed_at, released_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`, d.ID, d.HolderID, d.DelegateID, d.Service, string(d.State), sealed,
		sql.NullString{String: f.IdempotencyKey, Valid: f.IdempotencyKey != ""}, d.Protocol.Year, d.Protocol.Number, micros(d.Protocol.At))
	if err != nil {
		return fmt.Errorf("insert domanda: %w", err)
	}
	a.out.Domanda = d
	return a.tellDomanda(ctx, d, event, step)
}

// tellDomanda tells the holder what became of a domanda, and writes it down.
func (a *applier) tellDomanda(ctx context.Context, d dossier.Domanda, event dossier.DomandaEvent, step dossier.Step[dossier.DomandaState]) error {
	if step.Tell != "" {
		err := a.tellWith(ctx, "", dossier.Tell{
			HolderID: d.HolderID, Kind: step.Tell, Occasion: d.ID,
			Values: map[string]string{"protocol": d.Protocol.String()},
		})
		if err != nil {
			return err
		}
	}
	return a.audit(ctx, auditRow{
		action: "domanda." + string(event), subject: d.ID, holderID: d.HolderID,
		detail: fmt.Sprintf(`{"service":%q,"protocol":%q,"to":%q}`, d.Service, d.Protocol, step.To),
	})
}

// releaseHeld releases every domanda that waits for its holder's PIN to become
// dispositivo. Whoever calls it has changed a row of that holder's PINs in this
// transaction, which every filing locks first: none is missed, and the state
// guards each from being released twice.
func (a *applier) releaseHeld(ctx context.Context, holderID string) error {
	held, err := a.s.domande(ctx, a.querier, holderID, `state = ? ORDER BY protocol_year, protocol_number`, string(dossier.DomandaHeld))
	if err != nil {
		return fmt.Errorf("find held domande: %w", err)
	}
	for _, d := range held {
		step, err := d.State.Next(dossier.DomandaEventReleased)
		if err != nil {
			return err
		}
		n, err := a.execN(ctx, `UPDATE domande SET state = ?, released_at = ? WHERE id = ? AND state = ?`,
			string(step.To), micros(a.now), d.ID, string(d.State))
		if err != nil {
			return fmt.Errorf("release domanda: %w", err)
		}
		if n == 0 {
			return errRace
		}
		if err := a.tellDomanda(ctx, d, dossier.DomandaEventReleased, step); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) noteEntry(ctx context.Context, e dossier.NoteEntry) error {
	return a.audit(ctx, auditRow{
		action: "service.entered", subject: e.Service, holderID: e.HolderID, detail: fmt.Sprintf(`{"service":%q}`, e.Service),
	})
}
