package desk

import (
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake"
)

// Ledger is what the desk needs of intake.Door.
type Ledger interface {
	Refusals(ctx context.Context, actor dossier.Actor, f dossier.RefusalFilter) (intake.RefusalPage, error)
}

type refusalsData struct {
	List        []dossier.Refusal
	First, Next string
	Channel     dossier.Channel
	Channels    []dossier.Channel
}

// refusals shows what was turned away at the door, the newest first.
func (d *Desk) refusals(c *gin.Context) error {
	f := dossier.RefusalFilter{Channel: dossier.Channel(c.Query("canale")), Before: c.Query("prima")}
	if f.Channel != "" && !slices.Contains(dossier.Channels(), f.Channel) {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	page, err := d.Ledger.Refusals(c.Request.Context(), edge.Actor(c), f)
	if err != nil {
		return err
	}
	data := refusalsData{List: page.Lines, Channel: f.Channel, Channels: dossier.Channels()}
	if f.Before != "" {
		data.First = refusalsAddress(f.Channel, "")
	}
	if page.Next != "" {
		data.Next = refusalsAddress(f.Channel, page.Next)
	}
	return d.show(c, ui.Page{
		Name: "desk/refusals", Title: "ui.ledger.title", Here: pathRefusals, Data: data, Crumbs: []ui.Crumb{{Key: "ui.ledger.title"}},
	})
}

// refusalsAddress is that of a page of the list; it holds nothing personal.
func refusalsAddress(channel dossier.Channel, before string) string {
	to := url.Values{}
	if channel != "" {
		to.Set("canale", string(channel))
	}
	if before != "" {
		to.Set("prima", before)
	}
	if len(to) == 0 {
		return pathRefusals
	}
	return pathRefusals + "?" + to.Encode()
}
