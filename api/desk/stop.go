package desk

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/conversion"
	"dispositivo/verify/review"
)

// Conversions is what the desk needs of conversion.Service.
type Conversions interface {
	StopFor(ctx context.Context, actor dossier.Actor, id string, reason conversion.StopReason) error
	UnderWay(ctx context.Context, actor dossier.Actor, holderID string) (dossier.Dossier, error)
}

// stopRoutes mounts the stop of a conversion for who cannot use the link (C12), below
// staff's.
func (d *Desk) stopRoutes(staff *gin.RouterGroup) {
	stop := staff.Group("/fascicoli/:dossier/ferma", d.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	stop.GET("", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, pathQueue) })
	stop.POST("", d.Edge.Handle(d.stop))
}

// stopForm offers to stop a conversion; without Reasons it does not.
type stopForm struct {
	Dossier string
	State   dossier.State
	Reasons []conversion.StopReason
}

// stopOf offers to stop what is under way to who works at the desk.
func stopOf(actor dossier.Actor, d dossier.Dossier) stopForm {
	if !works(actor) || d.State.Final() {
		return stopForm{}
	}
	return stopForm{Dossier: d.ID, State: d.State, Reasons: conversion.StopReasons()}
}

// stop withdraws a conversion under way, for a reason.
func (d *Desk) stop(c *gin.Context) error {
	reason := conversion.StopReason(c.PostForm("motivo"))
	if err := d.Conversions.StopFor(c.Request.Context(), edge.Actor(c), c.Param("dossier"), reason); err != nil {
		return d.stopProblem(c, err)
	}
	leave(c, pathQueue, "stopped")
	return nil
}

// stopProblem shows on the page that the form was on, as it is now, why nothing was
// stopped; on the queue, when the case is no longer the operator's.
func (d *Desk) stopProblem(c *gin.Context, err error) error {
	code := dossier.CodeOf(err)
	if code != dossier.CodeRequestInvalid && code != dossier.CodeConversionClosed {
		return err
	}
	page, pageErr := d.stopPage(c)
	switch {
	case pageErr != nil:
		return d.queueProblem(c, err)
	case code == dossier.CodeRequestInvalid:
		page.Field = "stop-reason"
		return d.showNoReason(c, page, err)
	}
	return d.showProblem(c, page, err)
}

// stopPage is the page that the form was on: its hidden fields name it.
func (d *Desk) stopPage(c *gin.Context) (ui.Page, error) {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	if id := c.PostForm("titolare"); id != "" {
		found, err := d.Revocation.View(ctx, actor, id)
		if err != nil {
			return ui.Page{}, err
		}
		return d.holderPage(c, found, holderData{})
	}
	if id := c.PostForm("pratica"); id != "" {
		k, err := d.Reviews.Case(ctx, actor, id)
		return casePage(newCaseData(actor, k, false, review.Verdict{})), err
	}
	k, err := d.Reviews.Dossier(ctx, actor, c.Param("dossier"))
	return casePage(newCaseData(actor, k, true, review.Verdict{})), err
}

// showNoReason shows a page whose form lacks its reason.
func (d *Desk) showNoReason(c *gin.Context, page ui.Page, err error) error {
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	problem.Title, problem.Detail = d.UI.Text(c, "ui.dossier.noreason.title"), d.UI.Text(c, "ui.dossier.noreason.detail")
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}
