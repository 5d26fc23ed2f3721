package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
)

const (
	pathSignIn  = "/accesso"
	pathUnlock  = "/accesso/sblocco"
	pathRenew   = "/accesso/rinnovo"
	pathChange  = "/pin/cambio"
	pathArea    = "/area"
	pathConvert = "/conversione"
	pathSend    = "/conversione/invio"
	pathBlank   = "/conversione/modulo-in-bianco.pdf"
	pathStatus  = "/stato"

	pathActivate         = "/pin/attivazione"
	pathActivateContacts = "/pin/attivazione/recapiti"
	pathActivateFinish   = "/pin/attivazione/conferma"

	pathContacts    = "/area/recapiti"
	pathContactCode = "/area/recapiti/codice"
	pathReissue     = "/pin/riemissione"
)

// Portal serves the citizen's pages.
type Portal struct{ Deps }

// New returns a Portal.
func New(d Deps) *Portal { return &Portal{Deps: d} }

// Routes mounts the pages below r, which has no prefix. The middleware of the
// whole server (Identify, Recover, Harden, Localise) is already in place.
func (p *Portal) Routes(r gin.IRouter) {
	on := p.Edge.Handle
	all := r.Group("", p.Edge.Cookies(edge.Citizens()))
	pages := all.Group("", p.Edge.Guard())
	pages.GET("/", on(p.landing))
	pages.GET(pathSignIn, on(p.signInForm))
	pages.POST(pathSignIn, on(p.signIn))
	p.identityRoutes(pages)
	pages.GET(pathUnlock, on(p.unlockForm))
	pages.POST(pathUnlock, on(p.askCode))
	pages.POST("/accesso/sblocco/codice", on(p.unlock))
	pages.GET(pathRenew, on(p.renewForm))
	pages.POST(pathRenew, on(p.renew))
	pages.GET(pathActivate, on(p.activateForm))
	pages.POST(pathActivate, on(p.activate))
	pages.POST("/uscita", on(p.signOut))
	pages.GET(pathStatus, on(p.lookupForm))
	pages.POST(pathStatus, on(p.lookup))
	pages.GET(pathReissue, on(p.reissueForm))
	pages.POST(pathReissue, on(p.reissue))
	p.recoverRoutes(pages)
	p.revokeRoutes(pages)
	p.stopRoutes(pages)
	p.requestRoutes(pages)
	p.officeRoutes(pages)
	pages.GET(pathBlank, on(p.blankForm))
	pages.GET("/manifest.webmanifest", on(p.UI.Manifest))
	pages.GET("/accessibilita", on(p.text("ui.accessibility", "how", "limits", "tell")))
	pages.GET("/privacy", on(p.text("ui.privacy", "what", "who", "keep", "position", "cookies")))
	if p.Messages != nil {
		pages.GET("/demo/messages", on(p.messages))
	}

	// Who is not signed in is sent to do so before a form's token is looked at.
	half := all.Group("", p.Edge.Only(dossier.RoleCitizen, dossier.RoleSimplified), p.Edge.Guard())
	half.GET(pathArea, on(p.area))
	p.serviceRoutes(half)

	p.pinRoutes(all)

	own := all.Group("", p.Edge.Only(dossier.RoleCitizen), p.Edge.Guard(pathSend, pathCompose))
	p.contactRoutes(own)
	p.journalRoutes(own)
	p.delegationRoutes(own)
	own.GET(pathConvert, on(p.convert))
	own.GET("/conversione/modulo.pdf", on(p.form))
	own.GET(pathSend, func(c *gin.Context) { c.Redirect(http.StatusSeeOther, pathConvert) })
	own.POST(pathSend, on(p.upload))
	p.composeRoutes(own)
	own.GET("/conversione/:id", on(p.status))
	own.GET("/conversione/:id/ritiro", on(p.withdrawForm))
	own.POST("/conversione/:id/ritiro", on(p.withdraw))
}

// pinRoutes mounts activation and change: each has a role that opens nothing else.
func (p *Portal) pinRoutes(all gin.IRouter) {
	on := p.Edge.Handle
	activating := all.Group("", p.Edge.SignInAt(pathActivate), p.Edge.Only(dossier.RoleSimplified), p.Edge.Guard())
	activating.GET(pathActivateContacts, on(p.activateContactsForm))
	activating.POST(pathActivateContacts, on(p.activateContacts))
	activating.GET(pathActivateFinish, on(p.activateFinishForm))
	activating.POST(pathActivateFinish, on(p.activateFinish))

	changing := all.Group("", p.Edge.Only(dossier.RoleCitizen, dossier.RoleMustChange), p.Edge.Guard())
	changing.GET(pathChange, on(p.changeForm))
	changing.POST(pathChange, on(p.propose))
	changing.POST("/pin/cambio/conferma", on(p.change))
}

// show renders a page of the portal.
func (p *Portal) show(c *gin.Context, page ui.Page) error {
	page.Area = ui.Portal
	return p.UI.Show(c, page)
}

// showProblem renders a page with a problem above it, under the problem's status.
func (p *Portal) showProblem(c *gin.Context, page ui.Page, err error) error {
	problem := p.Edge.Problem(c, err)
	p.Edge.Announce(c, problem, err)
	page.Problem, page.Status = &problem, problem.Status
	return p.show(c, page)
}

func (p *Portal) landing(c *gin.Context) error {
	return p.show(c, ui.Page{Name: "portal/landing", Title: "ui.landing.title", Data: limitData{p.MaxBytes}})
}

type limitData struct{ Limit int64 }

// text shows a page of plain paragraphs: key.part.title and key.part.text.
func (p *Portal) text(key string, parts ...string) edge.Handler {
	keys := make([]string, 0, len(parts))
	for _, part := range parts {
		keys = append(keys, key+"."+part)
	}
	return func(c *gin.Context) error {
		return p.show(c, ui.Page{
			Name: "portal/text", Title: key + ".title", Data: keys,
			Crumbs: []ui.Crumb{{Key: key + ".title"}},
		})
	}
}

func (p *Portal) messages(c *gin.Context) error {
	list, err := p.Messages(c.Request.Context())
	if err != nil {
		return err
	}
	return p.show(c, ui.Page{
		Name: "portal/messages", Title: "ui.messages.title", Data: list,
		Crumbs: []ui.Crumb{{Key: "ui.messages.title"}},
	})
}
