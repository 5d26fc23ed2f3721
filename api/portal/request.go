package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/request"
)

const (
	pathRequest     = "/richiesta-pin"
	pathRequestData = "/richiesta-pin/dati"
	pathRequestDone = "/richiesta-pin/inviata"
)

// requestPage is the first page of a request: codice fiscale and residence.
func requestPage(data ui.Asking) ui.Page {
	return ui.Page{
		Name: "portal/request", Title: "ui.request.title", Here: pathRequest, Data: data, Field: data.First,
		Crumbs: []ui.Crumb{{Key: "ui.request.title"}},
	}
}

// requestDataPage is the second page: everything else. What the first page said
// comes along in the form, and is checked again with the rest: nothing of it is
// in an address, and nothing needs to be believed.
func requestDataPage(data ui.Asking) ui.Page {
	data.WithBand, data.WithCode, data.Reach = true, true, true
	if data.Person.Address.State == somewhere {
		data.Person.Address.State = ""
	}
	return ui.Page{
		Name: "portal/request_data", Title: "ui.request.title", Here: pathRequest, Data: data, Field: data.First,
		Crumbs: []ui.Crumb{{Key: "ui.request.title", URL: pathRequest}, {Key: "ui.request.personal"}},
	}
}

// requestRoutes mounts the pages of asking for a PIN (A1).
func (p *Portal) requestRoutes(pages gin.IRouter) {
	on := p.Edge.Handle
	pages.GET(pathRequest, on(p.requestForm))
	pages.POST(pathRequest, on(p.requestBegin))
	pages.GET(pathRequestData, func(c *gin.Context) { c.Redirect(http.StatusSeeOther, pathRequest) })
	pages.POST(pathRequestData, on(p.requestSend))
	pages.GET(pathRequestDone, on(p.requestDone))
}

func (p *Portal) requestForm(c *gin.Context) error { return p.show(c, requestPage(ui.Asking{})) }

// requestBegin takes the first page and shows the second.
func (p *Portal) requestBegin(c *gin.Context) error {
	data := asking(c)
	if c.PostForm("residence") == "" || c.PostForm("italian_document") == "" {
		return p.showProblem(c, requestPage(data), dossier.Problem(dossier.CodeRequestInvalid))
	}
	if err := p.Requests.Begin(data.Person); err != nil {
		data.Mark(err)
		return p.showProblem(c, requestPage(data), err)
	}
	return p.show(c, requestDataPage(data))
}

// requestSend takes the second page.
func (p *Portal) requestSend(c *gin.Context) error {
	data := asking(c)
	err := p.Requests.Ask(c.Request.Context(), request.Ask{
		Person: data.Person, Type: data.Type, Band: data.Band, Confirmed: ui.ConfirmedParts(c), Source: edge.Source(c),
	})
	if err != nil {
		data.Mark(err)
		return p.showProblem(c, requestDataPage(data), err)
	}
	c.Redirect(http.StatusSeeOther, pathRequestDone)
	return nil
}

// somewhere stands for a state that was not named yet: abroad all the same. It
// is no state, and does not get past the second page.
const somewhere = "-"

// asking reads either page.
func asking(c *gin.Context) ui.Asking {
	data := ui.ReadAsking(c, edge.Lang(c))
	data.AtHome = c.PostForm("residence") != "abroad"
	switch {
	case data.AtHome:
		data.Person.Address.State = ""
	case data.Person.Address.State == "":
		data.Person.Address.State = somewhere
	}
	return data
}

func (p *Portal) requestDone(c *gin.Context) error {
	return p.show(c, ui.Page{
		Name: "portal/request_done", Title: "ui.request.done.title", Crumbs: []ui.Crumb{{Key: "ui.request.title"}},
	})
}
