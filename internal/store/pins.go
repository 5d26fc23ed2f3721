package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"dispositivo/dossier"
)

const pinColumns = `p.id, p.holder_id, p.kind, p.state, p.version, p.channel, p.confirmed_at, p.activated_at, p.window_until, p.secret_at`

// pinRow scans pinColumns of a joined row, which may be missing.
type pinRow struct {
	id, holderID, kind, state, channel         sql.NullString
	version, confirmed, activated, window, set sql.NullInt64
}

func (r *pinRow) dest() []any {
	return []any{&r.id, &r.holderID, &r.kind, &r.state, &r.version, &r.channel, &r.confirmed, &r.activated, &r.window, &r.set}
}

func (r *pinRow) issue() dossier.PINIssue {
	return dossier.PINIssue{
		ID: r.id.String, HolderID: r.holderID.String, Kind: dossier.Kind(r.kind.String), State: dossier.PINState(r.state.String),
		Version: r.version.Int64, Channel: dossier.PINChannel(r.channel.String), ConfirmedAt: fromMicros(r.confirmed.Int64),
		ActivatedAt: fromMicros(r.activated.Int64), WindowUntil: fromMicros(r.window.Int64), SecretAt: fromMicros(r.set.Int64),
	}
}

// PINIssue returns one issue, final or not.
func (s *Store) PINIssue(ctx context.Context, id string) (dossier.PINIssue, error) {
	var r pinRow
	err := s.reader().row(ctx, `SELECT `+pinColumns+` FROM pins p WHERE p.id = ?`, id).Scan(r.dest()...)
	return r.issue(), classify("read PIN issue", err)
}

// PINSecrets returns what checking the PIN of a codice fiscale needs: that of
// the issue that is not final. CodeNotFound when there is none. Known and
// unknown codes cost one look alike.
func (s *Store) PINSecrets(ctx context.Context, codiceFiscale string) (dossier.PINSecrets, error) {
	var r pinRow
	var hash string
	var first, second, firstClass, secondClass sql.NullString
	err := s.reader().row(ctx, `SELECT `+pinColumns+`, p.hash, f.hash, f.class, s.hash, s.class
		FROM holders h JOIN pins p ON p.holder_id = h.id AND p.state NOT IN ('refused', 'revoked', 'replaced')
		LEFT JOIN halves f ON f.pin_id = p.id AND f.n = 1 LEFT JOIN halves s ON s.pin_id = p.id AND s.n = 2
		WHERE h.keyed_cf = ?`, s.KeyCF(codiceFiscale)).
		Scan(append(r.dest(), &hash, &first, &firstClass, &second, &secondClass)...)
	secrets := dossier.PINSecrets{Issue: r.issue(), Hash: hash}
	if first.Valid {
		secrets.First = dossier.Half{N: 1, Hash: first.String, Class: firstClass.String}
	}
	if second.Valid {
		secrets.Second = dossier.Half{N: 2, Hash: second.String, Class: secondClass.String}
	}
	return secrets, classify("read PIN", err)
}

// openPIN inserts an issue in its first state.
func (a *applier) openPIN(ctx context.Context, e dossier.OpenPIN) error {
	p := e.Issue
	activated := p.ActivatedAt
	if p.InUse() && activated.IsZero() {
		activated = a.now
	}
	var secretAt time.Time // zero while halves stand for the PIN
	if e.Hash != "" {
		secretAt = a.now
	}
	err := a.exec(ctx, `INSERT INTO pins (id, holder_id, kind, state, version, hash, channel, confirmed_at, activated_at, window_until,
		secret_at, issued_at, changed_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, 0, ?, ?, ?)`,
		p.ID, p.HolderID, string(p.Kind), string(p.State), e.Hash, string(p.Channel), micros(p.ConfirmedAt), micros(activated),
		micros(secretAt), micros(a.now), micros(a.now))
	if duplicate(err) {
		return conflict("the holder has another PIN issue")
	}
	if err != nil {
		return fmt.Errorf("insert PIN issue: %w", err)
	}
	err = a.audit(ctx, auditRow{
		action: "pin.opened", subject: p.ID, holderID: p.HolderID,
		detail: fmt.Sprintf(`{"kind":%q,"to":%q,"channel":%q}`, p.Kind, p.State, p.Channel),
	})
	if err != nil || p.Kind != dossier.Dispositivo || !p.InUse() {
		return err
	}
	return a.releaseHeld(ctx, p.HolderID)
}

// movePIN moves a PIN issue along its table. Whoever was signed in with it signs
// in again, but for the change itself, which says whose session goes on.
func (a *applier) movePIN(ctx context.Context, m dossier.PINMove) error {
	var r pinRow
	if err := a.row(ctx, `SELECT `+pinColumns+` FROM pins p WHERE p.id = ?`+a.d.lock, m.ID).Scan(r.dest()...); err != nil {
		return fmt.Errorf("lock PIN issue: %w", err)
	}
	p := r.issue()
	if m.Version != 0 && m.Version != p.Version {
		return conflict("the PIN changed meanwhile")
	}
	step, err := p.State.Next(m.Event)
	if err != nil {
		return err
	}
	if m.Event == dossier.PINEventConfirmed {
		p.ConfirmedAt = a.now
	}
	if m.Event == dossier.PINEventActivated {
		p.ActivatedAt = a.now
	}
	n, err := a.execN(ctx, `UPDATE pins SET state = ?, version = version + 1, changed_at = ?, confirmed_at = ?, activated_at = ?
		WHERE id = ? AND state = ? AND version = ?`, string(step.To), micros(a.now), micros(p.ConfirmedAt), micros(p.ActivatedAt),
		m.ID, string(p.State), p.Version)
	if err != nil {
		return fmt.Errorf("move PIN issue: %w", err)
	}
	if n == 0 {
		return conflict("the PIN changed meanwhile")
	}
	goesOn := []dossier.PINEvent{dossier.PINEventChanged, dossier.PINEventRenewed, dossier.PINEventChangeDue}
	if !slices.Contains(goesOn, m.Event) {
		if err := a.endSessions(ctx, m.ID, nil); err != nil {
			return err
		}
	}
	if step.Tell != "" {
		if err := a.tell(ctx, p.HolderID, "", step.Tell, fmt.Sprintf("%s v%d", m.ID, p.Version+1)); err != nil {
			return err
		}
	}
	return a.audit(ctx, auditRow{
		action: "pin." + string(m.Event), subject: m.ID, holderID: p.HolderID,
		detail: fmt.Sprintf(`{"from":%q,"to":%q,"version":%d,"reason":%q}`, p.State, step.To, p.Version+1, m.Reason),
	})
}

// endSessions ends the sessions opened with a PIN issue, but one.
func (t *tx) endSessions(ctx context.Context, pinID string, keep []byte) error {
	if keep == nil {
		keep = []byte{}
	}
	if err := t.exec(ctx, `DELETE FROM sessions WHERE pin_id = ? AND hash <> ?`, pinID, keep); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// setSecret sets the eight characters in use; the two halves, and the window in
// which they had to be changed, are over.
func (a *applier) setSecret(ctx context.Context, e dossier.SetSecret) error {
	n, err := a.execN(ctx, `UPDATE pins SET hash = ?, secret_at = ?, window_until = 0, version = version + 1, changed_at = ? WHERE id = ?`,
		e.Hash, micros(a.now), micros(a.now), e.PINIssueID)
	if err != nil {
		return fmt.Errorf("set PIN: %w", err)
	}
	if n == 0 {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if err := a.exec(ctx, `DELETE FROM halves WHERE pin_id = ?`, e.PINIssueID); err != nil {
		return fmt.Errorf("forget halves: %w", err)
	}
	if err := a.exec(ctx, `DELETE FROM proposals WHERE pin_id = ?`, e.PINIssueID); err != nil {
		return fmt.Errorf("forget proposal: %w", err)
	}
	return a.endSessions(ctx, e.PINIssueID, e.KeepSession)
}

// RefreshSecret puts a hash of the same PIN, made at another cost, in place of one
// that was; when that is gone, it does nothing.
func (s *Store) RefreshSecret(ctx context.Context, pinIssueID, was, hash string) error {
	return s.tx(ctx, "refresh PIN", func(t *tx) error {
		return t.exec(ctx, `UPDATE pins SET hash = ? WHERE id = ? AND hash = ?`, hash, pinIssueID, was)
	})
}

// proposeSecret notes what a holder was shown; the one before no longer counts.
func (a *applier) proposeSecret(ctx context.Context, e dossier.ProposeSecret) error {
	err := a.exec(ctx, `INSERT INTO proposals (pin_id, hash, until) VALUES (?, ?, ?)
		ON CONFLICT (pin_id) DO UPDATE SET hash = excluded.hash, until = excluded.until`, e.PINIssueID, e.Hash, micros(e.Until))
	if err != nil {
		return fmt.Errorf("propose PIN: %w", err)
	}
	return nil
}

// ProposedSecret returns the hash of the PIN a holder was shown and has yet to
// type back, CodeNotFound when there is none or its time is over.
func (s *Store) ProposedSecret(ctx context.Context, pinIssueID string) (hash string, err error) {
	err = s.reader().row(ctx, `SELECT hash FROM proposals WHERE pin_id = ? AND until > ?`, pinIssueID, micros(s.clock.Now())).Scan(&hash)
	return hash, classify("read proposed PIN", err)
}

// setHalf sets a half, unless the other one travelled by the same class (A7).
func (a *applier) setHalf(ctx context.Context, e dossier.SetHalf) error {
	// The issue's row serialises the two halves.
	var holderID string
	if err := a.row(ctx, `SELECT holder_id FROM pins WHERE id = ?`+a.d.lock, e.PINIssueID).Scan(&holderID); err != nil {
		return fmt.Errorf("lock PIN issue: %w", err)
	}
	h := e.Half
	var same int
	err := a.row(ctx, `SELECT COUNT(*) FROM halves WHERE pin_id = ? AND n <> ? AND class = ?`, e.PINIssueID, h.N, h.Class).Scan(&same)
	if err != nil {
		return fmt.Errorf("compare classes: %w", err)
	}
	if same > 0 {
		return conflict("the other half travelled by the same class of channel")
	}
	err = a.exec(ctx, `INSERT INTO halves (pin_id, n, hash, class, set_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (pin_id, n) DO UPDATE SET hash = excluded.hash, class = excluded.class, set_at = excluded.set_at`,
		e.PINIssueID, h.N, h.Hash, h.Class, micros(a.now))
	if err != nil {
		return fmt.Errorf("set half: %w", err)
	}
	return a.audit(ctx, auditRow{
		action: "pin.half_issued", subject: e.PINIssueID, holderID: holderID, detail: fmt.Sprintf(`{"half":%d,"class":%q}`, h.N, h.Class),
	})
}

func (a *applier) voidHalf(ctx context.Context, e dossier.VoidHalf) error {
	if err := a.exec(ctx, `DELETE FROM halves WHERE pin_id = ? AND n = ?`, e.PINIssueID, e.N); err != nil {
		return fmt.Errorf("void half: %w", err)
	}
	return a.audit(ctx, auditRow{action: "pin.half_voided", subject: e.PINIssueID, owner: ownerOfPIN, detail: fmt.Sprintf(`{"half":%d}`, e.N)})
}

// setWindow sets the end of an issue's window and the task that acts on it.
func (a *applier) setWindow(ctx context.Context, e dossier.SetWindow) error {
	if err := a.exec(ctx, `UPDATE pins SET window_until = ? WHERE id = ?`, micros(e.Until), e.PINIssueID); err != nil {
		return fmt.Errorf("set window: %w", err)
	}
	return a.addTask(ctx, dossier.TaskLapse, e.PINIssueID, e.Until)
}
