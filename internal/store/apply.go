package store

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

// Apply carries out one change, whole or not at all. It is the only method
// that changes the state of a submission, a dossier or a PIN issue.
//
// A change whose task is closed already fails with dossier.CodeConflict: its
// work was done. A move that the table does not know, or whose dossier changed
// since the caller looked (CodeDossierChanged), fails likewise.
func (s *Store) Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error) {
	var out dossier.Outcome
	err := s.tx(ctx, "apply change", func(t *tx) error {
		a := applier{tx: t, change: ch}
		err := a.run(ctx)
		if err == nil {
			err = a.tellSubscribers(ctx)
		}
		out = a.out
		return err
	})
	if err != nil {
		return dossier.Outcome{}, err
	}
	return out, nil
}

// applier is one Change on its way through one transaction. Rows are locked in
// the same order by all: dossier, submission, PIN, and the register last.
type applier struct {
	*tx
	change dossier.Change
	out    dossier.Outcome
	news   []news
}

func (a *applier) run(ctx context.Context) error {
	if err := a.checkMandate(ctx); err != nil {
		return err
	}
	if a.change.Admit != nil {
		repeated, err := a.findRepeat(ctx)
		if err != nil || repeated {
			return err
		}
	}
	if a.change.File != nil {
		repeated, err := a.findFiled(ctx)
		if err != nil || repeated {
			return err
		}
	}
	if err := a.closeTask(ctx); err != nil {
		return err
	}
	if m := a.change.Dossier; m != nil {
		if err := a.moveDossier(ctx, *m); err != nil {
			return err
		}
	}
	if m := a.change.Submission; m != nil {
		if err := a.moveSubmission(ctx, *m); err != nil {
			return err
		}
	}
	if m := a.change.PIN; m != nil {
		if err := a.movePINAndDossiers(ctx, *m); err != nil {
			return err
		}
	}
	for _, e := range a.change.Effects {
		if err := a.effect(ctx, e); err != nil {
			return err
		}
	}
	if a.change.Admit != nil {
		return a.admit(ctx)
	}
	if a.change.File != nil {
		return a.file(ctx)
	}
	return nil
}

// closeTask closes the outbox row whose work this is, in the transaction of
// that work: the guard by which nothing happens twice.
func (a *applier) closeTask(ctx context.Context) error {
	if a.change.Closes == "" {
		return nil
	}
	n, err := a.execN(ctx, `UPDATE outbox SET closed_at = ? WHERE id = ? AND closed_at = 0`, micros(a.now), a.change.Closes)
	if err != nil {
		return fmt.Errorf("close task: %w", err)
	}
	if n == 0 {
		return conflict("the task is closed already")
	}
	return nil
}

// dossierRow is what a move needs to know.
type dossierRow struct {
	state    dossier.State
	version  int64
	holderID string
	pinID    string
}

func (a *applier) lockDossier(ctx context.Context, id string) (dossierRow, error) {
	var r dossierRow
	err := a.row(ctx, `SELECT state, version, holder_id, pin_id FROM dossiers WHERE id = ?`+a.d.lock, id).
		Scan(&r.state, &r.version, &r.holderID, &r.pinID)
	if err != nil {
		return r, fmt.Errorf("lock dossier: %w", err)
	}
	return r, nil
}

func (a *applier) moveDossier(ctx context.Context, m dossier.Move) error {
	row, err := a.lockDossier(ctx, m.ID)
	if err != nil {
		return err
	}
	if m.Version != 0 && m.Version != row.version {
		return dossier.Problem(dossier.CodeDossierChanged)
	}
	step, err := row.state.Next(m.Event)
	if err != nil {
		return err
	}
	due := a.s.policy.Due(step.To, a.now)
	n, err := a.execN(ctx, `UPDATE dossiers SET state = ?, version = version + 1, changed_at = ?, due_at = ?,
		escalated = 0, offered_at = 0, reason = '' WHERE id = ? AND state = ? AND version = ?`,
		string(step.To), micros(a.now), micros(due), m.ID, string(row.state), row.version)
	if err != nil {
		return fmt.Errorf("move dossier: %w", err)
	}
	if n == 0 {
		return dossier.Problem(dossier.CodeDossierChanged)
	}
	a.out.State, a.out.Version = step.To, row.version+1
	a.reached(news{life: dossier.NoticeOfDossier, id: m.ID, state: string(step.To), sequence: row.version + 1}, string(row.state))
	if err := a.leaveState(ctx, m); err != nil {
		return err
	}
	if err := a.causeTasks(ctx, m.ID, step, row.version+1); err != nil {
		return err
	}
	if err := a.tellOf(ctx, row, m.ID, step.Tell); err != nil {
		return err
	}
	detail := fmt.Sprintf(`{"from":%q,"to":%q,"version":%d}`, row.state, step.To, row.version+1)
	if m.Reason != "" {
		detail = fmt.Sprintf(`{"from":%q,"to":%q,"version":%d,"reason":%q}`, row.state, step.To, row.version+1, m.Reason)
	}
	return a.audit(ctx, auditRow{action: "dossier." + string(m.Event), subject: m.ID, holderID: row.holderID, detail: detail})
}

// tellOf tells the holder of a transition: of a conversion that begins by every
// contact, of everything else once.
func (a *applier) tellOf(ctx context.Context, row dossierRow, id string, kind dossier.MessageKind) error {
	switch kind { //nolint:exhaustive // the others are told once
	case "":
		return nil
	case dossier.MessageConversionAsked:
		return a.tellEveryContact(ctx, row.holderID, id, kind)
	default:
		return a.tell(ctx, row.holderID, id, kind, fmt.Sprintf("v%d", row.version+1))
	}
}

// leaveState ends what belonged to the state before: approvals that no longer
// fit, and, unless a decision is about to close it, the reviewer's lease.
func (a *applier) leaveState(ctx context.Context, m dossier.Move) error {
	switch m.Event {
	case dossier.EventPagesAdded, dossier.EventConversionBlocked, dossier.EventMoreAsked:
		if err := a.exec(ctx, `UPDATE decisions SET void = 1 WHERE dossier_id = ? AND void = 0`, m.ID); err != nil {
			return fmt.Errorf("void approvals: %w", err)
		}
	case dossier.EventPartRead, dossier.EventScreened, dossier.EventScreenedPartly, dossier.EventMachineGaveUp, dossier.EventFirstApproval,
		dossier.EventApproved, dossier.EventRejected, dossier.EventConverted, dossier.EventDeadlinePassed,
		dossier.EventWithdrawn, dossier.EventSuperseded:
	}
	for _, e := range a.change.Effects {
		if _, ok := e.(dossier.Decide); ok {
			return nil
		}
	}
	if err := a.exec(ctx, `UPDATE reviews SET closed = 1 WHERE dossier_id = ? AND closed = 0`, m.ID); err != nil {
		return fmt.Errorf("end lease: %w", err)
	}
	return nil
}

func (a *applier) causeTasks(ctx context.Context, id string, step dossier.Step[dossier.State], version int64) error {
	for _, kind := range step.Tasks {
		due := a.now
		if kind == dossier.TaskEscalate || kind == dossier.TaskExpire {
			due = a.s.policy.Due(step.To, a.now)
		}
		if kind == dossier.TaskConvert {
			due = a.now.Add(a.s.policy.Protects)
		}
		// A deadline names the version it was set for: a later one has its own.
		if err := a.addTask(ctx, kind, dossier.VersionedSubject(id, version), due); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) moveSubmission(ctx context.Context, m dossier.SubmissionMove) error {
	var state dossier.SubmissionState
	var holderID string
	var version int64
	err := a.row(ctx, `SELECT state, holder_id, version FROM submissions WHERE id = ?`+a.d.lock, m.ID).Scan(&state, &holderID, &version)
	if err != nil {
		return fmt.Errorf("lock submission: %w", err)
	}
	step, err := state.Next(m.Event)
	if err != nil {
		return err
	}
	n, err := a.execN(ctx, `UPDATE submissions SET state = ?, refusal = ?, version = version + 1 WHERE id = ? AND state = ?`,
		string(step.To), string(m.Refusal), m.ID, string(state))
	if err != nil {
		return fmt.Errorf("move submission: %w", err)
	}
	if n == 0 {
		return conflict("the submission moved meanwhile")
	}
	a.reached(news{life: dossier.NoticeOfSubmission, id: m.ID, state: string(step.To), sequence: version + 1}, string(state))
	for _, kind := range step.Tasks {
		if err := a.addTask(ctx, kind, m.ID, a.now); err != nil {
			return err
		}
	}
	detail := fmt.Sprintf(`{"from":%q,"to":%q}`, state, step.To)
	if m.Refusal != "" {
		detail = fmt.Sprintf(`{"from":%q,"to":%q,"reason":%q}`, state, step.To, m.Refusal)
	}
	return a.audit(ctx, auditRow{action: "submission." + string(m.Event), subject: m.ID, holderID: holderID, detail: detail})
}
