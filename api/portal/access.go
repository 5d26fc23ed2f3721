package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin"
	"dispositivo/pin/conversion"
)

type signInData struct {
	CodiceFiscale string
	After         string
	Ended         bool
}

func signInPage(data signInData) ui.Page {
	return ui.Page{
		Name: "portal/signin", Title: "ui.signin.title", Here: pathSignIn, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.signin"}},
	}
}

func (p *Portal) signInForm(c *gin.Context) error {
	if edge.Actor(c).Is(dossier.RoleCitizen) {
		c.Redirect(http.StatusSeeOther, pathArea)
		return nil
	}
	return p.show(c, signInPage(signInData{After: c.Query("dopo"), Ended: c.Query("uscito") != ""}))
}

func (p *Portal) signIn(c *gin.Context) error {
	cf, after := c.PostForm("codice_fiscale"), c.PostForm("dopo")
	s, _, err := p.Access.SignIn(c.Request.Context(), pin.Try{CodiceFiscale: cf, PIN: c.PostForm("pin"), Source: c.ClientIP()})
	if err != nil {
		page := signInPage(signInData{CodiceFiscale: cf, After: after})
		if dossier.CodeOf(err) == dossier.CodeCredentialsWrong {
			page.Field = "cf"
		}
		return p.showProblem(c, page, err)
	}
	p.Edge.Welcome(c, edge.Citizens(), s)
	c.Redirect(http.StatusSeeOther, edge.After(c, after, pathArea))
	return nil
}

func (p *Portal) signOut(c *gin.Context) error {
	if err := p.Edge.Leave(c, edge.Citizens()); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/")
	return nil
}

type areaData struct {
	Name       string
	Kind       dossier.Kind
	MustChange bool
	// Current is the dossier in progress; nil: none.
	Current *conversion.Status
	List    []conversion.Status
}

func (p *Portal) area(c *gin.Context) error {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	account, err := p.Access.Account(ctx, actor)
	if err != nil {
		return err
	}
	list, err := p.Conversion.List(ctx, actor)
	if err != nil {
		return err
	}
	return p.show(c, ui.Page{
		Name: "portal/area", Title: "ui.area.title", Crumbs: []ui.Crumb{{Key: "ui.nav.area"}},
		Data: areaData{
			Name: account.Person.Name + " " + account.Person.Surname, Kind: account.Kind,
			MustChange: account.MustChange, Current: current(list), List: list,
		},
	})
}

// current returns the dossier that is not over yet; nil: none.
func current(list []conversion.Status) *conversion.Status {
	for i := range list {
		if !list[i].State.Final() {
			return &list[i]
		}
	}
	return nil
}
