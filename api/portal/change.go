package portal

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin"
)

type changeData struct {
	// Shown is the new PIN in groups of four, on the one page that shows it.
	Shown string
	Until time.Time
	// Waits: a PIN was shown and is to be typed back.
	Waits bool
	// Must: nothing else opens before.
	Must bool
}

func changePage(c *gin.Context, data changeData) ui.Page {
	data.Must = edge.Actor(c).Is(dossier.RoleMustChange)
	page := ui.Page{Name: "portal/change", Title: "ui.change.title", Here: pathChange, Data: data}
	if !data.Must {
		page.Crumbs = []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}}
	}
	page.Crumbs = append(page.Crumbs, ui.Crumb{Key: "ui.change.title"})
	return page
}

func (p *Portal) changeForm(c *gin.Context) error { return p.show(c, changePage(c, changeData{})) }

// propose shows a new PIN, once: the page comes from a POST, is not stored
// anywhere, and asking for it again draws another (B2).
func (p *Portal) propose(c *gin.Context) error {
	s, _ := edge.SessionOf(c)
	proposal, err := p.Access.ProposeChange(c.Request.Context(), s)
	if err != nil {
		return err
	}
	return p.show(c, changePage(c, changeData{Shown: pin.Group(proposal.PIN), Until: proposal.Until, Waits: true}))
}

// change makes the new PIN count when it is typed back right.
func (p *Portal) change(c *gin.Context) error {
	s, _ := edge.SessionOf(c)
	err := p.Access.Change(c.Request.Context(), s, c.PostForm("pin"))
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others have a page of their own
	case "":
		c.Redirect(http.StatusSeeOther, pathArea+"?pin=cambiato")
		return nil
	case dossier.CodePINNotRepeated:
		page := changePage(c, changeData{Waits: true})
		page.Field = "pin"
		return p.showProblem(c, page, err)
	case dossier.CodePINProposalOver:
		return p.showProblem(c, changePage(c, changeData{}), err)
	default:
		return err
	}
}
