package portal

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/conversion"
)

const pathStop = "/ferma"

// stopRoutes mounts the page behind a stop link (C12). Opening it changes nothing
// and looks nothing up: scanners of mail open links too.
func (p *Portal) stopRoutes(pages gin.IRouter) {
	on := p.Edge.Handle
	pages.GET(pathStop+"/:link", on(p.stopForm))
	pages.POST(pathStop, on(p.stop))
}

type stopData struct {
	Link string
	// Done is what the link led to; "" nothing yet.
	Done conversion.Stopped
	// Over: the link leads to nothing any more.
	Over bool
}

func stopPage(data stopData) ui.Page {
	return ui.Page{
		Name: "portal/stop", Title: "ui.stop.title", Here: pathStop + "/" + url.PathEscape(data.Link), Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.stop.title"}},
	}
}

func (p *Portal) stopForm(c *gin.Context) error {
	return p.show(c, stopPage(stopData{Link: c.Param("link")}))
}

func (p *Portal) stop(c *gin.Context) error {
	link := c.PostForm("link")
	done, err := p.Conversion.Stop(c.Request.Context(), link, edge.Source(c))
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others have a page of their own
	case "":
	case dossier.CodeStopOver, dossier.CodeRateLimited:
		return p.showProblem(c, stopPage(stopData{Link: link, Over: dossier.CodeOf(err) == dossier.CodeStopOver}), err)
	default:
		return err
	}
	page := stopPage(stopData{Done: done})
	page.Here = "/"
	return p.show(c, page)
}
