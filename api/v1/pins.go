package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
)

type proposalAnswer struct {
	PIN       string    `json:"pin"`
	ExpiresAt time.Time `json:"expires_at"`
}

// proposePIN shows a new PIN once.
func (a *API) proposePIN(c *gin.Context) error {
	s, _ := edge.SessionOf(c)
	proposal, err := a.Access.ProposeChange(c.Request.Context(), s)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, proposalAnswer{PIN: proposal.PIN, ExpiresAt: proposal.Until})
	return nil
}

type changeRequest struct {
	PIN string `json:"pin" binding:"required"`
}

// changePIN makes the new PIN count when it is typed back.
func (a *API) changePIN(c *gin.Context) error {
	var req changeRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	s, _ := edge.SessionOf(c)
	if err := a.Access.Change(c.Request.Context(), s, req.PIN); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
