package intake

import (
	"context"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// refusalsShown is how many lines of the ledger are a page.
const refusalsShown = 50

// RefusalPage is part of the ledger, the newest line first.
type RefusalPage struct {
	Lines []dossier.Refusal
	// Next is RefusalFilter.Before of the page after it; "" when it is the last one.
	Next string
}

// Refusals reads the ledger of what was turned away, a page at a time, for
// supervisors and auditors. It says nothing of anybody, and belongs to no office.
func (d *Door) Refusals(ctx context.Context, actor dossier.Actor, f dossier.RefusalFilter) (RefusalPage, error) {
	if err := actor.Require(dossier.RoleSupervisor, dossier.RoleAuditor); err != nil {
		return RefusalPage{}, err
	}
	lines, err := d.cfg.Store.Refusals(ctx, f, refusalsShown+1)
	if err != nil {
		return RefusalPage{}, fmt.Errorf("read refusals: %w", err)
	}
	page := RefusalPage{Lines: lines}
	if len(lines) > refusalsShown {
		page.Lines = lines[:refusalsShown]
		page.Next = page.Lines[refusalsShown-1].ID
	}
	return page, nil
}

// refuse writes the refusal of an upload into the ledger and returns it.
func (d *Door) refuse(ctx context.Context, data []byte, problem error) error {
	return d.enter(ctx, problem, dossier.Refusal{
		Channel: dossier.ChannelUpload, Bytes: int64(len(data)), KeyedHash: d.cfg.Hash.Sum(data),
	})
}

// refusePost writes into the ledger what nothing can be kept of.
func (d *Door) refusePost(ctx context.Context, p Post, problem error) error {
	return d.enter(ctx, problem, dossier.Refusal{
		Channel: p.Channel, Gateway: gatewayOf(p.Actor), Bytes: p.size(), KeyedHash: d.cfg.Hash.Sum([]byte(p.ExternalID)),
	})
}

// enter writes a line for a problem and returns the problem.
func (d *Door) enter(ctx context.Context, problem error, r dossier.Refusal) error {
	r.ID, r.Code = ident.New(d.cfg.Clock.Now()), dossier.CodeOf(problem)
	if err := d.cfg.Store.InsertRefusal(ctx, r); err != nil {
		return fmt.Errorf("enter refusal: %w", err)
	}
	return problem
}

// NoteFailure enters a reception that failed and left nothing to keep, so that a
// complaint can be answered. Doing it again changes nothing.
func (d *Door) NoteFailure(ctx context.Context, actor dossier.Actor, channel dossier.Channel, externalID string, code dossier.Code) error {
	sum := d.cfg.Hash.Sum([]byte(string(channel) + "\x00" + externalID))
	err := d.cfg.Store.InsertRefusal(ctx, dossier.Refusal{
		ID: fmt.Sprintf("failed-%x", sum[:10]), Channel: channel, Gateway: gatewayOf(actor), Code: code, KeyedHash: sum,
	})
	if err != nil {
		return fmt.Errorf("enter failed reception: %w", err)
	}
	return nil
}

// gatewayOf names a machine; people are not in the ledger.
func gatewayOf(actor dossier.Actor) string {
	if actor.Is(dossier.RoleGateway) {
		return actor.ID
	}
	return ""
}
