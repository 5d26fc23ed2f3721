package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
)

const (
	pathDesk       = "/desk"
	pathSignIn     = "/desk/accesso"
	pathQueue      = "/desk/code"
	pathQuarantine = "/desk/quarantena"
	pathUnmatched  = "/desk/non-abbinati"
	pathRefusals   = "/desk/respinti"
	pathLetters    = "/desk/lettere"
	pathCalls      = "/desk/richiami"
	pathPhone      = "/desk/telefono"
	pathCounter    = "/desk/sportello"
	pathScan       = "/desk/scansione"
)

// Desk serves the operators' pages.
type Desk struct{ Deps }

// New returns a Desk.
func New(d Deps) *Desk { return &Desk{Deps: d} }

// Routes mounts the pages below r, which has no prefix. The middleware of the
// whole server (Identify, Recover, Harden, Localise) is already in place.
func (d *Desk) Routes(r gin.IRouter) {
	on := d.Edge.Handle
	all := r.Group(pathDesk, d.Edge.Cookies(edge.Operators()))
	open := all.Group("", d.Edge.Guard())
	open.GET("/accesso", on(d.signInForm))
	open.POST("/accesso", on(d.signIn))
	open.POST("/uscita", on(d.signOut))

	// Who is not signed in is sent to do so before a form's token is looked at.
	staff := all.Group("", d.Edge.Only(edge.Operators().Roles...), d.Edge.Guard(pathScan, pathArchive))
	staff.GET("", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, pathQueue) })
	staff.GET("/code", on(d.queue))
	staff.POST("/code/prossima", on(d.next))
	staff.POST("/code/:dossier/prendi", on(d.claim))
	staff.GET("/pratiche/:review", on(d.review))
	staff.GET("/pratiche/:review/decisione", d.backToReview)
	staff.POST("/pratiche/:review/decisione", on(d.decide))
	staff.POST("/pratiche/:review/rilascio", on(d.release))
	staff.GET("/fascicoli/:dossier", on(d.dossier))
	staff.GET("/documenti/:document/pagine/:image", on(d.image))
	calls := staff.Group("", d.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	calls.GET("/richiami", on(d.calls))
	calls.GET("/richiami/:request", on(d.call))
	calls.POST("/richiami/:request", on(d.recordCall))
	calls.GET("/telefono", on(d.phoneForm))
	calls.POST("/telefono", on(d.byPhone))
	calls.GET("/sportello", on(d.counterForm))
	calls.POST("/sportello", on(d.byOffice))
	d.scanRoutes(calls)
	staff.GET("/quarantena", on(d.submissions(quarantine())))
	staff.GET("/non-abbinati", on(d.submissions(unmatched())))
	staff.GET("/invii/:submission", on(d.arrival))
	staff.GET("/respinti", d.Edge.Only(dossier.RoleSupervisor, dossier.RoleAuditor), on(d.refusals))
	d.letterRoutes(staff)
	d.holderRoutes(staff)
	d.originalsRoutes(staff)
	d.stopRoutes(staff)
	d.journalRoutes(staff)
	staff.POST("/invii/:submission/abbinamento", on(d.join))
	staff.POST("/invii/:submission/rilettura", on(d.clear))
	staff.POST("/invii/:submission/rifiuto", on(d.refuse))
}

// show renders a page of the desk.
func (d *Desk) show(c *gin.Context, page ui.Page) error {
	page.Area = ui.Desk
	return d.UI.Show(c, page)
}

// showProblem renders a page with a problem above it, under the problem's status.
func (d *Desk) showProblem(c *gin.Context, page ui.Page, err error) error {
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}

// works reports whether the actor is offered cases to take; looks, whether the
// actor is offered cases to look at without taking them. Whether it may is for
// the domain to say.
func works(a dossier.Actor) bool { return a.Is(dossier.RoleOperator, dossier.RoleSupervisor) }

func looks(a dossier.Actor) bool { return a.Is(dossier.RoleSupervisor, dossier.RoleAuditor) }

type signInData struct {
	Username string
	After    string
	Ended    bool
}

func signInPage(data signInData) ui.Page {
	return ui.Page{Name: "desk/signin", Title: "ui.desk.signin", Here: pathSignIn, Data: data}
}

func (d *Desk) signInForm(c *gin.Context) error {
	if _, ok := edge.SessionOf(c); ok {
		c.Redirect(http.StatusSeeOther, pathQueue)
		return nil
	}
	return d.show(c, signInPage(signInData{After: c.Query("dopo"), Ended: c.Query("uscito") != ""}))
}

func (d *Desk) signIn(c *gin.Context) error {
	name, after := c.PostForm("username"), c.PostForm("dopo")
	s, _, err := d.Accounts.SignIn(c.Request.Context(), name, c.PostForm("password"), c.PostForm("otp"))
	if err != nil {
		page := signInPage(signInData{Username: name, After: after})
		page.Field = map[dossier.Code]string{
			dossier.CodeCredentialsWrong: "username", dossier.CodeSecondFactor: "otp",
		}[dossier.CodeOf(err)]
		return d.showProblem(c, page, err)
	}
	d.Edge.Welcome(c, edge.Operators(), s)
	c.Redirect(http.StatusSeeOther, edge.After(c, after, pathQueue))
	return nil
}

func (d *Desk) signOut(c *gin.Context) error {
	if err := d.Edge.Leave(c, edge.Operators()); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, pathSignIn)
	return nil
}
