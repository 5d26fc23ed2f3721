package portal

import (
	"context"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/recovery"
)

const pathRecover = "/pin/ripristino"

// Recovery is what the portal needs of recovery.Service.
type Recovery interface {
	Ask(ctx context.Context, a recovery.Ask) error
	Confirm(ctx context.Context, a recovery.Answer) error
}

// recoverRoutes mounts the pages of a recovery. The link of a message only shows a
// page: what counts is sent by it.
func (p *Portal) recoverRoutes(pages gin.IRouter) {
	on := p.Edge.Handle
	pages.GET(pathRecover, on(p.recoverForm))
	pages.POST(pathRecover, on(p.recoverAsk))
	pages.GET(pathRecover+"/:link", on(p.recoverCodeForm))
	pages.POST(pathRecover+"/conferma", on(p.recoverConfirm))
}

type recoverData struct {
	CodiceFiscale, Mobile, Address string
	// Done says that something was asked; never what came of it.
	Done bool
}

func recoverPage(data recoverData) ui.Page {
	return ui.Page{
		Name: "portal/recover", Title: "ui.recover.title", Here: pathRecover, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.recover.title"}},
	}
}

func (p *Portal) recoverForm(c *gin.Context) error { return p.show(c, recoverPage(recoverData{})) }

// recoverAsk answers everybody alike (D1).
func (p *Portal) recoverAsk(c *gin.Context) error {
	data := recoverData{CodiceFiscale: c.PostForm("codice_fiscale"), Mobile: c.PostForm("cellulare"), Address: c.PostForm("indirizzo")}
	err := p.Recovery.Ask(c.Request.Context(), recovery.Ask{
		CodiceFiscale: data.CodiceFiscale, Mobile: data.Mobile, Address: data.Address, Source: edge.Source(c),
	})
	if err != nil {
		page := recoverPage(data)
		switch dossier.CodeOf(err) { //nolint:exhaustive // the others have no field to blame
		case dossier.Code(dossier.CodiceFiscaleBad):
			page.Field = "cf"
		case dossier.CodeContactInvalid:
			page.Field = argOf(err, "kind")
		}
		return p.showProblem(c, page, err)
	}
	return p.show(c, recoverPage(recoverData{Done: true}))
}

type recoverCodeData struct {
	Link, CodiceFiscale string
	Done                bool
}

func recoverCodePage(data recoverCodeData) ui.Page {
	return ui.Page{
		Name: "portal/recovercode", Title: "ui.recover.code.title", Here: pathRecover + "/" + url.PathEscape(data.Link), Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.recover.title", URL: pathRecover}, {Key: "ui.recover.code.title"}},
	}
}

// recoverCodeForm is where the message's link leads: it looks nothing up.
func (p *Portal) recoverCodeForm(c *gin.Context) error {
	return p.show(c, recoverCodePage(recoverCodeData{Link: c.Param("link")}))
}

func (p *Portal) recoverConfirm(c *gin.Context) error {
	data := recoverCodeData{Link: c.PostForm("link"), CodiceFiscale: c.PostForm("codice_fiscale")}
	err := p.Recovery.Confirm(c.Request.Context(), recovery.Answer{
		Link: data.Link, CodiceFiscale: data.CodiceFiscale, Code: c.PostForm("codice"), Source: edge.Source(c),
	})
	if err != nil {
		page := recoverCodePage(data)
		if dossier.CodeOf(err) == dossier.CodeChallengeWrong {
			page.Field = "code"
		}
		return p.showProblem(c, page, err)
	}
	page := recoverCodePage(recoverCodeData{Done: true})
	page.Here = pathRecover
	return p.show(c, page)
}
