package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/delegation"
)

// guardianRoutes mounts the guardians that offices record and end (B10).
func (a *API) guardianRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	staff := r.Group("/holders/:id/guardians", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	staff.GET("", h(a.guardians))
	staff.POST("", h(a.recordGuardian))
	staff.POST("/:guardian/end", h(a.endGuardian))
}

type guardianAnswer struct {
	ID         string                  `json:"id"`
	State      dossier.DelegationState `json:"state"`
	Guardian   string                  `json:"guardian"` // the name
	InForce    bool                    `json:"in_force"`
	FromAt     time.Time               `json:"from_at"`
	UntilAt    time.Time               `json:"until_at"`
	RecordedAt time.Time               `json:"recorded_at"`
}

func (a *API) guardians(c *gin.Context) error {
	all, err := a.Delegation.Guardians(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	list := make([]guardianAnswer, len(all))
	for i, v := range all {
		list[i] = guardianAnswer{
			ID: v.ID, State: v.State, Guardian: v.Other, InForce: v.InForce, FromAt: v.From, UntilAt: v.Until, RecordedAt: v.GrantedAt,
		}
	}
	c.JSON(http.StatusOK, gin.H{"guardians": list})
	return nil
}

type guardianRequest struct {
	delegationRequest
	Deed string `json:"deed" binding:"required"`
}

func (a *API) recordGuardian(c *gin.Context) error {
	var req guardianRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	err := a.Delegation.RecordGuardian(c.Request.Context(), edge.Actor(c), c.Param("id"), delegation.Guardian{
		Grant: delegation.Grant{CodiceFiscale: req.CodiceFiscale, Surname: req.Surname, From: req.From, Until: req.Until},
		Deed:  req.Deed,
	})
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

type guardianEnd struct {
	Reason string `json:"reason" binding:"required"`
}

func (a *API) endGuardian(c *gin.Context) error {
	var req guardianEnd
	if err := readJSON(c, &req); err != nil {
		return err
	}
	err := a.Delegation.EndGuardian(c.Request.Context(), edge.Actor(c), c.Param("id"), c.Param("guardian"), req.Reason)
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
