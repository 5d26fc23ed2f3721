package store

import (
	"context"
	"database/sql"
	"fmt"

	"dispositivo/dossier"
)

// stopHash is the keyed hash by which a stop link is found.
func (s *Store) stopHash(handle string) []byte { return s.keys.MAC("stop").Sum([]byte(handle)) }

// tellEveryContact queues a message for each contact on file that a message
// reaches; the same address twice is told once.
func (a *applier) tellEveryContact(ctx context.Context, holderID, dossierID string, kind dossier.MessageKind) error {
	h, err := a.s.scanHolder(a.row(ctx, holderQuery+`h.id = ?`, holderID))
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	told := map[string]bool{}
	for _, k := range dossier.ContactKinds() {
		value := h.Person.Contacts.Get(k)
		if value == "" || !k.CanConfirm() || told[value] {
			continue
		}
		told[value] = true
		to := dossier.Contact{Kind: k, Value: value}
		if err := a.tellWith(ctx, dossierID, dossier.Tell{HolderID: holderID, Kind: kind, Occasion: string(k), To: &to}); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) mintStop(ctx context.Context, e dossier.MintStop) error {
	var holderID, dossierID string
	if err := a.row(ctx, `SELECT holder_id, dossier_id FROM messages WHERE id = ?`, e.MessageID).Scan(&holderID, &dossierID); err != nil {
		return fmt.Errorf("read message of stop link: %w", err)
	}
	n, err := a.execN(ctx, `INSERT INTO stop_links (message_id, keyed_handle, holder_id, dossier_id, used_at, suspends) VALUES (?, ?, ?, ?, 0, 0)
		ON CONFLICT (message_id) DO UPDATE SET keyed_handle = excluded.keyed_handle WHERE stop_links.used_at = 0`,
		e.MessageID, a.s.stopHash(e.Handle), holderID, dossierID)
	if err != nil {
		return fmt.Errorf("keep stop link: %w", err)
	}
	if n == 0 {
		return conflict("the link was used")
	}
	return nil
}

func (a *applier) useStop(ctx context.Context, e dossier.UseStop) error {
	n, err := a.execN(ctx, `UPDATE stop_links SET used_at = ?, suspends = ? WHERE message_id = ? AND used_at = 0`,
		micros(a.now), flag(e.Suspends), e.MessageID)
	if err != nil {
		return fmt.Errorf("use stop link: %w", err)
	}
	if n == 0 {
		return conflict("the link was used already")
	}
	var holderID, dossierID string
	if err := a.row(ctx, `SELECT holder_id, dossier_id FROM stop_links WHERE message_id = ?`, e.MessageID).Scan(&holderID, &dossierID); err != nil {
		return fmt.Errorf("read stop link: %w", err)
	}
	return a.audit(ctx, auditRow{
		action: "stop.used", subject: dossierID, holderID: holderID, detail: fmt.Sprintf(`{"message":%q,"suspends":%t}`, e.MessageID, e.Suspends),
	})
}

// StopByHandle returns what a stop link leads to; CodeNotFound when it is none,
// or was used.
func (s *Store) StopByHandle(ctx context.Context, handle string) (dossier.Stop, error) {
	var stop dossier.Stop
	err := s.reader().row(ctx, `SELECT message_id, holder_id, dossier_id FROM stop_links WHERE keyed_handle = ? AND used_at = 0`,
		s.stopHash(handle)).Scan(&stop.MessageID, &stop.HolderID, &stop.DossierID)
	return stop, classify("read stop link", err)
}

// StopCases returns the PINs of an office, of all when office is "", that a link
// suspended and that are still, the longest waiting first, at most 100.
func (s *Store) StopCases(ctx context.Context, office string) ([]dossier.StopCase, error) {
	var cases []dossier.StopCase
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var c dossier.StopCase
		var at int64
		err := rows.Scan(&c.HolderID, &c.DossierID, &at)
		c.At = fromMicros(at)
		cases = append(cases, c)
		return err
	}, `SELECT l.holder_id, l.dossier_id, l.used_at FROM stop_links l JOIN holders h ON h.id = l.holder_id
		JOIN pins p ON p.holder_id = l.holder_id AND p.state = 'suspended'
		WHERE l.suspends = 1 AND ? IN ('', h.office) ORDER BY l.used_at LIMIT 100`, office)
	return cases, classify("read stop cases", err)
}
