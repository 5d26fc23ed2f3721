package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/services"
)

// serviceRoutes mounts services and domande (B7, B8), all that a delegate may use
// (B10). The first half alone opens some (A10): which, is for the domain to say.
func (a *API) serviceRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	holders := r.Group("", a.Edge.Only(dossier.RoleCitizen, dossier.RoleSimplified))
	holders.GET("/services", h(a.services))
	holders.POST("/services/:id/entries", h(a.enterService))
	holders.GET("/domande", h(a.domande))
	holders.POST("/domande", h(a.fileDomanda))
	holders.GET("/domande/:id", h(a.domanda))
	holders.GET("/domande/:id/receipt", h(a.domandaReceipt))
}

type serviceAnswer struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	About      string             `json:"about"`
	Access     services.Access    `json:"access"`
	Domanda    bool               `json:"domanda"`
	Categories []dossier.Category `json:"categories"`
	Funds      []dossier.Fund     `json:"funds"`
	// Open, held or shut; the rule and its text say why not.
	Standing string       `json:"standing"`
	Rule     dossier.Code `json:"rule,omitempty"`
	Why      string       `json:"why,omitempty"`
}

func (a *API) services(c *gin.Context) error {
	actor, err := a.acting(c)
	if err != nil {
		return err
	}
	offers, err := a.Services.List(c.Request.Context(), actor)
	if err != nil {
		return err
	}
	list := make([]serviceAnswer, len(offers))
	for i, o := range offers {
		list[i] = a.serviceAnswer(c, o)
	}
	c.JSON(http.StatusOK, gin.H{"services": list})
	return nil
}

func (a *API) serviceAnswer(c *gin.Context, o services.Offer) serviceAnswer {
	lang := edge.Lang(c)
	ans := serviceAnswer{
		ID: o.ID, Name: o.Name.In(lang), About: o.About.In(lang), Access: o.Access, Domanda: o.Domanda,
		Categories: list(o.Categories), Funds: list(o.Funds), Standing: "shut", Rule: o.Rule,
	}
	switch {
	case o.Open:
		ans.Standing = "open"
	case o.Held:
		ans.Standing = "held"
	}
	if o.Rule != "" {
		ans.Why = a.Edge.Text(c, "error."+string(o.Rule)+".detail")
	}
	return ans
}

func (a *API) enterService(c *gin.Context) error {
	actor, err := a.acting(c)
	if err != nil {
		return err
	}
	if _, err := a.Services.Enter(c.Request.Context(), actor, c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

type domandaAnswer struct {
	ID         string               `json:"id"`
	Protocol   string               `json:"protocol"`
	Service    string               `json:"service"`
	Title      string               `json:"title"`
	Note       string               `json:"note"`
	State      dossier.DomandaState `json:"state"`
	FiledAt    time.Time            `json:"filed_at"`
	ReleasedAt *time.Time           `json:"released_at"`
}

func domandaOf(d dossier.Domanda) domandaAnswer {
	return domandaAnswer{
		ID: d.ID, Protocol: d.Protocol.String(), Service: d.Service, Title: d.Title, Note: d.Note, State: d.State,
		FiledAt: d.Protocol.At, ReleasedAt: optional(d.ReleasedAt),
	}
}

func (a *API) domande(c *gin.Context) error {
	actor, err := a.acting(c)
	if err != nil {
		return err
	}
	all, err := a.Services.Domande(c.Request.Context(), actor)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"domande": each(all, domandaOf)})
	return nil
}

type domandaRequest struct {
	Service string `json:"service" binding:"required"`
	Note    string `json:"note"`
}

// fileDomanda answers 201, or 200 for a repeat.
func (a *API) fileDomanda(c *gin.Context) error {
	var req domandaRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	actor, err := a.acting(c)
	if err != nil {
		return err
	}
	filed, err := a.Services.File(c.Request.Context(), actor, services.Draft{
		Service: req.Service, Note: req.Note, Key: c.GetHeader("Idempotency-Key"),
	})
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if filed.Repeated {
		status = http.StatusOK
	}
	c.Header("Location", "/api/v1/domande/"+filed.ID)
	c.JSON(status, domandaOf(filed.Domanda))
	return nil
}

func (a *API) domanda(c *gin.Context) error {
	actor, err := a.acting(c)
	if err != nil {
		return err
	}
	d, err := a.Services.Domanda(c.Request.Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, domandaOf(d))
	return nil
}

func (a *API) domandaReceipt(c *gin.Context) error {
	actor, err := a.acting(c)
	if err != nil {
		return err
	}
	pdf, err := a.Services.Receipt(c.Request.Context(), actor, c.Param("id"), edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="ricevuta.pdf"`)
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}
