package desk

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/verify/evidence"
	"dispositivo/verify/review"
)

// Evidence is what the desk needs of evidence.Service.
type Evidence interface {
	Export(ctx context.Context, actor dossier.Actor, dossierID string, reason evidence.Reason, out func(name string) io.Writer) error
}

// originalsRoutes mounts the way by which originals leave, below staff's.
func (d *Desk) originalsRoutes(staff *gin.RouterGroup) {
	take := staff.Group("/fascicoli/:dossier/originali", d.Edge.Only(dossier.RoleSupervisor, dossier.RoleAuditor))
	take.GET("", d.backToDossier)
	take.POST("", d.Edge.Handle(d.originals))
}

func dossierPath(id string) string { return pathDesk + "/fascicoli/" + url.PathEscape(id) }

// backToDossier leads who signed in anew, or reads again what was sent, to the dossier.
func (d *Desk) backToDossier(c *gin.Context) {
	c.Redirect(http.StatusSeeOther, dossierPath(c.Param("dossier")))
}

// originals hands a dossier's originals out, as an attachment. It is a POST, because
// taking them away is an act, and logged.
func (d *Desk) originals(c *gin.Context) error {
	ctx, actor, id := c.Request.Context(), edge.Actor(c), c.Param("dossier")
	err := edge.Attach(c, "application/zip", func(out func(name string) io.Writer) error {
		return d.Evidence.Export(ctx, actor, id, evidence.Reason(c.PostForm("motivo")), out)
	})
	if dossier.CodeOf(err) != dossier.CodeRequestInvalid {
		return err
	}
	k, lookErr := d.Reviews.Dossier(ctx, actor, id)
	if lookErr != nil {
		return lookErr
	}
	page := casePage(newCaseData(actor, k, true, review.Verdict{}))
	page.Field = "originals-reason"
	return d.showNoReason(c, page, err)
}
