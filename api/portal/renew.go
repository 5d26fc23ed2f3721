package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/ui"
	"dispositivo/dossier"
)

type renewData struct {
	CodiceFiscale string
	Locked        bool
}

func renewPage(data renewData) ui.Page {
	return ui.Page{
		Name: "portal/renew", Title: "ui.renew.title", Here: pathRenew, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.signin", URL: pathSignIn}, {Key: "ui.renew.title"}},
	}
}

func (p *Portal) renewForm(c *gin.Context) error { return p.show(c, renewPage(renewData{})) }

// renew lets the holder of an expired PIN in against the complete old one, to
// be shown a new one (A8, D4).
func (p *Portal) renew(c *gin.Context) error {
	try := p.tryOf(c)
	s, _, err := p.Access.Renew(c.Request.Context(), try)
	if err != nil {
		page := renewPage(renewData{CodiceFiscale: try.CodiceFiscale, Locked: dossier.CodeOf(err) == dossier.CodeLocked})
		if dossier.CodeOf(err) == dossier.CodeCredentialsWrong {
			page.Field = "cf"
		}
		return p.showProblem(c, page, err)
	}
	p.welcome(c, s, try)
	c.Redirect(http.StatusSeeOther, pathChange)
	return nil
}

// showExpired leads from a PIN that is right and expired to its renewal.
func (p *Portal) showExpired(c *gin.Context, codiceFiscale string, err error) error {
	return p.showProblem(c, renewPage(renewData{CodiceFiscale: codiceFiscale}), err)
}
