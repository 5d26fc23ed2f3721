package main

import (
	"context"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/pin/delegation"
	catalogue "dispositivo/pin/services"
)

// delegates delegates the demonstration's patronato, which accepts and files a
// domanda. What was begun is not played again.
func (a *actor) delegates(ctx context.Context) error {
	begun, err := a.house.store.DelegationsOf(ctx, a.holder.ID, 1)
	if err != nil || len(begun) > 0 {
		return err
	}
	for _, c := range demo.Citizens() {
		if c.Scene != demo.SceneDelegate {
			continue
		}
		to, err := a.house.store.HolderByCF(ctx, c.CodiceFiscale.String())
		if err != nil {
			return err
		}
		return a.delegate(ctx, dossier.Actor{Role: dossier.RoleCitizen, ID: to.ID}, to)
	}
	return nil
}

func (a *actor) delegate(ctx context.Context, who dossier.Actor, to dossier.Holder) error {
	id, err := a.services.delegation.Grant(ctx, a.self(), delegation.Grant{
		CodiceFiscale: to.Person.CodiceFiscale, Surname: to.Person.Surname, Until: isoDay(a.now.AddDate(1, 0, 0)),
	})
	if err != nil {
		return err
	}
	if err := a.services.delegation.Accept(ctx, who, id); err != nil {
		return err
	}
	if who.Mandate, err = a.services.delegation.Mandate(ctx, who, id); err != nil {
		return err
	}
	_, err = a.services.catalogue.File(ctx, who, catalogue.Draft{Service: "riscatto-laurea", Key: "demo"})
	return err
}
