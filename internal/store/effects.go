package store

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

// effect applies one effect; the three type switches are the whole closed set.
func (a *applier) effect(ctx context.Context, e dossier.Effect) error {
	switch e := e.(type) {
	case dossier.OpenDossier:
		return a.openDossier(ctx, e)
	case dossier.AddPages:
		return a.addPages(ctx, e)
	case dossier.Recode:
		return a.recode(ctx, e)
	case dossier.KeepTraits:
		return a.keepTraits(ctx, e)
	case dossier.SetFindings:
		return a.setFindings(ctx, e)
	case dossier.Join:
		return a.join(ctx, e)
	case dossier.Answer:
		return a.answer(ctx, e)
	case dossier.Clear:
		return a.exec(ctx, `UPDATE submissions SET cleared = 1 WHERE id = ?`, e.SubmissionID)
	case dossier.Decide:
		return a.decide(ctx, e.Decision)
	case dossier.ConvertPIN:
		return a.convertPIN(ctx, e)
	case dossier.Escalate:
		return a.escalate(ctx, e)
	case dossier.Offer:
		return a.offer(ctx, e)
	case dossier.EraseFile:
		return a.eraseFile(ctx, e)
	case dossier.MarkSent:
		return a.markSent(ctx, e)
	case dossier.EndNotice:
		return a.endNotice(ctx, e)
	case dossier.Enqueue:
		return a.addTask(ctx, e.Kind, e.Subject, a.now)
	case dossier.Tell:
		return a.tellWith(ctx, "", e)
	default:
		return a.pinEffect(ctx, e)
	}
}

// pinEffect applies what belongs to a person and a PIN.
func (a *applier) pinEffect(ctx context.Context, e dossier.Effect) error {
	switch e := e.(type) {
	case dossier.EraseHolder:
		return a.eraseHolder(ctx, e.HolderID)
	case dossier.AddHolder:
		return a.addHolder(ctx, e.Holder)
	case dossier.SetPerson:
		return a.setPerson(ctx, e)
	case dossier.OpenPIN:
		return a.openPIN(ctx, e)
	case dossier.SetSecret:
		return a.setSecret(ctx, e)
	case dossier.OpenRequest:
		return a.openRequest(ctx, e.Request)
	case dossier.NoteAsked:
		return a.audit(ctx, auditRow{action: "pin_request.asked_again", subject: e.HolderID, holderID: e.HolderID, detail: `{}`})
	case dossier.CountAttempt:
		return a.countAttempt(ctx, e.RequestID)
	case dossier.CloseRequest:
		return a.closeRequest(ctx, e.RequestID)
	case dossier.SetHalf:
		return a.setHalf(ctx, e)
	case dossier.VoidHalf:
		return a.voidHalf(ctx, e)
	case dossier.SetWindow:
		return a.setWindow(ctx, e)
	case dossier.PrintLetter, dossier.MoveLetter, dossier.TakeBatch, dossier.PostBatch:
		return a.letterEffect(ctx, e)
	case dossier.ProposeSecret:
		return a.proposeSecret(ctx, e)
	case dossier.OpenChallenge:
		return a.openChallenge(ctx, e)
	case dossier.MintChallenge:
		return a.mintChallenge(ctx, e)
	case dossier.CloseChallenge:
		return a.closeChallenge(ctx, e)
	case dossier.SetActivation:
		return a.setActivation(ctx, e)
	case dossier.CloseActivation:
		return a.closeActivation(ctx, e)
	case dossier.SealLetter:
		return a.sealLetter(ctx, e)
	case dossier.GrantDelegation:
		return a.grantDelegation(ctx, e.Delegation)
	case dossier.RecordGuardian:
		return a.recordGuardian(ctx, e.Delegation)
	case dossier.MoveDelegation:
		return a.moveDelegation(ctx, e)
	case dossier.NoteEntry:
		return a.noteEntry(ctx, e)
	default:
		return a.lossEffect(ctx, e)
	}
}

// lossEffect applies what belongs to lost PINs and to operators who act on one.
func (a *applier) lossEffect(ctx context.Context, e dossier.Effect) error {
	switch e := e.(type) {
	case dossier.OpenLoss:
		return a.openLoss(ctx, e)
	case dossier.SettleLoss:
		return a.settleLoss(ctx, e)
	case dossier.MintLoss:
		return a.mintLoss(ctx, e)
	case dossier.CloseLoss:
		return a.closeLoss(ctx, e)
	case dossier.ClearLocks:
		return a.clearLocks(ctx, e)
	case dossier.NotePIN:
		return a.notePIN(ctx, e)
	case dossier.MintStop:
		return a.mintStop(ctx, e)
	case dossier.UseStop:
		return a.useStop(ctx, e)
	default:
		return fmt.Errorf("unknown effect %T", e)
	}
}

func (a *applier) openDossier(ctx context.Context, e dossier.OpenDossier) error {
	d := e.Dossier
	key, err := a.s.holderKey(ctx, a.querier, d.HolderID)
	if err != nil {
		return err
	}
	form, err := sealJSON(key, e.Form, adForm(d.ID))
	if err != nil {
		return err
	}
	code, err := key.Seal([]byte(e.StatusCode), adCode(d.ID))
	if err != nil {
		return fmt.Errorf("seal status code: %w", err)
	}
	if err := a.usablePIN(ctx, d.PINIssueID); err != nil {
		return err
	}
	due := a.s.policy.Due(dossier.StateOpen, a.now)
	err = a.exec(ctx, `INSERT INTO dossiers (id, holder_id, pin_id, state, version, office, form_version, sealed_form,
		token_id, sealed_code, code_hash, reason, escalated, offered_at, due_at, opened_at, changed_at)
		VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, '', 0, 0, ?, ?, ?)`,
		d.ID, d.HolderID, d.PINIssueID, string(dossier.StateOpen), d.Office, d.FormVersion, form,
		e.TokenID, code, a.s.codeHash(e.StatusCode), micros(due), micros(a.now), micros(a.now))
	if duplicate(err) {
		return conflict("the PIN issue has an open dossier")
	}
	if err != nil {
		return fmt.Errorf("insert dossier: %w", err)
	}
	a.out.State, a.out.Version = dossier.StateOpen, 1
	a.reached(news{life: dossier.NoticeOfDossier, id: d.ID, state: string(dossier.StateOpen), sequence: 1}, "")
	if err := a.addTask(ctx, dossier.TaskExpire, dossier.VersionedSubject(d.ID, 1), due); err != nil {
		return err
	}
	return a.audit(ctx, auditRow{action: "dossier.opened", subject: d.ID, holderID: d.HolderID, detail: `{"to":"open","version":1}`})
}

func (a *applier) addPages(ctx context.Context, e dossier.AddPages) error {
	if err := a.exec(ctx, `UPDATE files SET format = ?, sealed_zones = ?, sealed_clues = ? WHERE id = ?`,
		e.Format, e.SealedZones, e.SealedClues, e.FileID); err != nil {
		return fmt.Errorf("set format and zones: %w", err)
	}
	if err := a.exec(ctx, `DELETE FROM pages WHERE file_id = ?`, e.FileID); err != nil {
		return fmt.Errorf("forget pages: %w", err)
	}
	for _, p := range e.Pages {
		err := a.exec(ctx, `INSERT INTO pages (file_id, n, width, height, dpi_x, dpi_y, encoding, turn, image_blob, thumb_blob, keyed_pixels)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.FileID, p.N, p.Width, p.Height, p.DPIX, p.DPIY, p.Encoding, p.Turn, p.ImageBlob, p.ThumbBlob, p.KeyedPixels)
		if err != nil {
			return fmt.Errorf("insert page: %w", err)
		}
	}
	return nil
}

func (a *applier) recode(ctx context.Context, e dossier.Recode) error {
	n, err := a.execN(ctx, `INSERT INTO files (id, submission_id, dossier_id, blob, wrapped_key, keyed_hash, bytes, format, evidence)
		SELECT ?, submission_id, dossier_id, ?, ?, ?, ?, ?, 0 FROM files WHERE id = ? AND evidence = 0`,
		e.File.ID, e.File.Blob, e.File.WrappedKey, e.File.KeyedHash, e.File.Bytes, e.File.Format, e.OriginalID)
	if err != nil {
		return fmt.Errorf("insert copy: %w", err)
	}
	if n == 0 {
		return conflict("the file is none that is read")
	}
	if err := a.exec(ctx, `UPDATE files SET evidence = 1 WHERE id = ?`, e.OriginalID); err != nil {
		return fmt.Errorf("keep original as evidence: %w", err)
	}
	return a.audit(ctx, auditRow{action: "file.recoded", subject: e.OriginalID, owner: ownerOfFile, detail: fmt.Sprintf(`{"bytes":%d}`, e.File.Bytes)})
}

func (a *applier) setFindings(ctx context.Context, e dossier.SetFindings) error {
	if err := a.exec(ctx, `DELETE FROM findings WHERE submission_id = ?`, e.SubmissionID); err != nil {
		return fmt.Errorf("forget findings: %w", err)
	}
	for n, f := range e.Findings {
		err := a.exec(ctx, `INSERT INTO findings (submission_id, n, code, severity, page, detail) VALUES (?, ?, ?, ?, ?, ?)`,
			e.SubmissionID, n, string(f.Code), string(f.Severity), f.Page, f.Detail)
		if err != nil {
			return fmt.Errorf("insert finding: %w", err)
		}
	}
	return nil
}

// decide records a decision with the hash of what this transaction sees, and
// ends the review it was made in.
func (a *applier) decide(ctx context.Context, d dossier.Decision) error {
	n, err := a.execN(ctx, `UPDATE reviews SET closed = 1
		WHERE id = ? AND dossier_id = ? AND operator_id = ? AND closed = 0 AND lease_until > ?`,
		d.ReviewID, d.DossierID, d.OperatorID, micros(a.now))
	if err != nil {
		return fmt.Errorf("end review: %w", err)
	}
	if n == 0 {
		return dossier.Problem(dossier.CodeLeaseLost)
	}
	seen, err := a.s.dossier(ctx, a.querier, d.DossierID)
	if err != nil {
		return err
	}
	key, err := a.s.holderKey(ctx, a.querier, seen.HolderID)
	if err != nil {
		return err
	}
	note, err := key.Seal([]byte(d.Note), adNote(d.ID))
	if err != nil {
		return fmt.Errorf("seal note: %w", err)
	}
	err = a.exec(ctx, `INSERT INTO decisions (id, dossier_id, review_id, operator_id, action, reason, sealed_note, version, seen_hash, void, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
		d.ID, d.DossierID, d.ReviewID, d.OperatorID, string(d.Action), string(d.Reason), note, d.Version, seen.SeenHash(), micros(a.now))
	if err != nil {
		return fmt.Errorf("insert decision: %w", err)
	}
	if err := a.exec(ctx, `UPDATE dossiers SET reason = ? WHERE id = ?`, string(d.Reason), d.DossierID); err != nil {
		return fmt.Errorf("set reason: %w", err)
	}
	return a.audit(ctx, auditRow{
		action: "decision." + string(d.Action), subject: d.DossierID, holderID: seen.HolderID,
		detail: fmt.Sprintf(`{"reason":%q,"version":%d,"seen":%q}`, d.Reason, d.Version, seen.SeenHash()),
	})
}

// convertPIN makes the PIN dispositivo if the approval still fits what is
// there and the PIN is still the one that was looked at (C11).
func (a *applier) convertPIN(ctx context.Context, e dossier.ConvertPIN) error {
	d, err := a.s.dossier(ctx, a.querier, e.DossierID)
	if err != nil {
		return err
	}
	if d.SeenHash() != e.SeenHash || d.PINIssueID != e.PINIssueID {
		return conflict("the approval does not fit the dossier")
	}
	n, err := a.execN(ctx, `UPDATE pins SET kind = ?, version = version + 1, changed_at = ?
		WHERE id = ? AND version = ? AND state IN (?, ?) AND kind = ?`,
		string(dossier.Dispositivo), micros(a.now), e.PINIssueID, e.PINVersion,
		string(dossier.PINActive), string(dossier.PINMustChange), string(dossier.Ordinario))
	if err != nil {
		return fmt.Errorf("convert PIN: %w", err)
	}
	if n == 0 {
		return conflict("the PIN changed meanwhile")
	}
	err = a.audit(ctx, auditRow{action: "pin.converted", subject: e.PINIssueID, holderID: d.HolderID, detail: `{"kind":"dispositivo"}`})
	if err != nil {
		return err
	}
	return a.releaseHeld(ctx, d.HolderID)
}

func (a *applier) escalate(ctx context.Context, e dossier.Escalate) error {
	if err := a.exec(ctx, `UPDATE dossiers SET escalated = 1 WHERE id = ?`, e.DossierID); err != nil {
		return fmt.Errorf("escalate: %w", err)
	}
	return a.audit(ctx, auditRow{action: "dossier.escalated", subject: e.DossierID, owner: ownerOfDossier, detail: `{}`})
}

func (a *applier) offer(ctx context.Context, e dossier.Offer) error {
	if err := a.exec(ctx, `UPDATE dossiers SET offered_at = ?, office = ? WHERE id = ?`, micros(a.now), e.Office, e.DossierID); err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	return a.audit(ctx, auditRow{action: "dossier.offered", subject: e.DossierID, owner: ownerOfDossier, detail: fmt.Sprintf(`{"office":%q}`, e.Office)})
}

func (a *applier) markSent(ctx context.Context, e dossier.MarkSent) error {
	// What had to be masked is, from now on; the key of the secret is gone.
	if e.KeepSecret {
		n, err := a.execN(ctx, `UPDATE messages SET state = 'sent', sent_at = ?, data = NULL, data_key = NULL WHERE id = ? AND state = 'queued'`,
			micros(a.now), e.MessageID)
		return sentOnce(n, err)
	}
	n, err := a.execN(ctx, `UPDATE messages SET state = 'sent', sent_at = ?,
		sealed = CASE WHEN masked IS NULL THEN sealed ELSE masked END,
		wrapped_key = CASE WHEN masked IS NULL THEN wrapped_key ELSE masked_key END, masked = NULL, masked_key = NULL,
		data = NULL, data_key = NULL
		WHERE id = ? AND state = 'queued'`, micros(a.now), e.MessageID)
	return sentOnce(n, err)
}

func sentOnce(n int64, err error) error {
	if err != nil {
		return fmt.Errorf("mark sent: %w", err)
	}
	if n == 0 {
		return conflict("the message is sent already")
	}
	return nil
}

func (a *applier) eraseFile(ctx context.Context, e dossier.EraseFile) error {
	n, err := a.execN(ctx, `UPDATE files SET wrapped_key = ?, blob = '', sealed_zones = NULL,
		sealed_origin = NULL, sealed_clues = NULL WHERE id = ? AND blob <> ''`, []byte{}, e.FileID)
	if err != nil {
		return fmt.Errorf("erase file: %w", err)
	}
	if n == 0 {
		return conflict("the file is erased already")
	}
	if err := a.exec(ctx, `UPDATE pages SET image_blob = '', thumb_blob = '', keyed_pixels = NULL WHERE file_id = ?`, e.FileID); err != nil {
		return fmt.Errorf("erase page images: %w", err)
	}
	if err := a.exec(ctx, `DELETE FROM traits WHERE file_id = ?`, e.FileID); err != nil {
		return fmt.Errorf("erase traits: %w", err)
	}
	// Of what is nobody's no later end of a holder would take the sender's hash away.
	err = a.exec(ctx, `UPDATE submissions SET keyed_sender = NULL WHERE holder_id = '' AND id = (SELECT submission_id FROM files WHERE id = ?)`, e.FileID)
	if err != nil {
		return fmt.Errorf("erase sender: %w", err)
	}
	if err := a.eraseAnswers(ctx, e.FileID); err != nil {
		return err
	}
	return a.audit(ctx, auditRow{action: "file.erased", subject: e.FileID, owner: ownerOfFile, detail: `{}`})
}
