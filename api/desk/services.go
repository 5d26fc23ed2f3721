package desk

import (
	"context"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/delegation"
	"dispositivo/pin/services"
)

// Services is what the desk needs of services.Desk.
type Services interface {
	View(ctx context.Context, actor dossier.Actor, holderID string) (services.Seen, error)
}

// Delegations is what the desk needs of delegation.Service.
type Delegations interface {
	Of(ctx context.Context, actor dossier.Actor, holderID string) ([]delegation.View, error)
}

type servicesData struct {
	services.Seen
	Given, Taken []delegation.View
}

// services shows what a holder may use, has filed, and who acts for whom: to answer
// who asks, not to do it for them.
func (d *Desk) services(c *gin.Context) error {
	ctx, actor, id := c.Request.Context(), edge.Actor(c), c.Param("holder")
	seen, err := d.Services.View(ctx, actor, id)
	if err != nil {
		return err
	}
	all, err := d.Delegations.Of(ctx, actor, id)
	if err != nil {
		return err
	}
	data := servicesData{Seen: seen}
	for _, v := range all {
		if v.Delegate {
			data.Taken = append(data.Taken, v)
		} else {
			data.Given = append(data.Given, v)
		}
	}
	holder := pathHolders + "/" + url.PathEscape(id)
	return d.show(c, ui.Page{
		Name: "desk/services", Title: "ui.seen.title", Here: holder + "/servizi", Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.holders.title", URL: pathHolders}, {Key: "ui.holders.holder", URL: holder}, {Key: "ui.seen.title"}},
	})
}
