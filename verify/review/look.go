package review

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"dispositivo/dossier"
)

// Case returns everything about a claimed dossier, to its reviewer alone, and
// prolongs the lease. CodeLeaseLost when the lease is over.
func (d *Desk) Case(ctx context.Context, actor dossier.Actor, reviewID string) (Case, error) {
	lease, err := d.mine(ctx, actor, reviewID)
	if err != nil {
		return Case{}, err
	}
	if err := d.cfg.Store.RenewLease(ctx, lease.ID, d.cfg.Lease); err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	lease.LeaseUntil = d.cfg.Clock.Now().Add(d.cfg.Lease)
	return d.load(ctx, actor, lease)
}

// Dossier returns everything about a dossier to those who may look on without
// deciding.
func (d *Desk) Dossier(ctx context.Context, actor dossier.Actor, dossierID string) (Case, error) {
	if err := actor.Require(onlookers...); err != nil {
		return Case{}, err
	}
	c, err := d.load(ctx, actor, Lease{DossierID: dossierID})
	if err == nil && actor.Office != "" && actor.Office != c.Dossier.Office {
		return Case{}, dossier.Problem(dossier.CodeNotFound)
	}
	return c, err
}

func (d *Desk) load(ctx context.Context, actor dossier.Actor, lease Lease) (Case, error) {
	ds, err := d.cfg.Store.Dossier(ctx, lease.DossierID)
	if err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	h, err := d.cfg.Store.Holder(ctx, ds.HolderID)
	if err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	form, _, _, err := d.cfg.Store.Form(ctx, ds.ID)
	if err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	seen, err := d.cfg.Store.Seen(ctx, actor.ID, ds.ID)
	if err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	decisions, err := d.cfg.Store.Decisions(ctx, ds.ID, true)
	if err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	entries, err := d.cfg.Store.History(ctx, ds.ID)
	if err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	c := Case{
		Claim: claimOf(lease, ds), Dossier: ds, Person: h.Person, Form: form, Kind: h.PIN.Kind,
		Seen: seen, Decisions: decisions, FourEyes: d.cfg.FourEyes,
	}
	if c.Zones, err = d.zones(ds); err != nil {
		return Case{}, fmt.Errorf("open case: %w", err)
	}
	for _, e := range entries {
		c.History = append(c.History, Event{At: e.At, Actor: e.Actor, Action: e.Action})
	}
	return c, nil
}

// zones opens what was read off the dossier's identity documents.
func (d *Desk) zones(ds dossier.Dossier) ([]dossier.Zone, error) {
	var all []dossier.Zone
	for _, f := range ds.Files() {
		if len(f.SealedZones) == 0 {
			continue
		}
		note, err := d.cfg.Pictures.OpenNote(f, f.SealedZones)
		if err != nil {
			return nil, err
		}
		var zones []dossier.Zone
		if err := json.Unmarshal(note, &zones); err != nil {
			return nil, fmt.Errorf("decode zones: %w", err)
		}
		all = append(all, zones...)
	}
	return all, nil
}

// Page returns a page as the sandbox drew it, and logs the look before it is
// granted (promise 5). A full look by a reviewer who holds the dossier counts
// as seen and prolongs the lease.
//
// Reviewers see the pages of the dossier in their hands, and of submissions in
// quarantine or without dossier; onlookers see all.
func (d *Desk) Page(ctx context.Context, actor dossier.Actor, documentID string, n int, size Size) (Image, error) {
	if err := actor.Require(everyone...); err != nil {
		return Image{}, err
	}
	sub, err := d.cfg.Store.FileSubmission(ctx, documentID)
	if err != nil {
		return Image{}, fmt.Errorf("read page: %w", err)
	}
	if err := d.mayLook(ctx, actor, sub); err != nil {
		return Image{}, err
	}
	file, page, err := find(sub, documentID, n)
	if err != nil {
		return Image{}, err
	}
	if err := d.cfg.Store.RecordView(ctx, actor, sub, file.ID, page, size == SizeFull); err != nil {
		return Image{}, fmt.Errorf("log view: %w", err)
	}
	name := page.ImageBlob
	if size == SizeThumb {
		name = page.ThumbBlob
	}
	data, err := d.cfg.Pictures.Open(ctx, file, name)
	if err != nil {
		return Image{}, fmt.Errorf("open page: %w", err)
	}
	return Image{ContentType: contentType(data), Data: data}, nil
}

func find(sub dossier.Submission, fileID string, n int) (dossier.File, dossier.Page, error) {
	for _, f := range sub.Documents {
		for _, p := range f.Pages {
			if f.ID == fileID && p.N == n && p.ImageBlob != "" {
				return f, p, nil
			}
		}
	}
	return dossier.File{}, dossier.Page{}, dossier.Problem(dossier.CodeNotFound)
}

// mayLook denies by default; a page that may not be seen does not exist.
func (d *Desk) mayLook(ctx context.Context, actor dossier.Actor, sub dossier.Submission) error {
	switch {
	case actor.Is(onlookers...) && actor.Office == "":
		return nil
	case sub.DossierID == "" && actor.Sees(sub.Office):
		return nil // an unmatched submission belongs to nobody yet
	case sub.DossierID == "":
		return dossier.Problem(dossier.CodeNotFound) // it was scanned at another office
	}
	ds, err := d.cfg.Store.Dossier(ctx, sub.DossierID)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	if actor.Office != "" && actor.Office != ds.Office {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if actor.Is(onlookers...) {
		return nil
	}
	held, err := d.cfg.Store.HeldReview(ctx, actor.ID)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	if held.DossierID != sub.DossierID {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if err := d.cfg.Store.RenewLease(ctx, held.ID, d.cfg.Lease); err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	return nil
}

// contentType names what the sandbox wrote: PNG, or else JPEG.
func contentType(data []byte) string {
	if bytes.HasPrefix(data, []byte("\x89PNG")) {
		return "image/png"
	}
	return "image/jpeg"
}
