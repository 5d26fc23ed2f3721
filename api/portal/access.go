package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/pin"
	"dispositivo/pin/conversion"
)

type signInData struct {
	CodiceFiscale string
	After         string
	// Notice names what happened before: "ended", "unlocked", …; "" for nothing.
	Notice string
	// Locked: a code can make this browser known.
	Locked bool
	// Ways are the identities of elsewhere that are offered.
	Ways []dossier.Way
}

// notices tells why somebody comes to the sign-in page, by the query that says so.
var notices = map[string]string{"uscito": "ended", "sbloccato": "unlocked"}

func (p *Portal) signInPage(data signInData) ui.Page {
	data.Ways = p.Identities.Ways()
	return ui.Page{
		Name: "portal/signin", Title: "ui.signin.title", Here: pathSignIn, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.signin"}},
	}
}

func (p *Portal) signInForm(c *gin.Context) error {
	if edge.Actor(c).IsHolder() {
		c.Redirect(http.StatusSeeOther, pathArea)
		return nil
	}
	data := signInData{After: c.Query("dopo")}
	for query, notice := range notices {
		if c.Query(query) != "" {
			data.Notice = notice
		}
	}
	switch to := c.Query("attivato"); to {
	case "post", "mobile", "email", "pec", "citizen_pec":
		data.Notice = "activated." + to
	}
	return p.show(c, p.signInPage(data))
}

// tryOf is what a form with a codice fiscale and a PIN asks for, from this browser.
func (p *Portal) tryOf(c *gin.Context) pin.Try {
	return pin.Try{
		CodiceFiscale: c.PostForm("codice_fiscale"), PIN: c.PostForm("pin"), Source: edge.Source(c), Device: p.Edge.Device(c, edge.Citizens()),
	}
}

// signIn opens a session. Where it leads is the area; who may not see that yet
// is led on from there.
func (p *Portal) signIn(c *gin.Context) error {
	try, after := p.tryOf(c), c.PostForm("dopo")
	s, _, err := p.Access.SignIn(c.Request.Context(), try)
	if err != nil {
		return p.signInProblem(c, signInData{CodiceFiscale: try.CodiceFiscale, After: after}, err)
	}
	p.welcome(c, s, try)
	c.Redirect(http.StatusSeeOther, edge.After(c, after, pathArea))
	return nil
}

func (p *Portal) signInProblem(c *gin.Context, data signInData, err error) error {
	code := dossier.CodeOf(err)
	if code == dossier.CodePINExpired {
		return p.showExpired(c, data.CodiceFiscale, err)
	}
	data.Locked = code == dossier.CodeLocked
	page := p.signInPage(data)
	if code == dossier.CodeCredentialsWrong {
		page.Field = "cf"
	}
	return p.showProblem(c, page, err)
}

// welcome hands out the session, and the secret by which this browser is known
// again: a right PIN has made it known (B3).
func (p *Portal) welcome(c *gin.Context, s session.Session, try pin.Try) {
	p.Edge.Welcome(c, edge.Citizens(), s)
	p.Edge.RememberDevice(c, edge.Citizens(), try.Device)
}

func (p *Portal) signOut(c *gin.Context) error {
	if err := p.Edge.Leave(c, edge.Citizens()); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/")
	return nil
}

type areaData struct {
	// Elsewhere is how the holder came, when not by PIN.
	Elsewhere dossier.Way
	Name      string
	Kind      dossier.Kind
	// Changed: the PIN was changed just now.
	Changed bool
	// Current is the dossier in progress; nil: none.
	Current *conversion.Status
	List    []conversion.Status
}

func (p *Portal) area(c *gin.Context) error {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	if actor.Is(dossier.RoleSimplified) {
		return p.simplified(c)
	}
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
			Elsewhere: elsewhere(actor), Changed: c.Query("pin") != "", Current: current(list), List: list,
		},
	})
}

// simplified says what the first half alone opens, and nothing about the person
// it belongs to: it was sent to a contact that nobody confirmed (A10).
func (p *Portal) simplified(c *gin.Context) error {
	return p.show(c, ui.Page{Name: "portal/simplified", Title: "ui.simplified.title", Crumbs: []ui.Crumb{{Key: "ui.nav.area"}}})
}

// elsewhere is the identity that somebody came with instead of a PIN; "" for none.
func elsewhere(actor dossier.Actor) dossier.Way {
	if actor.Way.Elsewhere() {
		return actor.Way
	}
	return ""
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
