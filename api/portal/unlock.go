package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
)

type unlockData struct {
	CodiceFiscale string
	// Asked: a code may be on its way, and is to be typed in.
	Asked bool
}

func unlockPage(data unlockData) ui.Page {
	return ui.Page{
		Name: "portal/unlock", Title: "ui.unlock.title", Here: pathUnlock, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.signin", URL: pathSignIn}, {Key: "ui.unlock.title"}},
	}
}

func (p *Portal) unlockForm(c *gin.Context) error { return p.show(c, unlockPage(unlockData{})) }

// askCode sends a code to a confirmed contact, if there is one; the page is the
// same for everybody (B3).
func (p *Portal) askCode(c *gin.Context) error {
	data := unlockData{CodiceFiscale: c.PostForm("codice_fiscale")}
	if err := p.Devices.Ask(c.Request.Context(), data.CodiceFiscale, edge.Source(c)); err != nil {
		return p.showProblem(c, unlockPage(data), err)
	}
	data.Asked = true
	return p.show(c, unlockPage(data))
}

// unlock makes this browser known when the code is right: from then on it has
// tries of its own.
func (p *Portal) unlock(c *gin.Context) error {
	data := unlockData{CodiceFiscale: c.PostForm("codice_fiscale"), Asked: true}
	device := p.Edge.Device(c, edge.Citizens())
	err := p.Devices.Answer(c.Request.Context(), data.CodiceFiscale, c.PostForm("codice"), device, edge.Source(c))
	if err != nil {
		page := unlockPage(data)
		if dossier.CodeOf(err) == dossier.CodeChallengeWrong {
			page.Field = "code"
		}
		return p.showProblem(c, page, err)
	}
	p.Edge.RememberDevice(c, edge.Citizens(), device)
	c.Redirect(http.StatusSeeOther, pathSignIn+"?sbloccato=1")
	return nil
}
