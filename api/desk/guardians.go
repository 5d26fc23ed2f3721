package desk

import (
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/delegation"
)

// Guardians is what the desk needs of delegation.Service.
type Guardians interface {
	Guardians(ctx context.Context, actor dossier.Actor, wardID string) ([]delegation.View, error)
	RecordGuardian(ctx context.Context, actor dossier.Actor, wardID string, g delegation.Guardian) error
	EndGuardian(ctx context.Context, actor dossier.Actor, wardID, id, reason string) error
}

// guardianRoutes mounts the pages below a holder's.
func (d *Desk) guardianRoutes(holder *gin.RouterGroup) {
	on := d.Edge.Handle
	holder.GET("/tutori", on(d.guardians))
	holder.POST("/tutori", on(d.recordGuardian))
	holder.POST("/tutori/:id/fine", on(d.endGuardian))
}

func pathGuardians(holderID string) string {
	return pathHolders + "/" + url.PathEscape(holderID) + "/tutori"
}

type guardiansData struct {
	Ward string
	List []delegation.View
	// Guardian is what was typed and refused.
	Guardian delegation.Guardian
	// Ends is the guardianship whose end was refused for want of a reason.
	Ends string
	Done bool
}

func (d *Desk) guardiansPage(c *gin.Context, data guardiansData) (ui.Page, error) {
	data.Ward = c.Param("holder")
	var err error
	if data.List, err = d.Guardians.Guardians(c.Request.Context(), edge.Actor(c), data.Ward); err != nil {
		return ui.Page{}, err
	}
	return ui.Page{
		Name: "desk/guardians", Title: "ui.guardians.title", Here: pathGuardians(data.Ward), Data: data,
		Crumbs: []ui.Crumb{
			{Key: "ui.holders.title", URL: pathHolders},
			{Key: "ui.holders.holder", URL: pathHolders + "/" + url.PathEscape(data.Ward)},
			{Key: "ui.guardians.title"},
		},
	}, nil
}

func (d *Desk) guardians(c *gin.Context) error {
	page, err := d.guardiansPage(c, guardiansData{Done: c.Query("fatto") != ""})
	if err != nil {
		return err
	}
	return d.show(c, page)
}

// recordGuardian records what an operator saw a court's order for (B10).
func (d *Desk) recordGuardian(c *gin.Context) error {
	g := delegation.Guardian{
		Grant: delegation.Grant{
			CodiceFiscale: c.PostForm("codice_fiscale"), Surname: c.PostForm("cognome"), From: c.PostForm("dal"), Until: c.PostForm("fino"),
		},
		Deed: c.PostForm("provvedimento"),
	}
	if err := d.Guardians.RecordGuardian(c.Request.Context(), edge.Actor(c), c.Param("holder"), g); err != nil {
		return d.guardianProblem(c, guardiansData{Guardian: g}, "deed", err)
	}
	leave(c, pathGuardians(c.Param("holder")), "1")
	return nil
}

func (d *Desk) endGuardian(c *gin.Context) error {
	id := c.Param("id")
	if err := d.Guardians.EndGuardian(c.Request.Context(), edge.Actor(c), c.Param("holder"), id, c.PostForm("motivo")); err != nil {
		return d.guardianProblem(c, guardiansData{Ends: id}, "why-"+id, err)
	}
	leave(c, pathGuardians(c.Param("holder")), "1")
	return nil
}

// guardianProblem shows what can be mended beside the form; empty is the field that a
// request without it lacks.
func (d *Desk) guardianProblem(c *gin.Context, data guardiansData, empty string, err error) error {
	fields := map[dossier.Code]string{
		dossier.CodeRequestInvalid: empty, dossier.CodeDelegationDelegate: "cf", dossier.CodeDelegationDates: "until",
	}
	mendable := []dossier.Code{
		dossier.CodeRequestInvalid, dossier.CodeDelegationDelegate, dossier.CodeDelegationDates, dossier.CodeDelegationTaken, dossier.CodeConflict,
	}
	if !slices.Contains(mendable, dossier.CodeOf(err)) {
		return err
	}
	page, pageErr := d.guardiansPage(c, data)
	if pageErr != nil {
		return pageErr
	}
	page.Field = fields[dossier.CodeOf(err)]
	return d.showProblem(c, page, err)
}
