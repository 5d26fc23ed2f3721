package portal

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/services"
)

const pathDomande = "/domande"

// formKey makes a form's second sending the repeat of its first.
func formKey() string { return "form " + rand.Text() }

type domandeData struct {
	List []dossier.Domanda
	// Waiting: one at least is held.
	Waiting bool
}

func (p *Portal) domande(c *gin.Context) error {
	list, err := p.Services.Domande(c.Request.Context(), edge.Acting(c))
	if err != nil {
		return err
	}
	data := domandeData{List: list}
	for _, d := range list {
		data.Waiting = data.Waiting || d.State == dossier.DomandaHeld
	}
	return p.show(c, ui.Page{
		Name: "portal/domande", Title: "ui.domande.title", Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.domande.title"}},
	})
}

// fileDomanda files, and leads to the receipt. What can be mended is shown on
// the form, as it was filled in.
func (p *Portal) fileDomanda(c *gin.Context) error {
	ctx, actor := c.Request.Context(), edge.Acting(c)
	draft := services.Draft{Service: c.PostForm("servizio"), Note: c.PostForm("testo"), Key: c.PostForm("chiave")}
	filed, err := p.Services.File(ctx, actor, draft)
	if err == nil {
		c.Redirect(http.StatusSeeOther, domandaPath(filed.ID)+"?presentata=1")
		return nil
	}
	if code := dossier.CodeOf(err); code != dossier.CodeDomandaNote && code != dossier.CodeConflict {
		return err
	}
	o, pageErr := p.Services.Service(ctx, actor, draft.Service)
	if pageErr != nil {
		return err
	}
	page := p.servicePage(serviceData{Offer: o, Key: draft.Key, Note: draft.Note})
	if dossier.CodeOf(err) == dossier.CodeDomandaNote {
		page.Field = "note"
	}
	return p.showProblem(c, page, err)
}

type domandaData struct {
	dossier.Domanda
	// Done: it was filed just now.
	Done bool
}

func (p *Portal) domanda(c *gin.Context) error {
	d, err := p.Services.Domanda(c.Request.Context(), edge.Acting(c), c.Param("id"))
	if err != nil {
		return err
	}
	return p.show(c, ui.Page{
		Name: "portal/domanda", Title: "ui.domanda.title", Data: domandaData{Domanda: d, Done: c.Query("presentata") != ""},
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.domande.title", URL: pathDomande}, {Key: "ui.domanda.title"}},
	})
}

func (p *Portal) domandaReceipt(c *gin.Context) error {
	pdf, err := p.Services.Receipt(c.Request.Context(), edge.Acting(c), c.Param("id"), edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="ricevuta.pdf"`)
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}

func domandaPath(id string) string { return pathDomande + "/" + url.PathEscape(id) }
