package portal

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/services"
)

const pathServices = "/servizi"

// Services is what the portal needs of services.Desk.
type Services interface {
	List(ctx context.Context, actor dossier.Actor) ([]services.Offer, error)
	Service(ctx context.Context, actor dossier.Actor, id string) (services.Offer, error)
	Enter(ctx context.Context, actor dossier.Actor, id string) (services.Service, error)
	File(ctx context.Context, actor dossier.Actor, draft services.Draft) (services.Filed, error)
	Domande(ctx context.Context, actor dossier.Actor) ([]dossier.Domanda, error)
	Domanda(ctx context.Context, actor dossier.Actor, id string) (dossier.Domanda, error)
	Receipt(ctx context.Context, actor dossier.Actor, id, lang string) ([]byte, error)
}

// serviceRoutes mounts services and domande; r lets holders in, also with the
// first half alone (A10).
func (p *Portal) serviceRoutes(r gin.IRouter) {
	on := p.Edge.Handle
	r.GET(pathServices, on(p.services))
	r.GET(pathServices+"/:service", on(p.service))
	r.POST(pathServices+"/:service/ingresso", on(p.enterService))
	r.GET(pathDomande, on(p.domande))
	r.POST(pathDomande, on(p.fileDomanda))
	r.GET(pathDomande+"/:id", on(p.domanda))
	r.GET(pathDomande+"/:id/ricevuta.pdf", on(p.domandaReceipt))
}

// servicesData parts the list into what can be used and what cannot.
type servicesData struct{ Usable, Shut []services.Offer }

func (p *Portal) services(c *gin.Context) error {
	offers, err := p.Services.List(c.Request.Context(), edge.Acting(c))
	if err != nil {
		return err
	}
	var data servicesData
	for _, o := range offers {
		if o.Open || o.Held {
			data.Usable = append(data.Usable, o)
		} else {
			data.Shut = append(data.Shut, o)
		}
	}
	return p.show(c, ui.Page{
		Name: "portal/services", Title: "ui.services.title", Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.services.title"}},
	})
}

type serviceData struct {
	services.Offer
	// Entered: the holder is in.
	Entered bool
	// Key and Note are the form's.
	Key, Note string
}

func (p *Portal) servicePage(data serviceData) ui.Page {
	return ui.Page{
		Name: "portal/service", Title: "ui.services.title", Here: servicePath(data.ID), Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.services.title", URL: pathServices}, {Key: "ui.service.title"}},
	}
}

// service shows one service: its form, or by which rule it is shut.
func (p *Portal) service(c *gin.Context) error {
	o, err := p.Services.Service(c.Request.Context(), edge.Acting(c), c.Param("service"))
	if err != nil {
		return err
	}
	page := p.servicePage(serviceData{Offer: o, Entered: o.Open && c.Query("dentro") != "", Key: formKey()})
	if err := o.Err(); err != nil {
		return p.showProblem(c, page, err)
	}
	return p.show(c, page)
}

// enterService writes the access into the log, then shows the service: its page on
// this portal, or that the holder is in.
func (p *Portal) enterService(c *gin.Context) error {
	s, err := p.Services.Enter(c.Request.Context(), edge.Acting(c), c.Param("service"))
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, cmp.Or(s.Page, servicePath(s.ID)+"?dentro=1"))
	return nil
}

func servicePath(id string) string { return pathServices + "/" + url.PathEscape(id) }
