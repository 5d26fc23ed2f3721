package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/revocation"
)

const pathHolders = pathDesk + "/titolari"

// Revocation is what the desk needs of revocation.Service.
type Revocation interface {
	Find(ctx context.Context, actor dossier.Actor, codiceFiscale string) (revocation.Found, error)
	Cases(ctx context.Context, actor dossier.Actor) ([]dossier.StopCase, error)
	View(ctx context.Context, actor dossier.Actor, holderID string) (revocation.Found, error)
	Carry(ctx context.Context, actor dossier.Actor, act revocation.Act) error
}

// holderRoutes mounts the pages below staff's: who may act on the PIN of another.
func (d *Desk) holderRoutes(staff *gin.RouterGroup) {
	on := d.Edge.Handle
	acts := staff.Group("/titolari", d.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	acts.GET("", on(d.holderForm))
	acts.POST("", on(d.findHolder))
	acts.GET("/:holder", on(d.holder))
	acts.POST("/:holder", on(d.actOnPIN))
	acts.GET("/:holder/servizi", on(d.services))
	d.guardianRoutes(acts.Group("/:holder"))
	d.keptRoutes(acts.Group("/:holder"))
}

type findData struct {
	CodiceFiscale string
	// Cases are PINs that a stop link suspended (C12).
	Cases []dossier.StopCase
}

func findPage(data findData) ui.Page {
	return ui.Page{
		Name: "desk/holders", Title: "ui.holders.title", Here: pathHolders, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.holders.title"}},
	}
}

func (d *Desk) holderForm(c *gin.Context) error {
	cases, err := d.Revocation.Cases(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	return d.show(c, findPage(findData{Cases: cases}))
}

// findHolder is sent, so that no codice fiscale is in an address; the look is logged.
func (d *Desk) findHolder(c *gin.Context) error {
	cf := c.PostForm("codice_fiscale")
	found, err := d.Revocation.Find(c.Request.Context(), edge.Actor(c), cf)
	if err != nil {
		return d.notFound(c, cf, err)
	}
	return d.showHolder(c, found, holderData{})
}

// notFound shows why nobody was found, with the cases beside it.
func (d *Desk) notFound(c *gin.Context, cf string, err error) error {
	cases, casesErr := d.Revocation.Cases(c.Request.Context(), edge.Actor(c))
	if casesErr != nil {
		return err
	}
	page := findPage(findData{CodiceFiscale: cf, Cases: cases})
	page.Field = "cf"
	return d.showProblem(c, page, err)
}

type holderData struct {
	revocation.Found
	Locked  bool
	Reasons []string
	// Action, Reason and Note are what was chosen.
	Action       revocation.Action
	Reason, Note string
	// Done is what was carried out; "" nothing.
	Done revocation.Action
	// Stop offers to stop the conversion under way.
	Stop stopForm
}

func (d *Desk) holderPage(c *gin.Context, found revocation.Found, data holderData) (ui.Page, error) {
	data.Found, data.Reasons = found, revocation.Reasons()
	data.Locked = found.Lock.LockedUntil.After(d.Now())
	actor := edge.Actor(c)
	under, err := d.Conversions.UnderWay(c.Request.Context(), actor, found.Holder.ID)
	switch {
	case err == nil:
		data.Stop = stopOf(actor, under)
	case dossier.CodeOf(err) != dossier.CodeNotFound:
		return ui.Page{}, err
	}
	return ui.Page{
		Name: "desk/holder", Title: "ui.holders.holder", Here: pathHolders + "/" + url.PathEscape(found.Holder.ID), Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.holders.title", URL: pathHolders}, {Key: "ui.holders.holder"}},
	}, nil
}

func (d *Desk) showHolder(c *gin.Context, found revocation.Found, data holderData) error {
	page, err := d.holderPage(c, found, data)
	if err != nil {
		return err
	}
	return d.show(c, page)
}

func (d *Desk) holder(c *gin.Context) error {
	found, err := d.Revocation.View(c.Request.Context(), edge.Actor(c), c.Param("holder"))
	if err != nil {
		return err
	}
	data := holderData{}
	if done := revocation.Action(c.Query("fatto")); slices.Contains(revocation.Actions(), done) {
		data.Done = done
	}
	return d.showHolder(c, found, data)
}

// actOnPIN carries out what an operator chose, with its reason (D3).
func (d *Desk) actOnPIN(c *gin.Context) error {
	act := revocation.Act{
		HolderID: c.Param("holder"), Action: revocation.Action(c.PostForm("action")), Reason: c.PostForm("reason"), Note: c.PostForm("note"),
	}
	act.Version, _ = strconv.ParseInt(c.PostForm("version"), 10, 64) // none is refused
	err := d.Revocation.Carry(c.Request.Context(), edge.Actor(c), act)
	if err == nil {
		leave(c, pathHolders+"/"+url.PathEscape(act.HolderID), string(act.Action))
		return nil
	}
	if code := dossier.CodeOf(err); d.Edge.Problem(c, err).Status >= http.StatusInternalServerError || code == dossier.CodeOwnDossier || code == dossier.CodeNotFound {
		return err
	}
	found, viewErr := d.Revocation.View(c.Request.Context(), edge.Actor(c), act.HolderID)
	if viewErr != nil {
		return err
	}
	page, pageErr := d.holderPage(c, found, holderData{Action: act.Action, Reason: act.Reason, Note: act.Note})
	if pageErr != nil {
		return err
	}
	if dossier.CodeOf(err) == dossier.CodeRequestInvalid {
		page.Field = "actions"
	}
	return d.showProblem(c, page, err)
}
