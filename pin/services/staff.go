package services

import (
	"bytes"
	"context"
	"fmt"

	"dispositivo/dossier"
)

// staff may see what another may use and has filed.
var staff = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

// Seen is what an operator sees of a holder: to say why a service is shut, and how a
// domanda stands.
type Seen struct {
	Holder dossier.Holder
	Who    Who
	Offers []Offer
	// Domande are the latest, without what the holder wrote.
	Domande []dossier.Domanda
}

// View returns what is open to a holder with the PIN as it stands, and what was
// filed; the look is logged before it is granted. CodeOwnDossier: nobody looks at
// oneself here; CodeNotFound: nobody, or of another office than the operator's.
func (d *Desk) View(ctx context.Context, actor dossier.Actor, holderID string) (Seen, error) {
	if err := actor.Require(staff...); err != nil {
		return Seen{}, err
	}
	h, err := d.cfg.Store.Holder(ctx, holderID)
	if err != nil {
		return Seen{}, fmt.Errorf("view services of holder: %w", err)
	}
	if bytes.Equal(actor.KeyedCF, d.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return Seen{}, dossier.Problem(dossier.CodeOwnDossier)
	}
	if actor.Office != "" && actor.Office != h.Office {
		return Seen{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err := d.cfg.Store.RecordHolderView(ctx, actor, h.ID); err != nil {
		return Seen{}, fmt.Errorf("view services of holder: %w", err)
	}
	list, err := d.cfg.Store.DomandeOf(ctx, h.ID, listed)
	if err != nil {
		return Seen{}, fmt.Errorf("list domande: %w", err)
	}
	for i := range list {
		list[i].Note = "" // for who works on it
	}
	who := WhoIs(dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID}, h)
	return Seen{Holder: h, Who: who, Offers: d.offers(who), Domande: list}, nil
}
