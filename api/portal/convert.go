package portal

import (
	"mime"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/pin/conversion"
)

type convertData struct {
	Limit   int64
	Current *conversion.Status
	// Done: the PIN is dispositivo already.
	Done bool
	// Compose offers to put pages together: what was sent was too large, or no PDF.
	Compose bool
}

// convertPage is the page of the three steps.
func (p *Portal) convertPage(c *gin.Context) (ui.Page, error) {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	account, err := p.Access.Account(ctx, actor)
	if err != nil {
		return ui.Page{}, err
	}
	list, err := p.Conversion.List(ctx, actor)
	if err != nil {
		return ui.Page{}, err
	}
	return ui.Page{
		Name: "portal/convert", Title: "ui.convert.title", Here: pathConvert,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.convert.title"}},
		Data:   convertData{Limit: p.MaxBytes, Current: current(list), Done: account.Kind == dossier.Dispositivo},
	}, nil
}

func (p *Portal) convert(c *gin.Context) error {
	page, err := p.convertPage(c)
	if err != nil {
		return err
	}
	return p.show(c, page)
}

// form sends the filled-in form as a download. Its name is ours, not data.
func (p *Portal) form(c *gin.Context) error {
	form, err := p.Conversion.Form(c.Request.Context(), edge.Actor(c), edge.Lang(c))
	if err != nil {
		page, pageErr := p.convertPage(c)
		if pageErr != nil {
			return err
		}
		return p.showProblem(c, page, err)
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": form.Filename}))
	c.Data(http.StatusOK, "application/pdf", form.PDF)
	return nil
}

// blankForm sends the form without data, to anybody: for those without a printer
// at hand, who fill in by pen what somebody printed for them (C1).
func (p *Portal) blankForm(c *gin.Context) error {
	pdf, err := p.Conversion.Blank(edge.Source(c), edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "modulo-conversione-pin-in-bianco.pdf"}))
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}

// upload hands the one file to the door as it streams in, and leads to the
// receipt. A refusal is shown on the page the file was sent from.
func (p *Portal) upload(c *gin.Context) error {
	receipt, err := p.receive(c)
	if err == nil {
		q := url.Values{"ricevuta": {receipt.Protocol}}
		c.Redirect(http.StatusSeeOther, statusPath(receipt.DossierID)+"?"+q.Encode())
		return nil
	}
	page, pageErr := p.convertPage(c)
	if pageErr != nil {
		return err
	}
	page.Field = "file"
	if data, ok := page.Data.(convertData); ok {
		code := dossier.CodeOf(err)
		data.Compose = code == dossier.Code(dossier.FileTooLarge) || code == dossier.Code(dossier.FileType)
		page.Data = data
	}
	return p.showProblem(c, page, err)
}

func (p *Portal) receive(c *gin.Context) (intake.Receipt, error) {
	parts, err := p.Edge.Parts(c)
	if err != nil {
		return intake.Receipt{}, err
	}
	name, body, err := edge.OneFile(parts)
	if err != nil {
		return intake.Receipt{}, err
	}
	return p.Door.Accept(c.Request.Context(), intake.Arrival{
		Actor: edge.Actor(c), Filename: name, Body: body, Declared: c.Request.ContentLength,
	})
}

func statusPath(id string) string { return pathConvert + "/" + url.PathEscape(id) }
