package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/delegation"
)

// actingFor names the delegation under which a request is made (B10).
const actingFor = "Acting-For"

// delegationRoutes mounts delegations (B10): each side's own, in person.
func (a *API) delegationRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	own := r.Group("/delegations", a.Edge.Only(dossier.RoleCitizen))
	own.GET("", h(a.delegations))
	own.POST("", h(a.grantDelegation))
	own.POST("/:id/acceptance", h(a.moveDelegation((*delegation.Service).Accept)))
	own.POST("/:id/refusal", h(a.moveDelegation((*delegation.Service).Decline)))
	own.POST("/:id/end", h(a.moveDelegation((*delegation.Service).End)))
}

// acting returns who asks and for whom: as the header says, at every request
// anew. What a session of the portal chose does not count here, for a client
// could not see it. A header that names no delegation is a mistake, never leave
// to act in the own name.
func (a *API) acting(c *gin.Context) (dossier.Actor, error) {
	actor := edge.Actor(c)
	ids := c.Request.Header.Values(actingFor)
	if len(ids) == 0 {
		return actor, nil
	}
	if len(ids) > 1 || ids[0] == "" {
		return dossier.Actor{}, dossier.Problem(dossier.CodeRequestInvalid)
	}
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Actor{}, err
	}
	m, err := a.Delegation.Mandate(c.Request.Context(), actor, ids[0])
	if dossier.CodeOf(err) == dossier.CodeNotFound { // others' look like none, and like one that is over
		return dossier.Actor{}, &dossier.Error{Code: dossier.CodeDelegationOver, Err: err}
	}
	if err != nil {
		return dossier.Actor{}, err
	}
	actor.Mandate = m
	return actor, nil
}

// inPerson refuses Acting-For where nobody acts for another: to overlook it would
// do in the own name what was meant for somebody else.
func (a *API) inPerson(c *gin.Context) {
	if _, ok := edge.SessionOf(c); ok && len(c.Request.Header.Values(actingFor)) > 0 {
		a.Edge.Fail(c, dossier.Problem(dossier.CodeForbidden))
		return
	}
	c.Next()
}

type delegationAnswer struct {
	ID    string                  `json:"id"`
	Kind  dossier.DelegationKind  `json:"kind"`
	State dossier.DelegationState `json:"state"`
	// Side is the part of who asks, Other the name of the other side.
	Side      string    `json:"side"`
	Other     string    `json:"other"`
	InForce   bool      `json:"in_force"`
	FromAt    time.Time `json:"from_at"`
	UntilAt   time.Time `json:"until_at"`
	GrantedAt time.Time `json:"granted_at"`
}

func (a *API) delegations(c *gin.Context) error {
	all, err := a.Delegation.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"delegations": each(all, delegationOf)})
	return nil
}

func delegationOf(v delegation.View) delegationAnswer {
	side := "delegator"
	if v.Delegate {
		side = "delegate"
	}
	return delegationAnswer{
		ID: v.ID, Kind: v.Kind, State: v.State, Side: side, Other: v.Other, InForce: v.InForce,
		FromAt: v.From, UntilAt: v.Until, GrantedAt: v.GrantedAt,
	}
}

type delegationRequest struct {
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
	Surname       string `json:"surname" binding:"required"`
	From          string `json:"from"`
	Until         string `json:"until" binding:"required"`
}

func (a *API) grantDelegation(c *gin.Context) error {
	var req delegationRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	id, err := a.Delegation.Grant(c.Request.Context(), edge.Actor(c), delegation.Grant{
		CodiceFiscale: req.CodiceFiscale, Surname: req.Surname, From: req.From, Until: req.Until,
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, gin.H{"id": id})
	return nil
}

// moveDelegation accepts, declines or ends one.
func (a *API) moveDelegation(move func(*delegation.Service, context.Context, dossier.Actor, string) error) edge.Handler {
	return func(c *gin.Context) error {
		if err := move(a.Delegation, c.Request.Context(), edge.Actor(c), c.Param("id")); err != nil {
			return err
		}
		c.Status(http.StatusNoContent)
		return nil
	}
}
