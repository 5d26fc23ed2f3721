package portal

import (
	"context"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/journal"
)

const (
	pathOperations = "/area/operazioni"
	pathOwnMail    = "/area/messaggi"
)

// Journal is what the portal needs of journal.Service.
type Journal interface {
	Own(ctx context.Context, actor dossier.Actor, before int64) (journal.Page, error)
	Messages(ctx context.Context, actor dossier.Actor, before string) (journal.Messages, error)
}

func (p *Portal) journalRoutes(own gin.IRouter) {
	own.GET(pathOperations, p.Edge.Handle(p.operations))
	own.GET(pathOwnMail, p.Edge.Handle(p.ownMail))
}

// pageOf is a part of a list on a page; Next is the address of what follows.
type pageOf[T any] struct {
	List        []T
	First, Next string
}

func (p *Portal) operations(c *gin.Context) error {
	before, err := strconv.ParseInt(c.DefaultQuery("prima", "0"), 10, 64)
	if err != nil {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	page, err := p.Journal.Own(c.Request.Context(), edge.Actor(c), before)
	if err != nil {
		return err
	}
	data := pageOf[journal.Line]{List: page.Lines}
	if before > 0 {
		data.First = pathOperations
	}
	if page.Next != nil {
		data.Next = pathOperations + "?prima=" + strconv.FormatInt(page.Next.Before, 10)
	}
	return p.show(c, ui.Page{
		Name: "portal/operations", Title: "ui.operations.title", Here: pathOperations, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.operations.title"}},
	})
}

func (p *Portal) ownMail(c *gin.Context) error {
	before := c.Query("prima")
	m, err := p.Journal.Messages(c.Request.Context(), edge.Actor(c), before)
	if err != nil {
		return err
	}
	data := pageOf[dossier.Message]{List: m.List}
	if before != "" {
		data.First = pathOwnMail
	}
	if m.Next != "" {
		data.Next = pathOwnMail + "?prima=" + url.QueryEscape(m.Next)
	}
	return p.show(c, ui.Page{
		Name: "portal/ownmail", Title: "ui.ownmail.title", Here: pathOwnMail, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.ownmail.title"}},
	})
}
