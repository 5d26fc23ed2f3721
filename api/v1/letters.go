package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/letters"
)

// letterRoutes mounts what a print house's program needs, and the re-issue.
func (a *API) letterRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	r.POST("/pin-reissues", h(a.reissue))
	look := r.Group("", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin))
	look.GET("/letter-batches", h(a.letterBatches))
	work := r.Group("", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	work.POST("/letter-batches", h(a.makeLetters))
	work.POST("/letters/:id/return", h(a.returnLetter))
	fetch := r.Group("", a.Edge.Only(dossier.RoleSupervisor, dossier.RoleAdmin))
	fetch.GET("/letter-batches/:id/letters", h(a.batchFile((*letters.Service).Letters)))
	fetch.GET("/letter-batches/:id/manifest", h(a.batchFile((*letters.Service).Manifest)))
	fetch.POST("/letter-batches/:id/posting", h(a.postBatch))
}

// reissue answers everybody alike: what happens, the holder is told by message.
func (a *API) reissue(c *gin.Context) error {
	var asked struct {
		CodiceFiscale string `binding:"required" json:"codice_fiscale"`
	}
	if err := readJSON(c, &asked); err != nil {
		return err
	}
	if err := a.Letters.Reissue(c.Request.Context(), asked.CodiceFiscale, edge.Source(c)); err != nil {
		return err
	}
	c.Status(http.StatusAccepted)
	return nil
}

type batchAnswer struct {
	ID       string     `json:"id"`
	Day      string     `json:"day"`
	MadeAt   time.Time  `json:"made_at"`
	TakenAt  *time.Time `json:"taken_at"`
	PostedAt *time.Time `json:"posted_at"`
	Letters  int        `json:"letters"`
	Lost     int        `json:"lost"`
	Returned int        `json:"returned"`
}

func (a *API) letterBatches(c *gin.Context) error {
	o, err := a.Letters.Overview(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	answer := make([]batchAnswer, len(o.Batches))
	for i, b := range o.Batches {
		answer[i] = batchAnswer{
			ID: b.ID, Day: b.Day, MadeAt: b.MadeAt, TakenAt: optional(b.TakenAt), PostedAt: optional(b.PostedAt),
			Letters: b.Letters, Lost: b.Lost, Returned: b.Returned,
		}
	}
	c.JSON(http.StatusOK, gin.H{"waiting": o.Waiting, "batches": answer})
	return nil
}

func (a *API) makeLetters(c *gin.Context) error {
	made, err := a.Letters.Make(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"printed": made.Printed, "stuck": len(made.Stuck), "more": made.More})
	return nil
}

// batchFile hands out one of a batch's two files.
func (a *API) batchFile(get func(s *letters.Service, ctx context.Context, actor dossier.Actor, id string) (letters.File, error)) edge.Handler {
	return func(c *gin.Context) error {
		f, err := get(a.Letters, c.Request.Context(), edge.Actor(c), c.Param("id"))
		if err != nil {
			return err
		}
		c.Header("Content-Disposition", `attachment; filename="`+f.Name+`"`)
		c.Data(http.StatusOK, f.ContentType, f.Data)
		return nil
	}
}

func (a *API) postBatch(c *gin.Context) error {
	if err := a.Letters.Post(c.Request.Context(), edge.Actor(c), c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (a *API) returnLetter(c *gin.Context) error {
	_, voided, err := a.Letters.Return(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"voided": voided})
	return nil
}
