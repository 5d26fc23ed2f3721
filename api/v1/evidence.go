package v1

import (
	"io"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/verify/evidence"
)

// evidenceRoutes mounts the way by which originals leave.
func (a *API) evidenceRoutes(r gin.IRouter) {
	r.POST("/dossiers/:id/evidence", a.Edge.Only(dossier.RoleSupervisor, dossier.RoleAuditor), a.Edge.Handle(a.exportEvidence))
}

type evidenceRequest struct {
	Reason evidence.Reason `json:"reason" binding:"required"`
}

func (a *API) exportEvidence(c *gin.Context) error {
	var req evidenceRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	return edge.Attach(c, "application/zip", func(out func(name string) io.Writer) error {
		return a.Evidence.Export(c.Request.Context(), edge.Actor(c), c.Param("id"), req.Reason, out)
	})
}
