package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/conversion"
)

// stopRoutes mounts what operators do about conversions that somebody stops (C12).
func (a *API) stopRoutes(r gin.IRouter) {
	staff := r.Group("", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	staff.GET("/stop-cases", a.Edge.Handle(a.stopCases))
	staff.POST("/dossiers/:id/stop", a.Edge.Handle(a.stopConversion))
}

// stopCase is a PIN that a stop link suspended after its conversion.
type stopCase struct {
	HolderID  string    `json:"holder_id"`
	DossierID string    `json:"dossier_id"`
	At        time.Time `json:"at"`
}

func (a *API) stopCases(c *gin.Context) error {
	all, err := a.Revocation.Cases(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	cases := make([]stopCase, len(all))
	for i, one := range all {
		cases[i] = stopCase(one)
	}
	c.JSON(http.StatusOK, gin.H{"cases": cases})
	return nil
}

type stopRequest struct {
	Reason conversion.StopReason `json:"reason" binding:"required"`
}

func (a *API) stopConversion(c *gin.Context) error {
	var req stopRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Conversion.StopFor(c.Request.Context(), edge.Actor(c), c.Param("id"), req.Reason); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
